"""The findings of a simulation as a table and a picture."""

from collections.abc import Sequence

from bot.simulation.findings import Findings
from handlers.views.pictures import Bars, Series

Row = tuple[str, str, str, str]


def rows(found: Findings) -> list[Row]:
    """What, the figure, the goal, and whether it is reached (empty where there is no goal)."""

    def row(what: str, value: float, least: float | None, form: str = ".1f", goal: str = "") -> Row:
        verdict = "" if least is None else "ok" if value >= least else "missed"
        return what, f"{value:{form}}", goal or ("" if least is None else f"at least {least:g}"), verdict

    table = [
        row("autonomous hours on a weekday", found.autonomous_weekday, 17.5, goal="18, off times included"),
        row("overnight builds a night", found.builds_a_night, 2, goal="2 to 3 or more"),
        row("hours shipped a night", found.shipped_a_night, 6, goal="6 to 8 or more"),
        row("hours shipped a day", found.shipped_a_day, None),
        row("autonomous hours", found.autonomous_hours, None, ",.0f"),
        row("owner hours", found.owner_hours, None, ",.0f"),
        row("productivity multiplier", found.multiplier, 3.5, ".2f"),
        row("builds", found.builds, None, ",.0f"),
        row("builds with proof", found.proven, None, ",.0f"),
        row("completion rate", found.completion_rate, None, ".0%"),
        row("morning briefs", found.briefs, None, ".0f", goal=f"{found.days} days"),
        row("  on time", found.briefs_on_time, None, ".0f"),
        row("  late, the machine was off", found.briefs_late, None, ".0f"),
        row("weekends asked about", found.weekends_asked, found.weekends, ".0f", goal=f"{found.weekends} weekends"),
        row("weekend projects", found.weekends_chosen, None, ".0f"),
        row("crashes and restarts survived", found.crashes, None, ".0f"),
        row("spent on models, $", found.dollars, None, ",.2f"),
    ]
    kept = "missed" if found.wrong else "ok"
    return [*table, ("broken promises", str(len(found.wrong)), "0", kept)]


def picture(found: Findings) -> Bars:
    """Hours shipped."""
    labels: Sequence[str] = tuple(found.shipped)
    return Bars(
        title=f"{found.days} simulated days: {found.multiplier:.1f}x",
        unit="h shipped",
        labels=tuple(labels),
        series=(Series(name="hours shipped", values=tuple(found.shipped[label] for label in labels)),),
        note=f"{found.builds:,} builds, {found.builds_a_night:.1f} a night with a result; {found.crashes} crashes",
    )
