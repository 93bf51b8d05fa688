"""Problem predictor: what will go wrong with the machine and when, and what is done about it.

One problem per cause: it is updated as long as it lasts, and resolved when it is gone. A fix is recorded before it
acts, measured after, and can be taken back.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from core import audit, metrics, notifications, problem_words, windows
from core.crossing import Crossing, forecast
from core.errors import NotFound, Refused
from core.model.config import Config
from core.model.ids import ProblemId, RepairId
from core.model.metrics import Sample
from core.model.notification import ProblemFound
from core.model.problem import Fix, Outlook, Problem, Repair, RepairState, Severity
from core.outlooks import Limit, by_severity, judge, limits, outlook
from core.ports import Store

__all__ = ["Crossing", "Fixed", "Fixer", "Probe", "ProblemPredictor", "forecast"]

KEPT = timedelta(days=30)
"""How long resolved problems, and what fixes have put into the trash, are kept."""
AGAIN = timedelta(days=1)
"""A problem that comes back within a day is the old one: it is not told again."""


class Done(Protocol):
    """What a fix has brought."""

    @property
    def freed(self) -> int:
        """Bytes on the disk."""

    @property
    def stamp(self) -> str:
        """How the file looks now."""


class Fixer(Protocol):
    """Cleans up, below the folders of the settings only. Everything raises Refused with nothing changed."""

    def alone(self) -> AbstractContextManager[None]:
        """No other process cleans up or restores until the end of the block; waits for one that does."""

    def plan(self, now: datetime) -> list[Fix]:
        """What there is to do; changes nothing."""

    def keep_at(self, repair: RepairId, fix: Fix) -> str:
        """The file that will bring it back; empty for none."""

    def act(self, fix: Fix, kept: str) -> Done:
        """Do it."""

    def restore(self, repair: Repair) -> str:
        """Take it back; returns where the file is now."""

    def purge(self, repair: Repair) -> None:
        """Delete what it has kept."""


class Probe(Protocol):
    """Measures."""

    def sample(self, now: datetime) -> Sample:
        """The machine and all that the settings name."""

    def disks(self) -> Mapping[str, int]:
        """Which disk each series of a disk is about."""


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What `fix` has done, or would do."""

    fixes: Sequence[Fix]
    """What there was to do."""
    repairs: Sequence[Repair] = ()
    """What came of it; empty for a dry run."""
    before: Mapping[str, float] | None = None
    after: Mapping[str, float] | None = None
    """The measurements that verify it."""

    @property
    def freed(self) -> int:
        """Bytes."""
        return sum(repair.freed for repair in self.repairs)


