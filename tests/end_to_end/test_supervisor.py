"""`deploy/run` with real git and real processes: a broken commit is not what runs in the end."""

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
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
EMPTY = ""
"""Ends at once, and says nothing."""
SHORT = GOOD.replace("while True:\n    time.sleep(0.05)", "time.sleep(0.3)\nsys.exit(CODE)")
"""Says that it is ready, and ends soon after."""
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
        self._owner(self.folder, "add", "--all", "bot", "deploy", *self._others())
        self._owner(self.folder, "commit", "--quiet", "--allow-empty", "-m", "a version")
        return self.head()

    def head(self) -> str:
        return self._owner(self.folder, "rev-parse", "HEAD").strip()

    def _others(self) -> list[str]:
        names = ("core", "handlers", "storage", "pyproject.toml", "constraints.txt")
        return [name for name in names if (self.folder / name).exists()]

    def start(
        self,
        wait: float = PATIENCE,
        environment: Mapping[str, str] | None = None,
        settle: float = 0,
        program: str = "deploy/run",
    ) -> None:
        times = ["--wait", str(wait), "--settle", str(settle)]
        self._process = subprocess.Popen(
            [sys.executable, program, "--python", sys.executable, *times],
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

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Wait until it ends by itself."""
        assert self._process is not None
        return self._process.wait(PATIENCE)

    def ran(self) -> str:
        path = self.folder / "runs.txt"
        return path.read_text().strip() if path.exists() else ""

    def log(self) -> str:
        path = self.folder / ".git" / "jarvis" / "supervisor.log"
        return path.read_text() if path.exists() else ""

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (self.folder / "err.txt").read_text()
            time.sleep(0.02)

    def cycle(self, runs: str, environment: Mapping[str, str] | None = None) -> None:
        """Start, wait until these versions have run so far and the last one is known as ready, stop."""
        told = self.log().count("runs well")
        self.start(environment=environment)
        self.until(lambda: self.ran() == runs and self.log().count("runs well") > told)
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


@pytest.mark.parametrize("program", [BROKEN, SILENT, EMPTY, "syntax error\n"])
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


@pytest.mark.parametrize("code", [0, 1])
def test_a_version_that_does_not_last_gives_way(service: Service, code: int) -> None:
    good = service.commit(GOOD, "one")
    service.cycle("one")
    bad = service.commit(SHORT.replace("CODE", str(code)), "two")
    service.start(settle=5)
    service.until(lambda: service.ran() == "one two one")
    assert service.ref("good") == good
    service.until(lambda: service.ref("bad") == bad)
    assert f"{bad[:10]} ended with {code} soon after it was ready" in service.log()


def test_a_version_that_is_stopped_on_trial_is_neither_good_nor_bad(service: Service) -> None:
    good = service.commit(GOOD, "one")
    service.cycle("one")
    service.commit(GOOD, "two")
    service.start(settle=1000)
    service.until(lambda: service.ran() == "one two")
    assert service.stop() == 0
    assert (service.ref("good"), service.ref("bad")) == (good, "")


# -- the supervisor itself --------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the bot of a killed supervisor goes on")
@pytest.mark.parametrize("phase", ["doctor", "before it is ready", "on trial", "running"])
def test_a_killed_supervisor_leaves_nothing_behind_and_nothing_broken(service: Service, phase: str) -> None:
    service.commit(GOOD, "one")
    service.cycle("one")
    waits = {"doctor": "'doctor'", "before it is ready": "'run'"}.get(phase, "''")
    stop = f"import os, pathlib, sys, time\nif sys.argv[1] == {waits} and not pathlib.Path('go').exists():\n"
    stop += "    pathlib.Path('phase').write_text(str(os.getpid()))\n    time.sleep(1000)\n"
    two = service.commit(stop + GOOD.replace("while True", "pathlib.Path('phase').write_text('1')\nwhile True"), "two")
    service.start(settle=1000 if phase == "on trial" else 0)
    service.until(lambda: (service.folder / "phase").exists() and (service.folder / "phase").read_text() != "")
    if phase == "running":
        service.until(lambda: service.ref("good") == two)
    service.kill()

    (service.folder / "go").touch()
    ran = service.ran() + " two"  # the lock is free again, so the bot is gone
    service.cycle(ran)
    assert (service.ref("good"), service.ref("bad")) == (two, "")


def test_a_bot_that_hangs_is_killed_when_the_service_stops(service: Service) -> None:
    service.commit(GOOD.replace("sys.exit(0)", "None"), "one")
    service.start(wait=0.5)
    service.until(lambda: service.ran() == "one")
    assert service.stop() == 256 - signal.SIGKILL


def test_a_second_supervisor_does_nothing(service: Service) -> None:
    service.commit(GOOD, "one")
    service.start()
    service.until(lambda: service.ran() == "one")
    second = subprocess.run(
        [sys.executable, "deploy/run", "--python", sys.executable, "--wait", "0.2"],
        cwd=service.folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (second.returncode, "runs already" in second.stderr) == (1, True)
    assert service.ran() == "one"
    assert service.stop() == 0


def test_a_merge_that_breaks_the_supervisor_does_not_reach_the_one_that_runs(service: Service) -> None:
    service.commit(GOOD, "one")
    service.cycle("one")
    (service.folder / "deploy" / "run").write_text("syntax error\n")
    service.commit(GOOD, "two")
    service.start(program=".git/jarvis/run")
    service.until(lambda: service.ran() == "one two")
    assert service.stop() == 0


def test_a_full_disk_keeps_no_version_from_running(service: Service) -> None:
    service.commit(GOOD, "one")
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(service.folder / ".git" / "jarvis")]
    (service.folder / ".git" / "jarvis").mkdir()
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    try:
        service.cycle("one")
        (service.folder / "bot" / "large.bin").write_bytes(os.urandom(500_000))
        two = service.commit(GOOD, "two")
        service.cycle("one one")
        assert "No space left" in (service.folder / "err.txt").read_text()
        assert service.ref("bad") == ""

        subprocess.run([*mount[:4], "remount,size=4m", mount[-1]], check=True)
        service.cycle("one one two")  # with room again
        assert service.ref("good") == two
    finally:
        service.clean_up()
        subprocess.run(["umount", "--lazy", mount[-1]], check=True)


def test_half_a_copy_is_never_used(service: Service) -> None:
    first = service.commit(GOOD, "one")
    half = service.folder / ".git" / "jarvis" / "releases" / f"{first}.unfinished"
    half.mkdir(parents=True)
    service.cycle("one")
    assert not half.exists()


# -- packages ---------------------------------------------------------------------------------------------------------


class Packages:
    """A folder that pip finds packages in, and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.environment = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_NO_CACHE_DIR": "1"}

    def add(self, version: str) -> None:
        """`tinything`, which knows its version."""
        about = f"tinything-{version}.dist-info"
        with zipfile.ZipFile(self.folder / f"tinything-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr("tinything.py", f"number = {version!r}\n")
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tinything\nVersion: {version}\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")


USES = "import tinything\nassert tinything.number == 'WANTED', tinything.number\n" + GOOD


def project(service: Service, *needs: str, constraints: str = "") -> None:
    """What the next version says that it needs."""
    (service.folder / "pyproject.toml").write_text(f"[project]\nname = 'x'\ndependencies = {list(needs)}\n")
    (service.folder / "constraints.txt").write_text(constraints)


def environments(service: Service) -> list[Path]:
    return sorted((service.folder / ".git" / "jarvis" / "environments").iterdir())


def test_a_version_with_another_package_gets_it_and_going_back_has_the_old_one(
    service: Service, tmp_path: Path
) -> None:
    packages = Packages(tmp_path / "packages")
    packages.add("1.0")
    packages.add("2.0")
    project(service)
    service.commit(GOOD, "one")
    service.cycle("one", packages.environment)
    assert environments(service) == []  # it runs with what was given

    project(service, "tinything", constraints="tinything==1.0\n")
    service.commit(USES.replace("WANTED", "1.0"), "two")
    service.cycle("one two", packages.environment)
    made = environments(service)
    assert len(made) == 1

    service.commit(USES.replace("WANTED", "1.0"), "three")  # needs the same: nothing is installed
    service.cycle("one two three", packages.environment)
    assert service.log().count("installing") == 1

    project(service, "tinything", constraints="tinything==2.0\n")
    bad = service.commit(BROKEN)
    service.start(environment=packages.environment)
    service.until(lambda: service.ran() == "one two three three" and service.ref("bad") == bad)
    assert service.stop() == 0
    assert set(made) < set(environments(service))


def test_a_package_that_cannot_be_had_blames_no_version(service: Service, tmp_path: Path) -> None:
    packages = Packages(tmp_path / "packages")
    project(service)
    service.commit(GOOD, "one")
    service.cycle("one", packages.environment)
    project(service, "tinything")
    service.commit(USES.replace("WANTED", "1.0"), "two")
    service.cycle("one one", packages.environment)
    assert "can't be made ready: ERROR: No matching distribution found for tinything" in service.log()
    assert (service.ref("bad"), environments(service)) == ("", [])

    packages.add("1.0")
    service.cycle("one one two", packages.environment)


def test_an_installation_that_is_stopped_or_killed_half_way_begins_again(service: Service, tmp_path: Path) -> None:
    packages = Packages(tmp_path / "packages")
    packages.add("1.0")
    project(service)
    service.commit(GOOD, "one")
    service.cycle("one", packages.environment)
    project(service, "tinything")
    service.commit(USES.replace("WANTED", "1.0"), "two")

    for number, end in enumerate((service.stop, service.kill), 1):
        service.start(environment=packages.environment)
        service.until(lambda told=number: service.log().count("installing") == told)  # type: ignore[misc]
        end()
    service.cycle("one two", packages.environment)
    assert [place.suffix for place in environments(service)] == [""]


# -- the real one -----------------------------------------------------------------------------------------------------


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
    assert f"{good[:10]} runs well" in service.log().splitlines()[-1]
    assert service.stop() == 0
