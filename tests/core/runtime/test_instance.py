import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import Refused
from core.runtime.instance import hold_instance

PROGRAM = """
import pathlib, sys, time
from core.runtime.instance import hold_instance
with hold_instance(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_one_is_refused_until_the_first_is_gone(
    tmp_path: Path, wait_for: Callable[[Callable[[], object]], None]
) -> None:
    home = tmp_path / "home"
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(home)], cwd=root, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with (
            pytest.raises(Refused, match=rf"already running on this folder \(process {first.pid}\)"),
            hold_instance(home),
        ):
            pass
        os.kill(first.pid, signal.SIGKILL)
    with hold_instance(home):
        assert (home / "instance.lock").read_text() == f"{os.getpid()}\n"
    with hold_instance(home):
        pass
