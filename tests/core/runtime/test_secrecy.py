"""What other processes can learn of this one."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.model.build import BuildSpec, Confinement, Level
from core.runtime.private_home import home_environment

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is tested is there on Linux only")


def test_a_variable_is_forgotten_for_good() -> None:
    code = (
        "import os, pathlib\n"
        "from core.runtime.secrecy import forget_variables\n"
        "shown = lambda: pathlib.Path('/proc/self/environ').read_bytes()\n"
        "assert b'the-token' in shown()\n"
        "forget_variables(['TELEGRAM_BOT_TOKEN', 'NOT_SET'])\n"
        "assert b'the-token' not in shown(), shown()\n"
        "assert b'OTHER=stays' in shown()\n"
        "assert 'TELEGRAM_BOT_TOKEN' not in os.environ and os.environ['OTHER'] == 'stays'\n"
    )
    environment = {"TELEGRAM_BOT_TOKEN": "123:the-token", "OTHER": "stays", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_home_of_a_build_knows_the_toolchains_of_the_owner(tmp_path: Path) -> None:
    user, home = tmp_path / "user", tmp_path / "home"
    (user / ".pyenv").mkdir(parents=True)
    (user / ".cargo").mkdir()
    (user / ".npm").mkdir()

    found = home_environment({"HOME": str(user), "PYENV_ROOT": "/opt/pyenv"}, home, [str(user / ".cargo")])

    assert found == {"HOME": str(home), "PYENV_ROOT": "/opt/pyenv", "CARGO_HOME": str(user / ".cargo")}


def test_every_build_begins_with_an_empty_home_and_an_identity_for_git(
    make_spec: Callable[..., BuildSpec], finish: Callable[[BuildSpec], object], project: Path, owner: Callable[..., str]
) -> None:
    shell = 'ls -A "$HOME" > listed.txt; cd "$TMPDIR"; git init -q x; cd x; git commit -q --allow-empty -m mine'
    spec = make_spec(f'{shell} && git log --format=%an > "$OLDPWD/../x.txt"; git log --format=%an', verify=None)
    finish(spec)
    assert owner(project, "show", f"{spec.branch}:listed.txt") == ".gitconfig\n"


@pytest.mark.parametrize("level", [Level.LANDLOCK, Level.BUBBLEWRAP])
def test_the_walls_of_the_specification_survive_the_way_through_the_file(level: Level) -> None:
    import msgspec

    walls = Confinement(level=level, required=True, writable=("/a",), hidden=("/b",), network=False)
    assert msgspec.json.decode(msgspec.json.encode(walls), type=Confinement) == walls
