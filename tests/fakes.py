"""The ports of the engines, in memory. They keep the same promises as the real adapters (`test_*_contract.py`)."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from core.errors import Conflict, Refused
from core.model.agent import Usage
from core.model.build import BuildResult, BuildSpec, MergeDone, Outcome, Phase, Progress, Stopped
from core.model.execution import Alive, Capacity, Finished, LogPart, Lost, NotStarted, Status
from core.model.ids import BuildId
from core.ports import Clock
from tests import factories


class SetClock:
    """A clock that moves only when told to."""

    def __init__(self, moment: datetime = factories.NOW) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float = 0, **parts: float) -> None:
        self.moment += timedelta(seconds=seconds, **parts)


class Died(Exception):
    """Stands for the end of our own process at this point."""


@dataclass
class _Run:
    spec: BuildSpec
    alive: bool = True
    result: BuildResult | None = None


class FakeExecutor:
    """Builds run until `end` or `vanish` is called, or end at once when their shell command is in `endings`."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._runs: dict[BuildId, _Run] = {}
        self._stops: set[BuildId] = set()
        self.endings: dict[str, Outcome] = {}
        self.launched: list[BuildId] = []
        self.swept: list[BuildId] = []
        self.refusal: Exception | None = None
        """Raised by the next start, before anything happens."""
        self.sweep_refusal: Exception | None = None
        self.resumable: set[BuildId] = set()
        """Builds whose agent had ended when their process vanished."""
        self.shown: dict[BuildId, Progress] = {}
        self.room = Capacity()

    def submit(self, spec: BuildSpec) -> None:
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        run = self._runs.get(spec.id)
        if run is not None and (run.alive or run.result is not None):
            return
        self._runs[spec.id] = _Run(spec)
        self.launched.append(spec.id)
        outcome = Stopped() if spec.id in self._stops else self.endings.get(spec.engine.shell or "")
        if outcome is not None:
            self.end(spec.id, outcome)

    def status(self, build: BuildId) -> Status:
        run = self._runs.get(build)
        if run is None:
            return NotStarted()
        if run.result is not None:
            return Finished(result=run.result)
        if run.alive:
            return Alive(progress=self.shown.get(build) or self._progress())
        return Lost(resumable=build in self.resumable)

    def _progress(self) -> Progress:
        return Progress(phase=Phase.WORKING, since=self._clock(), pid=1, started=0.0, last_line="working on it")

    def log(self, build: BuildId, offset: int = 0, most: int = 1_000_000) -> LogPart:
        file = self.log_file(build)
        data = file.read_bytes() if file.exists() else b""
        start = max(len(data) + offset, 0) if offset < 0 else min(offset, len(data))
        return LogPart(data=data[start : start + most], offset=start, size=len(data))

    def log_file(self, build: BuildId) -> Path:
        return self._home / "runs" / build / "output.log"

    def cancel(self, build: BuildId) -> None:
        self._stops.add(build)
        if isinstance(self.status(build), Alive):
            self.end(build, Stopped())

    def sweep(self, build: BuildId) -> None:
        if self.sweep_refusal is not None:
            raise self.sweep_refusal
        if not isinstance(self.status(build), Alive):
            self.swept.append(build)

    def reattach(self, active: Collection[BuildId]) -> None:
        pass

    def capacity(self) -> Capacity:
        return self.room

    # -- what happens to builds ---------------------------------------------------------------------------------------

    def end(
        self, build: BuildId, outcome: Outcome | None = None, *, commit: str = "b" * 40, usage: Usage | None = None
    ) -> None:
        """The build process writes its result and ends."""
        run = self._runs[build]
        now = self._clock()
        run.result = factories.result(outcome, started_at=now, ended_at=now, commit=commit, usage=usage)
        run.alive = False

    def vanish(self, build: BuildId) -> None:
        """The build process dies without a result."""
        self._runs[build].alive = False


Files = dict[str, str]


@dataclass
class _Repository:
    branches: dict[str, list[str]] = field(default_factory=dict)
    """Commit ids from the first to the tip."""
    checked_out: str | None = "main"
    uncommitted: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)
    """Files that merges have changed while the checkout was left alone."""


