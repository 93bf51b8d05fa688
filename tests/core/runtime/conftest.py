"""A real repository, and real builds in it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.model.build import BuildResult, BuildSpec, Confinement, Engine, Level, Limits
from core.model.ids import BuildId, TaskId
from core.runtime.clock import utc_now
from core.runtime.confinement import available
from core.runtime.local_executor import LocalExecutor
from tests.standing import is_alive, result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]

OPEN = Confinement()
LEVELS = (Level.LANDLOCK, Level.BUBBLEWRAP)


@pytest.fixture
def project(tmp_path: Path, owner: Git) -> Path:
    """A repository with one commit on `main`; its path has a space and an umlaut."""
    folder = tmp_path / "my pröject"
    folder.mkdir()
    owner(folder, "init", "--quiet")
    (folder / "a.txt").write_text("one\n")
    (folder / "b.txt").write_text("one\n")
    owner(folder, "add", ".")
    owner(folder, "commit", "--quiet", "-m", "first")
    return folder


@pytest.fixture
def make_spec(project: Path, home: Path) -> MakeSpec:
    """A specification for the shell engine: `make_spec("echo x > new.txt", verify="true")`."""

    def make(
        shell: str = "true",
        *,
        argv: tuple[str, ...] | None = None,
        build: str = "task_1-1",
        verify: str | None = None,
        prompt: str = "Do it.",
        title: str = "Change something",
        base: str = "main",
        branch: str | None = None,
        limits: Limits | None = None,
        environment: tuple[str, ...] = (),
        confinement: Confinement = OPEN,
    ) -> BuildSpec:
        engine = Engine(name="template", argv=argv) if argv is not None else Engine(name="shell", shell=shell)
        return BuildSpec(
            id=BuildId(build),
            task=TaskId(build.split("-", maxsplit=1)[0]),
            title=title,
            repository=str(project),
            base=base,
            branch=branch or f"jarvis/{build}",
            worktree=str(home / "worktrees" / build),
            engine=engine,
            prompt=prompt,
            verify=verify,
            limits=limits or Limits(wall=30, idle=20, verify=20, grace=0.3),
            environment=environment,
            confinement=confinement,
        )

    return make


@pytest.fixture(params=LEVELS, ids=[level.value for level in LEVELS])
def level(request: pytest.FixtureRequest) -> Level:
    """Each kind of walls in turn; one that does not work on this machine is skipped."""
    if request.param not in available():
        pytest.skip(f"{request.param.value} does not work on this machine")
    assert isinstance(request.param, Level)
    return request.param


@pytest.fixture
def walls(level: Level, home: Path, tmp_path: Path) -> Confinement:
    """Walls as an installation sets them up: its own folder and its settings can't be read."""
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=123:the-token\n")
    return Confinement(level=level, hidden=(str(home), str(tmp_path / ".env")))


@pytest.fixture
def wait_for() -> Callable[[Callable[[], object]], None]:
    """Wait until something is so; fails after 20 s."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("it did not come so far in time")
            time.sleep(0.02)

    return wait


@pytest.fixture
def executor(home: Path, git_config: None) -> Iterator[LocalExecutor]:
    """At the end no process of any build may be left."""
    yield LocalExecutor(home, utc_now)
    deadline = time.monotonic() + 10
    while left := _processes_below(home):
        if time.monotonic() > deadline:
            for process in left:
                process.kill()
            raise AssertionError(f"processes are left: {left}")
        time.sleep(0.02)


@pytest.fixture
def finish(
    executor: LocalExecutor, wait_for: Callable[[Callable[[], object]], None]
) -> Callable[[BuildSpec], BuildResult]:
    """Start a build and wait for its result."""

    def run(spec: BuildSpec) -> BuildResult:
        executor.submit(spec)
        wait_for(lambda: result_of(executor, spec.id) is not None or not is_alive(executor, spec.id))
        result = result_of(executor, spec.id)
        assert result is not None, executor.log_file(spec.id).with_name("builder.log").read_text()
        return result

    return run


def _processes_below(home: Path) -> list[psutil.Process]:
    """Everything that carries a marker of this home, or is a build process for it."""
    found = []
    for process in psutil.process_iter():
        try:
            marker = process.environ().get("JARVIS_RUN_FOLDER", "")
            command = " ".join(process.cmdline())
        except (psutil.Error, OSError):
            continue
        ours = marker.startswith(str(home)) or str(home / "runs") in command
        if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
