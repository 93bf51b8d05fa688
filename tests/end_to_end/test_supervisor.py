"""`deploy/run` with real git and real processes: a broken commit is not what runs in the end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import Git
from tests.end_to_end.jarvis_process import PATIENCE, ROOT, free_port

GOOD = """\
import pathlib, signal, sys, time
if sys.argv[1] == "doctor":
    sys.exit(DOCTOR)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
pathlib.Path("runs.txt").open("a").write("VERSION ")
print("\\nJarvis is ready, VERSION", flush=True)
while True:
    time.sleep(0.05)
"""
BROKEN = "raise SystemExit('broken')\n"
SILENT = "import sys, time\ntime.sleep(0 if sys.argv[1] == 'doctor' else 1000)\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


class Service:
    """A checkout with the supervisor in it."""

    def __init__(self, folder: Path, owner: Git) -> None:
        self.folder = folder
        self._owner = owner
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "deploy").mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / "run", folder / "deploy" / "run")
        owner(folder, "init", "--quiet")

    def commit(self, program: str, version: str = "", doctor: int = 0) -> str:
        """A version whose whole bot is this program; its commit."""
        (self.folder / "bot").mkdir(exist_ok=True)
        text = program.replace("VERSION", version).replace("DOCTOR", str(doctor))
        (self.folder / "bot" / "__main__.py").write_text(text)
        return self.commit_all()

    def commit_all(self) -> str:
        self._owner(self.folder, "add", "bot", "deploy", *self._rooms())
        self._owner(self.folder, "commit", "--quiet", "--allow-empty", "-m", "a version")
        return self._owner(self.folder, "rev-parse", "HEAD").strip()

    def _rooms(self) -> list[str]:
        return [room for room in ("core", "handlers", "storage") if (self.folder / room).is_dir()]

    def start(self, wait: float = PATIENCE, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "deploy/run", "--python", sys.executable, "--wait", str(wait)],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "out.txt").open("wb"),
            stderr=(self.folder / "err.txt").open("wb"),
        )

    def stop(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE)

    def end(self) -> int:
        """Wait until it ends by itself."""
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def ran(self) -> str:
        path = self.folder / "runs.txt"
        return path.read_text().strip() if path.exists() else ""

    def log(self) -> str:
        return (self.folder / ".git" / "jarvis" / "supervisor.log").read_text()

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (self.folder / "err.txt").read_text()
            time.sleep(0.02)

    def cycle(self, runs: str) -> None:
        """Start, wait until these versions have run so far and the last one is known as ready, stop."""
        told = self.log().count("is ready") if self.ran() else 0
        self.start()
        self.until(lambda: self.ran() == runs and self.log().count("is ready") > told)
        assert self.stop() == 0

    def ref(self, name: str) -> str:
        return self._owner(self.folder, "for-each-ref", "--format=%(objectname)", f"refs/jarvis/{name}").strip()

    def clean_up(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(PATIENCE)


@pytest.fixture
def service(tmp_path: Path, owner: Git) -> Iterator[Service]:
    made = Service(tmp_path / "jarvis", owner)
    yield made
    made.clean_up()


def test_the_checked_out_commit_runs_and_is_good_once_it_is_ready(service: Service) -> None:
    first = service.commit(GOOD, "one")
    service.cycle("one")
    assert service.ref("good") == first

    second = service.commit(GOOD, "two")
    service.cycle("one two")
    assert service.ref("good") == second
    assert service.ref("bad") == ""


@pytest.mark.parametrize("program", [BROKEN, SILENT, "syntax error\n"])
def test_a_version_that_does_not_start_gives_way_to_the_last_good_one(service: Service, program: str) -> None:
    good = service.commit(GOOD, "one")
    service.cycle("one")
    bad = service.commit(program)
    service.start(wait=1.0 if program == SILENT else PATIENCE)
    service.until(lambda: service.ran() == "one one" and service.ref("bad") == bad)
    assert service.stop() == 0
    assert service.ref("good") == good
    assert f"going back to the last good version {good[:10]}" in service.log()

    service.cycle("one one one")  # it is not tried again
    assert "has failed before" in service.log()
    fixed = service.commit(GOOD, "two")
    service.cycle("one one one two")
    assert service.ref("good") == fixed


def test_a_version_whose_doctor_is_worse_gives_way(service: Service) -> None:
    service.commit(GOOD, "one")
    service.cycle("one")
    service.commit(GOOD, "two", doctor=1)
    service.cycle("one one")
    assert "doctor finds something wrong" in service.log()


def test_what_is_wrong_with_the_machine_is_no_fault_of_the_version(service: Service) -> None:
    service.commit(GOOD, "one", doctor=1)
    service.cycle("one")
    service.commit(GOOD, "two", doctor=1)
    service.cycle("one two")


def test_settings_that_keep_every_version_from_starting_blame_none(service: Service) -> None:
    service.commit(
        GOOD.replace("signal.signal(", "pathlib.Path('stop').exists() and sys.exit(3)\nsignal.signal(", 1), "one"
    )
    service.cycle("one")
    service.commit(
        GOOD.replace("signal.signal(", "pathlib.Path('stop').exists() and sys.exit(3)\nsignal.signal(", 1), "two"
    )
    (service.folder / "stop").touch()
    service.start()
    assert service.end() == 3
    assert service.ref("bad") == ""

    (service.folder / "stop").unlink()
    service.cycle("one two")


def test_files_that_change_under_a_running_version_do_not_reach_it(service: Service) -> None:
    later = GOOD.replace("while True:", "while True:\n    if pathlib.Path('go').exists():\n        import bot.later")
    (service.folder / "bot").mkdir()
    (service.folder / "bot" / "later.py").write_text("open('later.txt', 'w').write('old')\n")
    service.commit(later, "one")
    service.start()
    service.until(lambda: service.ran() == "one")
    (service.folder / "bot" / "later.py").write_text("open('later.txt', 'w').write('new')\n")
    service.commit(later, "two")
    (service.folder / "go").touch()
    service.until(lambda: (service.folder / "later.txt").exists() and (service.folder / "later.txt").read_text() != "")
    assert (service.folder / "later.txt").read_text() == "old"


def test_uncommitted_work_is_left_alone_and_told(service: Service) -> None:
    service.commit(GOOD, "one")
    service.cycle("one")
    bad = service.commit(BROKEN)
    (service.folder / "bot" / "__main__.py").write_text("my own work")
    service.cycle("one one")

    assert (service.folder / "bot" / "__main__.py").read_text() == "my own work"
    assert service.ref("bad") == bad
    assert "what is not committed does not run" in service.log()


def test_copies_of_old_versions_do_not_pile_up(service: Service) -> None:
    for number in range(8):
        service.commit(GOOD, f"v{number}")
        service.cycle(" ".join(f"v{each}" for each in range(number + 1)))

    assert len(list((service.folder / ".git" / "jarvis" / "releases").iterdir())) <= 5


@pytest.mark.slow
def test_the_real_jarvis_goes_back_too(service: Service) -> None:
    for room in ("bot", "core", "handlers", "storage"):
        shutil.copytree(ROOT / room, service.folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    good = service.commit_all()
    settings = {"LOCAL_CHAT_PORT": str(free_port()), "TIMEZONE": "UTC", "CONFINEMENT": "none"}
    service.start(environment=settings)
    service.until(lambda: service.ref("good") == good)
    assert service.stop() == 0

    run = service.folder / "bot" / "run.py"
    run.write_text(run.read_text() + "\nraise RuntimeError('a mistake that only the start shows')\n")
    bad = service.commit_all()
    service.start(environment=settings)
    service.until(lambda: service.ref("bad") == bad)
    assert f"{good[:10]} is ready" in service.log().splitlines()[-1]
    assert service.stop() == 0