class FakeWorkspaces:
    """Repositories as lists of commits, each of which sets the content of files."""

    def __init__(self) -> None:
        self.repositories: dict[Path, _Repository] = {}
        self._commits: dict[str, Files] = {}
        self._numbers = itertools.count(1)

    # -- what owners and agents do ------------------------------------------------------------------------------------

    def create(self, path: Path) -> None:
        """A repository with one commit on `main`."""
        self.repositories[path] = _Repository(branches={"main": []})
        self.commit(path, "main", "a.txt", "one\n")

    def commit(self, path: Path, branch: str, file: str, content: str) -> str:
        """A commit on a branch, which starts at `main` when it is new."""
        commits = self.repositories[path].branches
        commits.setdefault(branch, list(commits["main"]))
        commits[branch].append(self._commit({file: content}))
        return commits[branch][-1]

    def tip(self, path: Path, branch: str) -> str:
        return self.repositories[path].branches[branch][-1]

    # -- the port -----------------------------------------------------------------------------------------------------

    def check(self, path: Path) -> Path:
        for folder in (path, *path.parents):
            if folder in self.repositories:
                return folder
        raise Refused(f"{path} is not in a git repository. Run `git init` there, and commit.")

    def current_branch(self, path: Path) -> str | None:
        return self.repositories[self.check(path)].checked_out

    def has_branch(self, path: Path, branch: str) -> bool:
        return bool(self.repositories[self.check(path)].branches.get(branch))

    def merge(self, spec: BuildSpec, message: str) -> MergeDone:
        repository = self._repository(spec)
        for name in (spec.base, spec.branch):
            if name not in repository.branches:
                raise Conflict(f"The branch {name} does not exist any more.")
        base, work = repository.branches[spec.base], repository.branches[spec.branch]
        if work[-1] in base:
            merged = next(commit for commit in base if work[-1] in self._parents(commit, base))
            return MergeDone(commit=merged, parent=base[0], checkout_updated=self._shown(repository, spec.base))
        ours = self._changed(set(base) - set(work))
        theirs = self._changed(set(work) - set(base))
        both = [file for file in ours if file in theirs and ours[file] != theirs[file]]
        if both:
            raise Conflict(f"The work does not merge cleanly into {spec.base}: both sides changed {both[0]}.")
        parent, merge = base[-1], self._commit({})
        base.extend([*(commit for commit in work if commit not in base), merge])
        if repository.checked_out == spec.base and repository.uncommitted:
            repository.behind |= set(theirs)
        return MergeDone(commit=merge, parent=parent, checkout_updated=self._shown(repository, spec.base))

    def update_checkout(self, spec: BuildSpec, commit: str) -> None:
        repository = self._repository(spec)
        if commit not in repository.branches.get(spec.base, []):
            raise Conflict(f"The merge is not in the branch {spec.base} any more.")
        if concerned := repository.behind & repository.uncommitted:
            raise Conflict(f"{concerned.pop()} has uncommitted work.")
        repository.behind.clear()

    def diff(self, spec: BuildSpec, result: BuildResult) -> str:
        if result.base_commit is None or result.commit is None:
            raise Refused("This build has changed nothing, so there is nothing to show.")
        if result.commit not in self._commits:
            raise Refused(f"The commit {result.commit[:10]} is not in {spec.repository} any more.")
        files = self._commits[result.commit]
        return "".join(f"--- a/{file}\n+++ b/{file}\n+{content}" for file, content in files.items())

    def discard(self, spec: BuildSpec, trash: Path) -> Path:
        bundle = trash / f"{spec.id}.bundle"
        repository = self._repository(spec)
        if spec.branch not in repository.branches:
            if bundle.exists():
                return bundle
            raise Refused(f"The branch {spec.branch} does not exist any more; there is nothing to discard.")
        trash.mkdir(parents=True, exist_ok=True)
        bundle.write_text("\n".join(repository.branches.pop(spec.branch)))
        return bundle

    # -- inside -------------------------------------------------------------------------------------------------------

    def _repository(self, spec: BuildSpec) -> _Repository:
        found = self.repositories.get(Path(spec.repository))
        if found is None:
            raise Conflict(f"The project folder {spec.repository} is gone.")
        return found

    def _commit(self, files: Files) -> str:
        commit = f"{next(self._numbers):040x}"
        self._commits[commit] = files
        return commit

    def _changed(self, commits: set[str]) -> Files:
        changed: Files = {}
        for commit in sorted(commits):
            changed |= self._commits[commit]
        return changed

    def _parents(self, commit: str, base: list[str]) -> list[str]:
        """A merge stands right behind the work that it brought."""
        place = base.index(commit)
        return base[place - 1 : place] if not self._commits[commit] else []

    @staticmethod
    def _shown(repository: _Repository, base: str) -> bool | None:
        return None if repository.checked_out != base else not repository.behind


class FakeRecords:
    """Lines in memory."""

    def __init__(self) -> None:
        self.logs: dict[str, list[dict[str, object]]] = {}

    def append(self, log: str, entry: Mapping[str, object]) -> None:
        line: dict[str, object] = msgspec.json.decode(msgspec.json.encode(entry))
        self.logs.setdefault(log, []).append(line)

    def read(self, log: str) -> Iterator[dict[str, object]]:
        yield from self.logs.get(log, [])
