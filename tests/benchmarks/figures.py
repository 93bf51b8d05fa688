"""What a measurement is called, how it is summed up, and how a table of them looks."""

import statistics
from collections.abc import Sequence

Line = tuple[str, str, str, str, str]
"""What, ours, the peer's, the ratio, the goal."""


def compare(
    what: str, ours: Sequence[float], peer: Sequence[float], goal: float, *, unit: str = "ms", of: str = "median"
) -> Line:
    """A line for two series of the same unit; `of` is `median` or `p95`."""
    mine, theirs = (median(ours), median(peer)) if of == "median" else (p95(ours), p95(peer))
    ratio = mine / theirs if theirs else float("inf")
    return what, show(ours, unit, of), show(peer, unit, of), f"{ratio:.2f}x", f"at most {goal:g}x"


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """What 95 % stay below."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def show(values: Sequence[float], unit: str, of: str = "median") -> str:
    """The figure; a median with its middle half in brackets."""
    if of == "p95":
        return f"{p95(values):.1f} {unit}"
    if len(values) < 4:
        return f"{median(values):.1f} {unit}"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.1f} {unit} [{low:.1f}-{high:.1f}]"


def verdict(line: Line) -> str:
    """`ok` or `over`; `-` where there is no goal. A goal in `x` is for the ratio, any other for our own figure."""
    _, ours, _, ratio, goal = line
    wanted, got = _number(goal), _number(ratio if "x" in goal.split()[-1] or "faster" in goal else ours)
    if wanted is None or got is None:
        return "-"
    return "ok" if (got >= wanted if "faster" in goal else got <= wanted) else "over"


def table(title: str, lines: Sequence[Line]) -> str:
    """Columns of one width each, below a title."""
    head = ("what", "ours", "peer", "ratio", "goal", "")
    rows = [head, *((*line, verdict(line)) for line in lines)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([title, shown[0], "-" * len(shown[0]), *shown[1:]])


def _number(text: str) -> float | None:
    for word in text.split():
        try:
            return float(word.rstrip("x%"))
        except ValueError:
            continue
    return None
