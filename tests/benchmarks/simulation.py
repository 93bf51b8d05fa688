"""A simulated year: how long it takes, and what it achieves."""

import logging
import time

import structlog

from bot.simulation import findings, year
from tests.benchmarks.figures import Line

DAYS = 365


def rows(quick: bool) -> list[Line]:
    """(what, ours, peer, ratio, goal) for each measurement; `quick` simulates a month, and counts it as a twelfth."""
    days = 30 if quick else DAYS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    begin = time.perf_counter()
    with year.simulated(days, 1) as made:
        made.run()
        found = findings.find(made)
    seconds = (time.perf_counter() - begin) * DAYS / days
    return [
        ("a simulated year", f"{seconds:.0f} s", "-", "-", "at most 60 s"),
        ("autonomous hours on a weekday", f"{found.autonomous_weekday:.1f}", "-", "-", "-"),
        ("builds a night with a result", f"{found.builds_a_night:.1f}", "-", "-", "-"),
        ("hours shipped a night", f"{found.shipped_a_night:.1f}", "-", "-", "-"),
        ("multiplier", f"{found.multiplier:.2f}", "-", "-", "-"),
        ("broken promises", str(len(found.wrong)), "-", "-", "-"),
    ]
