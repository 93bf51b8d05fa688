"""What is or will be wrong with the machine, and what is done about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core import problem_words
from core.model.metrics import Sample
from core.model.problem import Problem, Repair, RepairState, Severity
from core.outlooks import FEWEST, Limit
from core.problem_predictor import Fixed
from handlers.callbacks import Ask, RunFix, TakeBack
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines, shorten
from handlers.views.pictures import Forecast, Point

SIGNS = {Severity.CRITICAL: "🔴", Severity.HIGH: "🟠", Severity.MEDIUM: "🟡", Severity.LOW: "🔵"}
SHOWN = 10
BUTTONS = 5
POINTS = 200
LONGEST = timedelta(days=30)


def listed(problems: Sequence[Problem], samples: Sequence[Sample], now: datetime, zone: ZoneInfo) -> Message:
    """Each with its evidence, what is foretold, and what can be done; with a picture of the worst."""
    if not problems:
        young = len(samples) < FEWEST or now - min(each.at for each in samples) < timedelta(hours=1)
        ahead = ". I have not measured for long enough to look ahead." if young else ", and none in sight."
        return Message(f"✅ No problems{ahead}", [[Button("🧹 Clean up", RunFix(do=False))]])
    parts = ["<b>Problems</b>"]
    for problem in problems[:SHOWN]:
        parts += ["", *_told(problem)]
    rows = [[Button("🧹 Fix", RunFix(do=False))]] if any(problem.fix for problem in problems) else []
    return Message(lines(parts), rows, picture=picture(problems[0], samples, now, zone))


def metrics(sample: Sample, known: Sequence[Limit]) -> Message:
    """What was measured just now, against the limits."""
    by_series = {limit.series: limit for limit in known}
    told = []
    for series, value in sample.values.items():
        limit = by_series.get(series)
        now = problem_words.amount(value, limit.unit if limit else "MB")
        of = f", limit {problem_words.amount(limit.value, limit.unit)}" if limit else ""
        told.append(f"• {escape(problem_words.name_of(series))}: {now}{of}")
    return Message(lines("<b>Measured now</b>", told))


def alarm(problem: Problem) -> Message:
    """Work stops, or soon will."""
    if problem.resolved_at is not None:
        return Message(f"✅ Over: {escape(problem.evidence)}")
    rows = [[Button("Problems", Ask("problems"))]]
    if problem.fix:
        rows[0].insert(0, Button("🧹 Fix", RunFix(do=False)))
    return Message(lines(_told(problem)), rows)


def planned(fixed: Fixed, *, allowed: bool) -> Message:
    """What would be done."""
    if not allowed and not fixed.fixes:
        return Message(
            "I may not clean up anything of yours yet. Name folders with logs in LOG_ROOTS and with SQLite databases "
            "in DATABASE_ROOTS, in .env."
        )
    if not fixed.fixes:
        return Message("✅ There is nothing to clean up.")
    told = [
        f"• {problem_words.VERBS[fix.kind][0]} <code>{escape(shorten(fix.path, 80))}</code>: "
        f"about {problem_words.size(fix.frees)}"
        for fix in fixed.fixes[:SHOWN]
    ]
    text = lines(
        f"<b>I can {escape(problem_words.summary(fixed.fixes))}</b>",
        told,
        _more(len(fixed.fixes)),
        "Nothing is done yet.",
    )
    return Message(text, [[Button("🧹 Do it", RunFix(do=True))]])


def fixed(done: Fixed) -> Message:
    """What was done, what it has freed by a new measurement, and how to take it back."""
    if not done.repairs:
        return Message("✅ There is nothing to clean up any more.")
    told = [f"• {escape(shorten(problem_words.done(repair), 200))}" for repair in done.repairs[:SHOWN]]
    kept = [repair for repair in done.repairs if repair.state is RepairState.DONE and repair.kept]
    head = f"<b>Freed {problem_words.size(done.freed)}</b>"
    later = "It can be taken back for 30 days, here or with /restore." if kept else None
    return Message(lines(head, told, _more(len(done.repairs)), _measured(done), later), _back(kept[:BUTTONS]))


def to_take_back(kept: Sequence[Repair], now: datetime, zone: ZoneInfo) -> Message:
    """What was cleaned up and can be brought back, the newest first."""
    told = [
        f"• {each.id} · {times.clock(each.at, zone, now)}: {escape(shorten(problem_words.done(each), 200))}"
        for each in kept[:SHOWN]
    ]
    text = lines(
        "<b>What I cleaned up</b>",
        told,
        _more(len(kept)),
        "Tap what you want back. For the discarded result of a task write <code>/restore 12</code>.",
    )
    return Message(text, _back(kept[:SHOWN]))


def _back(kept: Sequence[Repair]) -> list[list[Button]]:
    return [[Button(f"↩️ {shorten(repair.fix.path, 40)}", TakeBack(repair.id))] for repair in kept]


def picture(problem: Problem, samples: Sequence[Sample], now: datetime, zone: ZoneInfo) -> Forecast | None:
    """How it has gone and how it goes on; None when it was hardly measured."""
    series, expected = problem.series, problem.outlook
    past = [Point(at=each.at, value=each.values[series]) for each in samples if series in each.values]
    past = sorted((point for point in past if now - point.at <= LONGEST), key=lambda point: point.at)
    if len(past) < 2:
        return None
    past = [*past[:: max(1, len(past) // POINTS)], past[-1]]
    end = now + LONGEST
    unit = {"memory": "%", "disk": "%", "swap": "%", "load": "per processor"}.get(series.partition(":")[0], "MB")

    def line(at: datetime | None) -> tuple[Point, ...]:
        if expected.expected_at is None or problem.value >= expected.limit:
            return ()
        if at is None:
            return past[-1], Point(at=min(end, expected.expected_at), value=problem.value)
        return past[-1], Point(at=at, value=expected.limit)

    return Forecast(
        title=problem_words.name_of(series),
        unit=unit,
        zone=zone.key,
        past=tuple(past),
        future=line(expected.expected_at),
        low=line(expected.latest),
        high=line(expected.earliest),
        limits=(expected.limit,),
    )


def _told(problem: Problem) -> list[str]:
    said = [f"{SIGNS[problem.severity]} <b>{escape(problem.evidence)}</b>", escape(problem.prediction)]
    return [*said, escape(problem.fix)] if problem.fix else said


def _measured(done: Fixed) -> list[str]:
    before, after = done.before or {}, done.after or {}
    changed = [series for series in after if before.get(series, after[series]) != after[series] and ":" in series]
    return [
        f"{escape(problem_words.name_of(series))}: {problem_words.amount(before[series], _unit(series))} before, "
        f"{problem_words.amount(after[series], _unit(series))} now"
        for series in changed[:SHOWN]
    ]


def _unit(series: str) -> str:
    return "%" if series.startswith("disk") else "MB"


def _more(count: int) -> str | None:
    return f"… and {count - SHOWN} more" if count > SHOWN else None
