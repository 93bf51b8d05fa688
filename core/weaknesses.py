"""Finds weaknesses in what was measured and said; pure. Each is told once, with its evidence."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from core import latency
from core.engines import SHELL
from core.local_days import day_of
from core.measurements import failure, merged
from core.model.build import AgentFailed, AgentTroubled, Build, Ended
from core.model.improvement import (
    Correction,
    Failures,
    Figures,
    Measurement,
    Question,
    Remedy,
    Severity,
    Weakness,
)
from core.model.task import Completed, NotPushed, Task
from core.productivity import CACHE_MARK

DAYS = 7
"""Today and the days before that latencies and failures are looked for."""
ENOUGH_SAMPLES = 5
ENOUGH_FAILURES = 3
ENOUGH_QUESTIONS = 3
LOOK_BACK = timedelta(days=30)
"""For corrections and questions."""
EVERYWHERE = "all projects"
"""The subject of corrections that are about none in particular."""
CACHES = dict.fromkeys(
    ("chat /week", "chat /month", "press period", "productivity week", "productivity month"), CACHE_MARK
)
"""The operations whose results may be remembered for some minutes, and the mark that switches that on. By hand."""

_VERY_SLOW, _MANY = 3 * latency.SLOW, 10


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that weaknesses are found in."""

    measurements: Sequence[Measurement]
    corrections: Sequence[Correction]
    questions: Sequence[Question]
    zone: ZoneInfo


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A weakness as it is now."""

    weakness: Weakness
    subject: str
    remedy: Remedy
    evidence: str
    severity: Severity
    effort: float
    """Hours; 0 for a switch."""


def find(known: Known, now: datetime) -> list[Found]:
    """All weaknesses, the most severe first; of one weakness and subject there is only one."""
    last = day_of(now, known.zone)
    first = last - timedelta(days=DAYS - 1)
    recent = [row for row in known.measurements if first <= row.day <= last]
    found = [each for name in sorted({row.operation for row in recent}) for each in _of_operation(recent, name)]
    found = _causes(found, {row.operation: row.inside for row in recent if row.inside})
    found += _gaps(known, now)
    found += _questions(known, now)
    return sorted(found, key=lambda each: -each.severity)


def figures(known: Known, weakness: Weakness, subject: str, first: date, last: date) -> Figures:
    """How the subject of a weakness stands over the local days from `first` to `last`, both included."""
    rows = [row for row in known.measurements if row.operation == subject and first <= row.day <= last]
    whole = latency.merge(*(row.latency for row in rows))
    said: list[datetime] = []
    if weakness is Weakness.KNOWLEDGE_GAP:
        said = [each.at for each in known.corrections if (each.project or EVERYWHERE) == subject]
    elif weakness is Weakness.REPEATED_QUESTION:
        said = [moment for each in known.questions if each.key == subject for moment in each.moments]
    return Figures(
        days=(last - first).days + 1,
        count=latency.count(whole),
        p50=latency.percentile(whole, 0.5),
        p95=latency.percentile(whole, 0.95),
        failures=sum(each.count for row in rows for each in row.failures),
        mentions=sum(first <= day_of(at, known.zone) <= last for at in said),
    )


def recorded_failures(builds: Iterable[Build], tasks: Iterable[Task], zone: ZoneInfo) -> list[Measurement]:
    """The failures of agents and of pushes, which builds and tasks keep a record of already, as measurements."""
    failed: dict[tuple[str, date], list[Failures]] = defaultdict(list)
    for build in builds:
        outcome = build.state.result.outcome if isinstance(build.state, Ended) else None
        if isinstance(outcome, AgentFailed | AgentTroubled) and build.spec.engine.name != SHELL:
            assert isinstance(build.state, Ended)
            kind = outcome.trouble.value if isinstance(outcome, AgentTroubled) else "it failed"
            at = build.state.result.ended_at
            failed[f"agent {build.spec.engine.name}", day_of(at, zone)].append(failure(f"{kind}: {outcome.detail}", at))
    for task in tasks:
        push = getattr(task.state.delivery, "push", None) if isinstance(task.state, Completed) else None
        if isinstance(push, NotPushed):
            failed["git push", day_of(push.at, zone)].append(failure(push.reason, push.at))
    return [Measurement(operation=api, day=day, failures=merged((), some)) for (api, day), some in failed.items()]


def _of_operation(rows: Sequence[Measurement], name: str) -> Iterable[Found]:
    mine = [row for row in rows if row.operation == name]
    whole = latency.merge(*(row.latency for row in mine))
    count, p95 = latency.count(whole), latency.percentile(whole, 0.95)
    if count >= ENOUGH_SAMPLES and p95 is not None and p95 > latency.SLOW:
        yield Found(
            weakness=Weakness.SLOW,
            subject=name,
            remedy=Remedy.CACHE,
            evidence=f"95% of {count} took up to {p95 / 1000:.1f} s, the longest {whole.longest / 1000:.1f} s",
            severity=Severity.HIGH if p95 > _VERY_SLOW else Severity.MEDIUM,
            effort=0.0 if name in CACHES else 2.0,
        )
    failures = [each for row in mine for each in row.failures]
    total = sum(each.count for each in failures)
    if total >= ENOUGH_FAILURES:
        yield Found(
            weakness=Weakness.UNRELIABLE,
            subject=name,
            remedy=Remedy.ERROR_HANDLING,
            evidence=f"{total} failures within {DAYS} days, last: {_last(failures).message[:150]}",
            severity=Severity.HIGH if total >= _MANY else Severity.MEDIUM,
            effort=1.5,
        )


def _causes(found: Sequence[Found], inside: Mapping[str, str]) -> list[Found]:
    """Without what is slow only because something inside of it is, which is told itself."""
    slow = {each.subject for each in found if each.weakness is Weakness.SLOW}

    def innermost(name: str) -> str:
        seen = {name}
        while (within := inside.get(name, "")) in slow - seen:
            seen.add(within)
            name = within
        return name

    told = {innermost(name) for name in slow}
    return [each for each in found if each.weakness is not Weakness.SLOW or each.subject in told]


def _last(failures: Sequence[Failures]) -> Failures:
    return max(failures, key=lambda each: each.at)


def _gaps(known: Known, now: datetime) -> Iterable[Found]:
    """Corrections that nobody has said anything about: what became a lesson is mended."""
    by_project: dict[str, list[Correction]] = defaultdict(list)
    for each in known.corrections:
        if each.answered_at is None and timedelta() <= now - each.at <= LOOK_BACK:
            by_project[each.project or EVERYWHERE].append(each)
    for project, some in by_project.items():
        times = "once" if len(some) == 1 else f"{len(some)} times"
        yield Found(
            weakness=Weakness.KNOWLEDGE_GAP,
            subject=project,
            remedy=Remedy.DOCS,
            evidence=f"corrected {times}, last: {some[-1].text[:150]}",
            severity=Severity.MEDIUM if len(some) >= ENOUGH_FAILURES else Severity.LOW,
            effort=1.0,
        )


def _questions(known: Known, now: datetime) -> Iterable[Found]:
    for each in known.questions:
        asked = [moment for moment in each.moments if timedelta() <= now - moment <= LOOK_BACK]
        if len(asked) >= ENOUGH_QUESTIONS:
            yield Found(
                weakness=Weakness.REPEATED_QUESTION,
                subject=each.key,
                remedy=Remedy.AUTOMATION,
                evidence=f"asked {len(asked)} times within {LOOK_BACK.days} days",
                severity=Severity.MEDIUM if len(asked) >= 2 * ENOUGH_QUESTIONS else Severity.LOW,
                effort=3.0,
            )
