"""Breaks a project down into phases: by the list in its description, else as such work usually falls into parts."""

import re

from core.model.category import Category
from core.model.task import Task
from core.model.weekend import Phase

MIN_PHASES, MAX_PHASES = 2, 8
MIN_HOURS = 0.25
"""A phase is at least so long; all shares are a multiple of a quarter of an hour where the project's hours are."""
MAX_TITLE = 80

_ITEM = re.compile(
    r"^\s{0,3}(?:[-*•]\s+|\d{1,2}[.)]\s+)(?:\[[ xX]?\]\s*)?(?P<title>\S.*)$|^\s{0,3}\[[ xX]?\]\s*(?P<box>\S.*)$"
)
_UNIT = r"(?P<{}>h|hours?|hrs?|m|min|minutes?)"
_NUMBER = r"(?P<hours>\d{1,2}(?:[.,]\d{1,2})?)\s?" + _UNIT.format("unit")
_NOTE = re.compile(
    rf"\s*(?:\(\s*~?{_NUMBER}\s*\)|[-–—:,]\s*~?(?P<number>\d{{1,2}}(?:[.,]\d{{1,2}})?)\s?{_UNIT.format('other')})\s*\.?$",
    re.I,
)

Shares = tuple[tuple[str, int], ...]
"""Titles, and how many percent of the hours each takes."""

_BUILT: Shares = (("Design", 15), ("Core", 45), ("Tests", 20), ("Documentation and polish", 20))
_CHANGED: Shares = (("Tests of the present behaviour", 25), ("Change in steps", 50), ("Clean up and documentation", 25))

USUAL: dict[Category, Shares] = {
    Category.FEATURE: _BUILT,
    Category.USER_FACING: (("Design", 20), ("Core", 40), ("Tests", 15), ("Look and wording", 25)),
    Category.API: (
        ("Contract and fixtures", 20),
        ("Client", 40),
        ("Failures and limits", 20),
        ("Tests and documentation", 20),
    ),
    Category.PERFORMANCE: (("Measure", 25), ("Optimise", 45), ("Prove it by measurements", 30)),
    Category.BUG: (("Reproduce with a test", 30), ("Fix", 45), ("Similar places and documentation", 25)),
    Category.RESEARCH: (("Question and sources", 25), ("Analysis", 50), ("Report", 25)),
    Category.DOCUMENTATION: (("Outline", 15), ("Draft", 55), ("Examples and review", 30)),
    Category.INFRASTRUCTURE: (("Plan and dry run", 25), ("Set up", 45), ("Tests and way back", 30)),
    Category.TESTS: (("Map the gaps", 20), ("Main paths", 45), ("Edges and failures", 35)),
    Category.REFACTORING: _CHANGED,
    Category.CONFIG: _CHANGED,
    Category.EXTERNAL: _BUILT,
    Category.OTHER: _BUILT,
}
"""How each kind of work falls into parts when its description does not say."""


def breakdown(task: Task) -> tuple[Phase, ...]:
    """2 to 8 phases, each of 0.25 h or more, that sum to the task's hours (to 1e-6)."""
    listed = _listed(task.description)
    if len(listed) < MIN_PHASES:
        shares = USUAL[task.category]
        return _phases([title for title, _ in shares], [float(share) for _, share in shares], task.hours)
    if len(listed) > MAX_PHASES:  # the last one takes what is over
        rest = listed[MAX_PHASES - 1 :]
        sizes = [hours for _, hours in rest if hours is not None]
        listed = [*listed[: MAX_PHASES - 1], (f"{rest[0][0]}, and {len(rest) - 1} more", sum(sizes) or None)]
    return _phases([title for title, _ in listed], _weights([hours for _, hours in listed], task.hours), task.hours)


def _listed(description: str) -> list[tuple[str, float | None]]:
    """The items of the list in a description, each with the hours that it names."""
    found = []
    for line in description.splitlines():
        match = _ITEM.match(line)
        if match:
            title, hours = _hours(match["title"] or match["box"])
            if title:
                found.append((title, hours))
    return found


def _hours(item: str) -> tuple[str, float | None]:
    note = _NOTE.search(item)
    if note is None:
        return _shorten(item), None
    hours = float((note["hours"] or note["number"]).replace(",", "."))
    if (note["unit"] or note["other"]).casefold().startswith("m"):
        hours /= 60
    return _shorten(item[: note.start()]), hours if hours > 0 else None


def _weights(hours: list[float | None], total: float) -> list[float]:
    """What each says it takes; the others share what is left, at least as much as a shortest phase each."""
    said = sum(value for value in hours if value is not None)
    unsaid = sum(value is None for value in hours)
    share = max((total - said) / unsaid, MIN_HOURS) if unsaid else 0.0
    return [share if value is None else value for value in hours]


def _phases(titles: list[str], weights: list[float], total: float) -> tuple[Phase, ...]:
    """Share the hours out in quarters, so that nothing is lost: the largest phase takes what does not come out even."""
    whole = sum(weights)
    hours = [max(MIN_HOURS, round(total * weight / whole / MIN_HOURS) * MIN_HOURS) for weight in weights]
    largest = max(range(len(hours)), key=lambda index: hours[index])
    hours[largest] = round(hours[largest] + total - sum(hours), 6)
    return tuple(Phase(title=title, hours=value) for title, value in zip(_distinct(titles), hours, strict=True))


def _distinct(titles: list[str]) -> list[str]:
    """A phase is marked as done by its title, so there are no two of the same."""
    seen: dict[str, int] = {}
    named = []
    for title in titles:
        key = title.casefold()
        seen[key] = seen.get(key, 0) + 1
        named.append(title if seen[key] == 1 else f"{title} ({seen[key]})")
    return named


def _shorten(title: str) -> str:
    title = re.sub(r"[*_`#]{1,3}", "", title).strip(" \t:.–—-")
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1].rstrip() + "…"