class ProblemPredictor:
    """The use cases."""

    def __init__(
        self, store: Store, config: Config, probe: Probe, fixer: Fixer, flush: Callable[[], None] = lambda: None
    ) -> None:
        self._store = store
        self._config = config
        self._probe = probe
        self._fixer = fixer
        self._flush = flush
        """Moves the record into its log, where it has to be before anything is touched."""

    def measure(self, now: datetime) -> Sample:
        """Measure, and add it to the history."""
        sample = self._probe.sample(now)
        metrics.record(self._store, sample)
        return sample

    def scan(self, now: datetime) -> list[Problem]:
        """Measure and look ahead; returns the open problems, the worst first. Critical ones are told, once each."""
        self.measure(now)
        return self.assess(now)

    def assess(self, now: datetime) -> list[Problem]:
        """The same by what was measured last."""
        found = self._findings(now)
        fixes = self._fixer.plan(now) if found else []
        with self._store.transaction():
            known = {problem.series: problem for problem in self._newest_last()}
            for limit, (severity, expected, value) in found.items():
                self._put(known.get(limit.series), limit, severity, expected, value, fixes, now)
            series = {limit.series for limit in found}
            for problem in known.values():
                if problem.resolved_at is None and problem.series not in series:
                    self._store.problems.put(problem.id, msgspec.structs.replace(problem, resolved_at=now))
                    self._note("resolved", now, problem=problem.id, series=problem.series)
                elif problem.resolved_at is not None and now - problem.resolved_at > KEPT:
                    self._store.problems.remove(problem.id)
        return self.open_problems()

    def open_problems(self) -> list[Problem]:
        """Those that are not resolved, the worst first."""
        return by_severity(self._store.problems.all())

    def fix(
        self, now: datetime, *, dry_run: bool = False, actor: str = audit.BY_ITSELF, unasked: bool = False
    ) -> Fixed:
        """Do what can be done, or only say what that would be; what can't be done is told by its repair.

        `unasked` leaves alone what somebody has taken back.
        """
        if dry_run:
            return Fixed(fixes=self._plan(now, unasked))
        with self._fixer.alone():
            fixes = self._plan(now, unasked)
            if not fixes:
                return Fixed(fixes=fixes)
            before = self.measure(now)
            repairs = [self._do(fix, now, actor) for fix in fixes]
        later = now + timedelta(seconds=1)  # two measurements of one second would be one
        after = self.measure(later)
        self.assess(later)
        return Fixed(fixes=fixes, repairs=repairs, before=before.values, after=after.values)

    def restore(self, repair_id: RepairId, now: datetime, *, actor: str = audit.BY_ITSELF) -> tuple[Repair, str]:
        """Take a fix back; returns it and where the file is now. Raises NotFound, and Refused with nothing changed."""
        with self._fixer.alone():
            repair = self._store.repairs.get(repair_id)
            if repair is None:
                raise NotFound(f"There is no fix {repair_id[:40]}. /restore lists them.")
            if repair.state not in (RepairState.DONE, RepairState.BEGUN):
                raise Refused(f"{repair_id} is {repair.state.value} already.")
            self._record("restoring", now, repair, actor)
            place = self._fixer.restore(repair)
            restored = msgspec.structs.replace(repair, state=RepairState.RESTORED, detail=place)
            with self._store.transaction():
                self._store.repairs.put(repair.id, restored)
                self._note("restored", now, actor=actor, repair=repair.id, path=place)
        return restored, place

    def repairs(self) -> list[Repair]:
        """What was done, the newest first."""
        return sorted(self._store.repairs.all(), key=lambda repair: repair.at, reverse=True)

    def purge(self, now: datetime) -> int:
        """Delete what was put into the trash long ago; returns how many. What can't be deleted is tried again."""
        old = [repair for repair in self._store.repairs.all() if now - repair.at > KEPT and repair.kept]
        gone = 0
        for repair in old:
            if repair.state in (RepairState.DONE, RepairState.BEGUN, RepairState.RESTORED):
                self._record("purging", now, repair, audit.BY_ITSELF)
                try:
                    self._fixer.purge(repair)
                except Refused:
                    continue  # it does not hold up the others
            with self._store.transaction():
                self._store.repairs.put(repair.id, msgspec.structs.replace(repair, state=RepairState.PURGED, kept=""))
            gone += 1
        return gone

    def prepare(self, now: datetime) -> Sequence[str]:
        """Before the builds of a session: scan, by night also fix, and say what was found and done."""
        problems = self.scan(now)
        is_night = windows.next_named(windows.OVERNIGHT, now, self._config).start <= now
        return problem_words.prepared(problems, self.fix(now, unasked=True).repairs if is_night else ())

    # -- inside -------------------------------------------------------------------------------------------------------

    def _plan(self, now: datetime, unasked: bool) -> list[Fix]:
        fixes = self._fixer.plan(now)
        if not unasked:
            return fixes
        back = {repair.detail for repair in self._store.repairs.all() if repair.state is RepairState.RESTORED}
        return [fix for fix in fixes if f"{fix.root}/{fix.path}" not in back]

    def _findings(self, now: datetime) -> dict[Limit, tuple[Severity, Outlook, float]]:
        samples = self._store.metrics.all()
        if not samples:
            return {}
        newest = max(samples, key=lambda sample: sample.at)
        disks, seen, found = self._probe.disks(), set(), {}
        for limit in limits(newest, self._config):
            disk = disks.get(limit.series)
            if disk is not None and disk in seen:
                continue  # the same disk under another name is the same cause
            seen.add(disk)
            value = newest.values[limit.series]
            history = [(each.at, each.values[limit.series]) for each in samples if limit.series in each.values]
            expected = outlook(history, limit.value, now, self._config)
            severity = judge(limit, value, expected, history, now)
            if severity is not None:
                found[limit] = severity, expected, value
        return found

    def _put(
        self,
        known: Problem | None,
        limit: Limit,
        severity: Severity,
        expected: Outlook,
        value: float,
        fixes: Sequence[Fix],
        now: datetime,
    ) -> None:
        if known is not None and known.resolved_at is not None and now - known.resolved_at > AGAIN:
            known = None
        problem = Problem(
            id=known.id if known else ProblemId(f"problem_{self._store.number('problems')}"),
            series=limit.series,
            severity=severity,
            value=value,
            outlook=expected,
            evidence=problem_words.evidence(limit, value),
            prediction=problem_words.prediction(limit, value, expected, now, self._config.zone),
            fix=problem_words.remedy(limit.series, fixes),
            found_at=known.found_at if known else now,
            seen_at=now,
        )
        self._store.problems.put(problem.id, problem)
        if known is None:
            self._note("found", now, problem=problem.id, series=limit.series, severity=severity.value, value=value)
        if severity is Severity.CRITICAL:
            notifications.record(self._store, ProblemFound(problem=problem.id), None, now)

    def _do(self, fix: Fix, now: datetime, actor: str) -> Repair:
        with self._store.transaction():
            repair_id = RepairId(f"repair_{self._store.number('repairs')}")
            kept = self._fixer.keep_at(repair_id, fix)
            repair = Repair(id=repair_id, fix=fix, at=now, state=RepairState.BEGUN, kept=kept)
            self._store.repairs.put(repair_id, repair)
        self._record(fix.kind.value, now, repair, actor)
        try:
            done = self._fixer.act(fix, kept)
        except Refused as error:
            repair = msgspec.structs.replace(repair, state=RepairState.FAILED, kept="", detail=str(error))
            memory = ""
        else:
            repair = msgspec.structs.replace(repair, state=RepairState.DONE, freed=done.freed, stamp=done.stamp)
            memory = f"{problem_words.done(repair)}."
        with self._store.transaction():
            self._store.repairs.put(repair_id, repair)
            told = {"repair": repair_id, "path": fix.path, "freed": repair.freed, "why": repair.detail}
            self._note(repair.state.value, now, actor, memory, **told)
        return repair

    def _record(self, action: str, now: datetime, repair: Repair, actor: str) -> None:
        """Into the log, before anything is touched."""
        fix = repair.fix
        with self._store.transaction():
            self._note(action, now, actor, repair=repair.id, root=fix.root, path=fix.path, kept=repair.kept)
        self._flush()

    def _newest_last(self) -> list[Problem]:
        return sorted(self._store.problems.all(), key=lambda problem: problem.found_at)

    def _note(self, action: str, now: datetime, actor: str = audit.BY_ITSELF, memory: str = "", **more: Any) -> None:
        audit.note(self._store, audit.FIXES, action, now, actor=actor, memory=memory, **more)
