"""Why a build ended as it did, in one plain sentence."""

import pytest

from core import outcomes
from core.model.build import (
    Abandoned,
    AgentFailed,
    AlreadyRed,
    Broke,
    BuildResult,
    Empty,
    NotPrepared,
    Outcome,
    Proven,
    Stopped,
    TimedOut,
    Unverified,
)
from tests import factories
from tests.factories import verification

RED = verification(passed=3, failed=1)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (factories.result(Proven()), "Proven: 1 failed, 3 passed → 4 passed."),
        (factories.result(Proven(), after=verification(tests=None)), "Proven by its checks."),
        (
            factories.result(Proven(), before=verification(passed=6), after=verification(passed=6)),
            "The checks pass as before: 6 passed.",
        ),
        (
            factories.result(Proven(), before=verification(passed=6), after=verification(passed=7)),
            "Proven: 6 passed → 7 passed.",
        ),
        (
            factories.result(Proven(), before=verification(tests=None), after=verification(tests=None)),
            "The checks pass as before.",
        ),
        (factories.result(Proven(), before=None, after=verification(passed=6)), "Proven: 6 passed."),
        (factories.result(Unverified(), after=None), "Done, but not proven: no verification command is set."),
        (
            factories.result(AlreadyRed(), after=RED),
            "Not proven: the checks failed before the change too (1 failed, 3 passed → 1 failed, 3 passed).",
        ),
        (
            factories.result(Broke(), before=None, after=verification(failed=1, tests=None)),
            "The checks fail with this change: exit code 1.",
        ),
        (
            factories.result(Broke(), after=verification(passed=False, exit_code=None, tests=None)),
            "The checks fail with this change: 1 failed, 3 passed → ended at the time limit.",
        ),
        (factories.result(Empty()), "The agent ended without changing anything."),
        (factories.result(AgentFailed(exit_code=3)), "It ended with exit code 3."),
        (factories.result(AgentFailed(exit_code=3, detail="no such file")), "It ended with exit code 3: no such file."),
        (factories.result(AgentFailed(exit_code=None, detail="not found")), "not found"),
        (factories.result(AgentFailed(exit_code=None)), "The agent could not be started."),
        (factories.result(TimedOut(limit=1800.0, idle=True)), "Stopped: no output for 30 min."),
        (factories.result(TimedOut(limit=8 * 3600.0, idle=False)), "Stopped at its time limit of 8 h."),
        (factories.result(Stopped()), "Stopped on request."),
        (factories.result(NotPrepared(detail="The branch main is gone.")), "The branch main is gone."),
    ],
)
def test_the_sentence(result: BuildResult, reason: str) -> None:
    assert outcomes.reason(result) == reason


def test_which_ends_leave_something_to_merge_and_which_of_these_are_proven() -> None:
    everything: list[Outcome] = [
        Proven(),
        Unverified(),
        AlreadyRed(),
        Broke(),
        Empty(),
        AgentFailed(exit_code=1),
        TimedOut(limit=1.0, idle=True),
        Stopped(),
        NotPrepared(detail="no"),
        Abandoned(),
    ]

    assert [outcome for outcome in everything if outcomes.is_usable(outcome)] == [Proven(), Unverified(), AlreadyRed()]
    assert [outcome for outcome in everything if outcomes.is_proven(outcome)] == [Proven()]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (89.4, "89 s"), (90, "2 min"), (5340, "89 min"), (5400, "1 h 30 min"), (7200, "2 h"), (36000, "10 h")],
)
def test_lengths_of_time(seconds: float, text: str) -> None:
    assert outcomes.span(seconds) == text
