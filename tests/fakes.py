"""The ports of the engines, in memory. They keep the same promises as the real adapters (`test_*_contract.py`)."""

import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from core.errors import Conflict, Refused
from core.model.agent import Usage
from core.model.build import BuildResult, BuildSpec, MergeDone, Outcome, Phase, Progress, Stopped
from core.model.execution import Alive, Capacity, Finished, LogPart, Lost, NotStarted, Status
from core.model.ids import BuildId
from core.ports import Clock, Program
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


class FakePrograms:
    """Programs that are there because a test says so."""

    def __init__(self, *installed: str) -> None:
        self.installed: dict[str, str] = dict.fromkeys(installed, "1.0")
        """With the version of each."""
        self.files: set[str] = set()
        self.keys: set[str] = set()

    def find(self, program: str) -> Program | None:
        return Program(path=f"/usr/bin/{program}") if program in self.installed else None

    def version(self, program: str) -> str:
        return self.installed.get(program, "")

    def is_logged_in(self, files: Iterable[str]) -> bool:
        return not self.files.isdisjoint(files)

    def has_key(self, names: Iterable[str]) -> bool:
        return not self.keys.isdisjoint(names)


Files = dict[str, str]


@dataclass
class _Repository:
    branches: dict[str, list[str]] = field(default_factory=dict)
    """Commit ids from the first to the tip."""
    checked_out: str | None = "main"
    uncommitted: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)
    """Files that merges have changed while the checkout was left alone."""
    remotes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Tips of the branches in each remote."""


class FakeWorkspaces:
    """Repositories as lists of commits, each of which sets the content of files."""

    def __init__(self) -> None:
        self.repositories: dict[Path, _Repository] = {}
        self._commits: dict[str, Files] = {}
        self._merged: dict[str, tuple[str, list[str]]] = {}
        """Of each merge: its message, and the commits that it brought."""
        self.death: Died | None = None
        """Raised where a push begins."""
        self._reverted: dict[str, str] = {}
        """Of each rollback: the merge that it takes back."""
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

    def merge(self, spec: BuildSpec, message: str, work: str | None = None) -> MergeDone:
        repository = self._repository(spec)
        if spec.base not in repository.branches:
            raise Conflict(f"The branch {spec.base} does not exist any more.")
        base = repository.branches[spec.base]
        if spec.branch not in repository.branches:
            return self._merged_before(repository, spec, work)
        theirs_line = repository.branches[spec.branch]
        if theirs_line[-1] in base:
            return self._merged_before(repository, spec, theirs_line[-1])
        return self._merge(repository, spec, theirs_line, message)

    def _merged_before(self, repository: _Repository, spec: BuildSpec, work: str | None) -> MergeDone:
        base = repository.branches[spec.base]
        for commit in base:
            message, brought = self._merged.get(commit, ("", []))
            if f"Jarvis-Run: {spec.id}" in message.splitlines() or work in brought:
                return MergeDone(commit=commit, parent=base[0], checkout_updated=self._shown(repository, spec.base))
        if work in base:
            return MergeDone(commit=work, parent=base[0], checkout_updated=self._shown(repository, spec.base))
        raise Conflict(f"The branch {spec.branch} with the work does not exist any more.")

    def _merge(self, repository: _Repository, spec: BuildSpec, work: list[str], message: str) -> MergeDone:
        base = repository.branches[spec.base]
        ours = self._changed(set(base) - set(work))
        theirs = self._changed(set(work) - set(base))
        both = [file for file in ours if file in theirs and ours[file] != theirs[file]]
        if both:
            raise Conflict(f"The work does not merge cleanly into {spec.base}: both sides changed {both[0]}.")
        parent, merge = base[-1], self._commit({})
        brought = [commit for commit in work if commit not in base]
        base.extend([*brought, merge])
        self._merged[merge] = (message, brought)
        if repository.checked_out == spec.base and repository.uncommitted:
            repository.behind |= set(theirs)
        return MergeDone(commit=merge, parent=parent, checkout_updated=self._shown(repository, spec.base))

    def drop_merged(self, spec: BuildSpec) -> bool:
        repository = self.repositories.get(Path(spec.repository))
        if repository is None:
            return False
        work = repository.branches.get(spec.branch)
        if work is None:
            return True
        if repository.checked_out == spec.branch or work[-1] not in repository.branches.get(spec.base, []):
            return False
        del repository.branches[spec.branch]
        return True

    def rollback(self, spec: BuildSpec, merge: str, work: str | None, message: str) -> MergeDone:
        repository = self._repository(spec)
        base = repository.branches.get(spec.base)
        if base is None or merge not in base:
            raise Conflict(f"The merge is not in the branch {spec.base} any more, so there is nothing to take back.")
        shown = partial(self._shown, repository, spec.base)
        for commit in base:
            if self._reverted.get(commit) == merge:
                return MergeDone(commit=commit, parent=base[0], checkout_updated=shown())
        if merge not in self._merged:
            raise Conflict(f"The work came into {spec.base} by hand and without a merge commit.")
        brought = self._merged[merge][1]
        files = self._changed(set(brought))
        later = self._changed(set(base[base.index(merge) + 1 :]))
        if both := [file for file in files if file in later]:
            raise Conflict(f"It can't be taken back cleanly: later commits in {spec.base} changed {both[0]}.")
        parent, commit = base[-1], self._commit({})
        base.append(commit)
        self._reverted[commit] = merge
        if repository.checked_out == spec.base and repository.uncommitted:
            repository.behind |= set(files)
        return MergeDone(commit=commit, parent=parent, checkout_updated=shown())

    def update_checkout(self, spec: BuildSpec, commit: str) -> None:
        repository = self._repository(spec)
        if commit not in repository.branches.get(spec.base, []):
            raise Conflict(f"The merge is not in the branch {spec.base} any more.")
        if concerned := repository.behind & repository.uncommitted:
            raise Conflict(f"{concerned.pop()} has uncommitted work.")
        repository.behind.clear()

    def diff(self, spec: BuildSpec, result: BuildResult, bundle: Path | None = None) -> str:
        if result.base_commit is None or result.commit is None:
            raise Refused("This build has changed nothing, so there is nothing to show.")
        commits = dict(self._commits)
        if bundle is not None and bundle.exists():
            commits.update(json.loads(bundle.read_text()))
        if result.commit not in commits:
            raise Refused(f"The commit {result.commit[:10]} is not in {spec.repository} any more.")
        return "".join(_added(file, content) for file, content in commits[result.commit].items())

    def discard(self, spec: BuildSpec, trash: Path) -> Path:
        bundle = trash / f"{spec.id}.bundle"
        repository = self._repository(spec)
        if spec.branch not in repository.branches:
            if bundle.exists():
                return bundle
            raise Refused(f"The branch {spec.branch} does not exist any more; there is nothing to discard.")
        trash.mkdir(parents=True, exist_ok=True)
        line = repository.branches.pop(spec.branch)
        bundle.write_text(json.dumps({commit: self._commits[commit] for commit in line}))
        return bundle

    def restore(self, spec: BuildSpec, bundle: Path) -> str:
        repository = self._repository(spec)
        if not bundle.exists():
            raise Refused(f"The bundle {bundle.name} is not in the trash any more.")
        try:
            commits: dict[str, Files] = json.loads(bundle.read_text())
        except ValueError as error:
            raise Refused(f"The bundle {bundle.name} is damaged.") from error
        line = list(commits)
        if repository.branches.get(spec.branch, line)[-1] != line[-1]:
            raise Conflict(f"There is a branch {spec.branch} already, and it is another one.")
        self._commits.update(commits)
        repository.branches[spec.branch] = line
        return line[-1]

    def forget(self, bundle: Path, trash: Path) -> None:
        if bundle.suffix != ".bundle" or bundle.parent != trash:
            raise Refused(f"{bundle} is no bundle in {trash}, so it is left alone.")
        bundle.unlink(missing_ok=True)

    def push(self, spec: BuildSpec, branch: str, remote: str) -> None:
        if self.death is not None:
            raise self.death
        repository = self._repository(spec)
        if branch not in repository.branches:
            raise Refused(f"The branch {branch} does not exist any more.")
        there = repository.remotes.get(remote)
        if there is None:
            raise Refused(f"There is no remote {remote} in {spec.repository}.")
        if there.get(branch, repository.branches[branch][0]) not in repository.branches[branch]:
            raise Refused(f"{remote} has commits in {branch} that are not here. Pull them in, then try again.")
        there[branch] = repository.branches[branch][-1]

    def collect_garbage(self) -> None:
        """Commits that no branch has are gone."""
        kept = {commit for each in self.repositories.values() for line in each.branches.values() for commit in line}
        self._commits = {commit: files for commit, files in self._commits.items() if commit in kept}

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

    @staticmethod
    def _shown(repository: _Repository, base: str) -> bool | None:
        return None if repository.checked_out != base else not repository.behind


def _added(file: str, content: str) -> str:
    lines = content.splitlines()
    head = f"diff --git a/{file} b/{file}\n--- /dev/null\n+++ b/{file}\n@@ -0,0 +1,{len(lines)} @@\n"
    return head + "".join(f"+{line}\n" for line in lines)


class FakeRecords:
    """Lines in memory."""

    def __init__(self) -> None:
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.days: dict[str, list[tuple[int, str]]] = {}
        self.reports: dict[str, dict[str, Any]] = {}

    def report(self, name: str, content: Mapping[str, Any]) -> None:
        self.reports[name] = msgspec.json.decode(msgspec.json.encode(content))

    def write(self, log: str, entries: Sequence[Mapping[str, Any]]) -> None:
        lines = self.logs.setdefault(log, [])
        last = max((line["n"] for line in lines), default=0)
        lines += [msgspec.json.decode(msgspec.json.encode(entry)) for entry in entries if entry["n"] > last]

    def remember(self, day: str, sentences: Sequence[tuple[int, str]]) -> None:
        known = self.days.setdefault(day, [])
        last = max((number for number, _ in known), default=0)
        known += [sentence for sentence in sentences if sentence[0] > last]

    def read(self, log: str) -> Iterator[dict[str, Any]]:
        yield from self.logs.get(log, [])
