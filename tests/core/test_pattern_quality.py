"""How good the forecasts of routines are, per family of made-up logs, beside the counting rule; run with -s for the
table. No log here was fitted on: other seeds and zones, and families of which the shipped weights know nothing."""

import functools

import pytest

from tests.patterns import generate, judge
from tests.patterns.generate import HELD_OUT, HELD_OUT_ZONES, ROUTINES
from tests.patterns.judge import Score

FAMILIES = ("mixed", "held-out mixed", "meetings", *ROUTINES, *HELD_OUT)
PEER = "counting rule"
EVERY, EVERY_MEETINGS = 61, 14
"""Days between the moments at which a log is asked about."""
RARE = {"fortnightly", "three-weekly", "four-weekly", "nth weekday", "monthly", "cycles"}
"""Of these there are more in a log, so that enough of them come."""


def logs(family: str) -> list[generate.Log]:
    if family == "mixed":
        return [generate.mixed(5_000 + seed, zones=HELD_OUT_ZONES) for seed in range(8)]
    if family == "held-out mixed":
        return [generate.held_out_mixed(5_000 + seed) for seed in range(8)]
    if family == "meetings":
        return [generate.meetings(5_000, zones=HELD_OUT_ZONES, routines=120)]
    routines = 90 if family in RARE else 20
    return [generate.of_family(family, 5_000, 400, zones=HELD_OUT_ZONES, routines=routines)]


@functools.cache
def scores() -> dict[tuple[str, str], Score]:
    """By family, of the learner and of its peer, at the same moments."""
    found: dict[tuple[str, str], Score] = {}
    for family in FAMILIES:
        ours, rule = Score(), Score()
        every = EVERY_MEETINGS if family == "meetings" else EVERY
        for log in logs(family):
            ours += judge.judge(log, judge.learner, every)
            rule += judge.judge(log, judge.counting_rule, every)
        found[family, "learner"], found[family, PEER] = ours, rule
    for (family, whose), score in found.items():
        print(row(family, whose, score))
    return found


def row(family: str, whose: str, score: Score) -> str:
    return (
        f"{family:18} {whose:14} n {len(score.predicted):5}  precision {score.precision():.2f}  "
        f"recall {score.recall:.2f}  F1 {score.f1:.2f}  Brier {score.brier:.2f}  ECE {score.ece:.3f}  "
        f"precision at 0.5 {score.precision(0.5):.2f}, at 0.8 {score.precision(0.8):.2f}"
    )


def together(families: tuple[str, ...], whose: str = "learner") -> Score:
    total = Score()
    for family in families:
        total += scores()[family, whose]
    return total


@pytest.mark.slow
def test_mixed_logs_reach_the_goals() -> None:
    for family in ("mixed", "held-out mixed"):
        ours, rule = scores()[family, "learner"], scores()[family, PEER]

        assert ours.f1 > 0.43
        assert ours.precision(0.5) > 0.70
        assert ours.precision(0.8) > 0.85
        assert ours.f1 > rule.f1 + 0.1
        assert ours.brier < rule.brier


@pytest.mark.slow
def test_confidence_is_a_probability() -> None:
    ours, rule = together(FAMILIES), together(FAMILIES, PEER)

    assert ours.ece < 0.03
    assert ours.ece < rule.ece / 2
    assert ours.brier < rule.brier


@pytest.mark.slow
def test_meetings_every_two_or_four_weeks() -> None:
    assert scores()["meetings", "learner"].f1 > 0.65
    assert scores()["meetings", "learner"].f1 > 1.5 * scores()["meetings", PEER].f1


@pytest.mark.slow
def test_every_family_is_forecast_better_than_by_counting() -> None:
    for family in (*ROUTINES, *HELD_OUT):
        assert scores()[family, "learner"].f1 > scores()[family, PEER].f1, family
    assert together(tuple(HELD_OUT)).f1 > together(tuple(HELD_OUT), PEER).f1 + 0.1
