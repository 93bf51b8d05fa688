"""Problems and fixes in plain words."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.model.problem import Fix, FixKind, Outlook, Problem, Repair, RepairState
from core.outlooks import LIKELY, Limit

NAMES = {
    "disk": "Disk",
    "memory": "Memory",
    "swap": "Swap",
    "load": "Load",
    "logs": "Logs",
    "databases": "Databases",
    "own": "Own data",
}
VERBS = {
    FixKind.TRASH: ("put away", "old log", "old logs"),
    FixKind.ROTATE: ("rotate", "large log", "large logs"),
    FixKind.VACUUM: ("vacuum", "database", "databases"),
    FixKind.PACK: ("pack", "log of my own", "logs of my own"),
}
PAST = {"put away": "put away", "rotate": "rotated", "vacuum": "vacuumed", "pack": "packed"}


def name_of(series: str) -> str:
    """`Logs below /srv/app`."""
    kind, _, place = series.partition(":")
    between = {"disk": "of", "own": "in"}.get(kind, "below")
    return f"{NAMES.get(kind, kind.capitalize())} {between} {place}" if place else NAMES.get(kind, kind.capitalize())


def amount(value: float, unit: str) -> str:
    """`81 %`, `1.2 GB`, `300 kB`, `2.5 per processor`."""
    if unit == "%":
        return f"{value:.0f} %"
    if unit == "MB" and abs(value) < 0.5:
        return f"{value * 1000:.0f} kB"
    if unit == "MB":
        return f"{value / 1000:.1f} GB" if value >= 1000 else f"{value:.0f} MB"
    return f"{value:.1f} {unit}"


def size(count: int) -> str:
    """Bytes: `12 MB`."""
    return amount(count / 1e6, "MB")


def evidence(limit: Limit, value: float) -> str:
    """What was measured, against the limit."""
    return f"{name_of(limit.series)}: {amount(value, limit.unit)}, limit {amount(limit.value, limit.unit)}"


def prediction(limit: Limit, value: float, expected: Outlook, now: datetime, zone: ZoneInfo) -> str:
    """When, how surely, and in which range: `80 % in 5 days (3-9), within a week: 0.83`."""
    if value >= expected.limit:
        return "The limit is reached."
    horizons = (("a day", expected.day), ("a week", expected.week), ("a month", expected.month))
    chance = next(((text, p) for text, p in horizons if p >= LIKELY), horizons[-1])
    sure = f"within {chance[0]}: {chance[1]:.2f}"
    if expected.expected_at is None:
        return f"{amount(expected.limit, limit.unit)} {sure}."
    when = _span(expected.expected_at, now)
    early = _span(expected.earliest, now) if expected.earliest else when
    late = _span(expected.latest, now) if expected.latest else "never"
    between = f" ({early} to {late})" if early != late else ""
    local = expected.expected_at.astimezone(zone)
    return f"{amount(expected.limit, limit.unit)} in {when}{between}, {local:%a %d %b %H:%M}; {sure}."


def remedy(series: str, fixes: Sequence[Fix]) -> str:
    """What `/fix` would do about it; empty when nothing."""
    kind, _, place = series.partition(":")
    fitting = [fix for fix in fixes if _helps(kind, place, fix)]
    return f"/fix can {summary(fitting)}" if fitting else ""


def summary(fixes: Sequence[Fix]) -> str:
    """`put away 3 old logs, vacuum 1 database: about 40 MB`."""
    parts = [f"{verb} {count}" for verb, count in _counted(fixes)]
    return f"{', '.join(parts)}: about {size(sum(fix.frees for fix in fixes))}"


def cleaned(repairs: Sequence[Repair]) -> str:
    """`put away 3 old logs, vacuumed 1 database; freed 41 MB`, of what was done."""
    parts = [f"{PAST[verb]} {count}" for verb, count in _counted([repair.fix for repair in repairs])]
    return f"{', '.join(parts)}; freed {size(sum(repair.freed for repair in repairs))}"


def _counted(fixes: Sequence[Fix]) -> list[tuple[str, str]]:
    """(`rotate`, `2 large logs`) for each kind that there is."""
    found = []
    for kind, (verb, one, many) in VERBS.items():
        count = sum(fix.kind is kind for fix in fixes)
        if count:
            found.append((verb, f"{count} {one if count == 1 else many}"))
    return found


def done(repair: Repair) -> str:
    """`Rotated app.log, freed 12 MB`, or why not."""
    fix = repair.fix
    if repair.state is RepairState.FAILED:
        return f"Could not {VERBS[fix.kind][0]} {fix.path}: {repair.detail}"
    return f"{PAST[VERBS[fix.kind][0]].capitalize()} {fix.path}, freed {size(repair.freed)}"


def prepared(problems: Sequence[Problem], repairs: Sequence[Repair]) -> list[str]:
    """What was found and done before a night, a sentence each."""
    said = [f"{problem.evidence}. {problem.prediction}" for problem in problems]
    did = [repair for repair in repairs if repair.state is RepairState.DONE]
    if did:
        said.append(f"Cleaned up: {cleaned(did)}.")
    said += [done(repair) for repair in repairs if repair.state is RepairState.FAILED]
    return said


def _helps(kind: str, place: str, fix: Fix) -> bool:
    if kind == "disk":
        return True
    if kind == "own":
        return fix.kind is FixKind.PACK
    if kind == "databases":
        return fix.kind is FixKind.VACUUM and fix.root == place
    return kind == "logs" and fix.kind in (FixKind.TRASH, FixKind.ROTATE) and fix.root == place


def _span(at: datetime, now: datetime) -> str:
    hours = (at - now).total_seconds() / 3600
    if hours < 1:
        return "an hour"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
