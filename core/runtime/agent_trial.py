"""Tries an agent: a small task in a repository made for it, by the same build process as everything else."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from core.model.build import BuildResult, BuildSpec, Confinement, Engine, Limits
from core.model.execution import Finished
from core.model.ids import BuildId, TaskId
from core.ports import Clock
from core.runtime.files import private_folder
from core.runtime.git import git
from core.runtime.local_executor import LocalExecutor

BUILD = BuildId("trial-1")
_PROMPT = "Create a file named hello.txt in the current directory. Its only content is the word: hello\n"
_CHECK = "test ! -e hello.txt || grep -qi hello hello.txt"
_FURTHER_SECONDS = 60.0
"""For preparing, committing and proving."""


@dataclass(frozen=True)
class Trial:
    """How it went."""

    result: BuildResult | None
    """None when the build process did not come to an end."""
    log: str
    """The last lines of what the agent said."""


def try_agent(
    engine: Engine,
    confinement: Confinement,
    scratch: Path,
    clock: Clock,
    environment: dict[str, str],
    seconds: float = 60.0,
) -> Trial:
    """Let the agent do its task below the folder `scratch`, of which nothing is left. Blocks: not for an event loop.

    Raises Refused (GitError is one) when the build can't be started.
    """
    private_folder(scratch)
    with tempfile.TemporaryDirectory(prefix="trial-", dir=scratch) as name:
        home = Path(name)
        spec = _spec(home, engine, confinement, seconds)
        _make_repository(Path(spec.repository))
        executor = LocalExecutor(home, clock, environment=environment)
        executor.submit(spec)
        deadline = time.monotonic() + seconds + _FURTHER_SECONDS
        while not isinstance(status := executor.status(BUILD), Finished) and time.monotonic() < deadline:
            time.sleep(0.1)
        if not isinstance(status, Finished):
            executor.cancel(BUILD)
            executor.sweep(BUILD)
        log = executor.log(BUILD, -4000, 4000).data.decode(errors="replace")
        return Trial(status.result if isinstance(status, Finished) else None, log)


def _make_repository(folder: Path) -> None:
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main", discover=True)
    (folder / "README.md").write_text("A place to try a coding agent.\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "Begin")


def _spec(home: Path, engine: Engine, confinement: Confinement, seconds: float) -> BuildSpec:
    return BuildSpec(
        id=BUILD,
        task=TaskId("trial"),
        title="Say hello",
        repository=str(home / "repository"),
        base="main",
        branch="jarvis/trial",
        worktree=str(home / "worktrees" / BUILD),
        engine=engine,
        prompt=_PROMPT,
        verify=_CHECK,
        limits=Limits(wall=seconds, idle=0.7 * seconds, verify=20.0, grace=2.0),
        confinement=confinement,
    )
