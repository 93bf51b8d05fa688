"""Forecasts on series whose future is known: the table beside simpler ways, and what it must reach."""

from datetime import timedelta

import pytest

from tests.problems import generate, judge

CASES = 60
SEED = 7
HORIZONS = {"1 day": timedelta(days=1), "7 days": timedelta(days=7), "30 days": timedelta(days=30)}


def pooled(name: str) -> list[generate.Case]:
    """All families; those that rotate within the day only as far as their future was generated."""
    families = [family for family in generate.FAMILIES if family not in generate.ROTATING or name == "1 day"]
    return [case for family in families for case in generate.cases(family, SEED, CASES)]


@pytest.mark.slow
@pytest.mark.parametrize("name", HORIZONS)
def test_it_beats_simpler_ways(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    horizon, every = HORIZONS[name], pooled(name)
    lines = [
        f"{'within ' + name:18} {'precision':>16} {'recall':>16} {'Brier':>16} {'calibration':>16} {'time error':>16}"
    ]
    for family in [*dict.fromkeys(case.family for case in every), "all"]:
        cases = [case for case in every if family in (case.family, "all")]
        ours, plain, three = (judge.score(cases, horizon, who) for who in judge.CONTESTANTS)
        cells = [
            f"{getattr(ours, what):.2f} ({getattr(plain, what):.2f}, {getattr(three, what):.2f})"
            for what in ("precision", "recall", "brier", "calibration", "error")
        ]
        lines.append(f"{family:18} " + " ".join(f"{cell:>16}" for cell in cells))
    with capsys.disabled():
        print("\n" + "\n".join(lines) + "\n(in brackets: plain least squares, three trends)")

    assert ours.f1 > plain.f1 + 0.04
    assert ours.brier < 0.6 * plain.brier
    assert ours.calibration < 0.1
    assert ours.error < 0.8 * plain.error
    assert ours.f1 > three.f1 + 0.04
    assert ours.brier < 0.9 * three.brier
    assert ours.error < three.error


@pytest.mark.slow
def test_a_log_that_is_rotated_raises_few_false_alarms() -> None:
    cases = [case for family in sorted(generate.ROTATING) for case in generate.cases(family, SEED, 2 * CASES)]
    horizon = timedelta(days=1)
    calm = [case for case in cases if case.reached is None or case.reached > case.now + horizon]

    alarms = sum(judge.ours(case, horizon)[0] >= 0.5 for case in calm) / len(calm)

    assert alarms <= 0.08
    assert judge.score(cases, horizon, judge.ours).f1 >= 0.75
