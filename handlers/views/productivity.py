"""A week or a month in plain words: what shipped, what it took, and how that compares with the one before."""

import msgspec

from core.productivity import Accuracy, Comparison, DayFigures, Figures, Report
from handlers.callbacks import Period, ShowPeriod
from handlers.views import pictures, times
from handlers.views.message import Button, Message, lines

GOAL = 6.0
"""Hours shipped on a good day."""


class Series(msgspec.Struct, frozen=True):
    """A report day by day, for a picture; all three are of the same length."""

    labels: list[str]
    """`Mon 23` in a week or less, else the day of the month."""
    hours_shipped: list[float]
    autonomous_hours: list[float]


def series(report: Report) -> Series:
    """The daily figures, oldest first."""
    short = len(report.days) <= 7
    return Series(
        [f"{day.date:%a} {day.date.day}" if short else str(day.date.day) for day in report.days],
        [day.figures.hours_shipped for day in report.days],
        [day.figures.autonomous_hours for day in report.days],
    )


def report(period: Period, comparison: Comparison) -> Message:
    """The message, with a button for each period: the one that is shown brings it up to date."""
    now, before, name = comparison.period, comparison.before, period.value
    title = f"<b>This {name}</b> · since {now.first:%a} {now.first.day} {now.first:%b}"
    if _is_quiet(now.total):
        body = [f"Nothing was built this {name} yet."]
    else:
        body = _body(now.total, before.total, name, now.best_day)
    text = lines(title, body, _on_duty(now.total), _before(before, name))
    labels = {Period.WEEK: "📅 Week", Period.MONTH: "🗓 Month"}
    buttons = [[Button(label, ShowPeriod(one)) for one, label in labels.items()]]
    return Message(text, buttons, picture=None if _is_quiet(now.total) else _picture(now, name))


def _picture(report: Report, name: str) -> pictures.Bars:
    """Hours shipped, day by day."""
    daily = series(report)
    return pictures.Bars(
        title=f"Hours shipped this {name}",
        unit="h",
        labels=tuple(daily.labels),
        series=(pictures.Series(name="shipped with proof", values=tuple(daily.hours_shipped)),),
        line=GOAL,
        note=f"the line: {GOAL:g} h a day",
    )


def estimates_in_words(accuracy: Accuracy) -> str:
    """“builds take 1.3x what was estimated”."""
    ratio = accuracy.ratio
    if 0.95 <= ratio < 1.05:
        said = "builds take as long as was estimated"
    else:
        factor = f"{ratio:.1f}x" if ratio >= 0.1 else "less than 0.1x"
        said = f"builds take {factor} what was estimated"
    return f"{said}; {accuracy.close:.0%} come within a factor of 1.5"


def _body(figures: Figures, before: Figures, name: str, best: DayFigures | None) -> list[str]:
    shipped = f"🚢 {_hours(figures.hours_shipped)} shipped with proof, {_count(figures.shipped, 'task')}"
    others = figures.builds - figures.proven - figures.failed
    ends = [f"{figures.proven} proven", f"{figures.failed} failed", *([f"{others} not proven"] if others else [])]
    rate = figures.completion_rate
    cost = figures.cost
    found = [
        f"{shipped}{_compared(figures, before, name)}",
        f"🔨 {_count(figures.builds, 'build')}: {', '.join(ends)}; they ran for {_hours(figures.build_hours)}",
        f"🏁 {rate:.0%} of the {_count(figures.finished, 'finished task')} completed" if rate is not None else None,
        f"📏 {estimates_in_words(figures.accuracy)}" if figures.accuracy else None,
        f"💸 ${cost.dollars:.2f} on models" if cost is not None and cost.dollars is not None else None,
        f"🏆 best day: {best.date:%a} {best.date.day} {best.date:%b}, {_hours(best.figures.hours_shipped)} shipped"
        if best is not None
        else None,
    ]
    return [line for line in found if line is not None]


def _on_duty(figures: Figures) -> str | None:
    if not figures.autonomous_hours and not figures.owner_hours:
        return None
    said = f"🤖 {_hours(figures.autonomous_hours)} on duty by myself, {_hours(figures.owner_hours)} with you there"
    return said + (f": {figures.multiplier:.1f}x" if figures.multiplier is not None else "")


def _compared(figures: Figures, before: Figures, name: str) -> str:
    """Only what is true of a period that is not over: that it is ahead of the whole one before."""
    if before.hours_shipped and figures.hours_shipped > before.hours_shipped:
        return f", more than in the whole {name} before"
    return ""


def _before(before: Report, name: str) -> str:
    figures = before.total
    title = f"The {name} before"
    if _is_quiet(figures):
        return f"{title}: nothing was built"
    parts = [f"{_hours(figures.hours_shipped)} shipped", _count(figures.builds, "build")]
    parts += [f"{figures.completion_rate:.0%} completed"] if figures.completion_rate is not None else []
    parts += [f"{figures.multiplier:.1f}x"] if figures.multiplier is not None else []
    return f"{title}: {', '.join(parts)}"


def _is_quiet(figures: Figures) -> bool:
    return not (figures.builds or figures.finished or figures.build_hours)


def _hours(value: float) -> str:
    return times.hours(value) if value else "0 h"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
