"""What ran when: builds side by side in as few lanes as they need."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import nights
from core.model.build import Active, AgentFailed, Broke, Build, Ended, Outcome, Proven, Stopped, Unverified
from tests import factories
from tests.factories import NOW, hours


def ran(number: int, start: float, length: float | None, outcome: Outcome | None = None) -> Build:
    """A build that began so many hours after NOW; a length of None: it runs."""
    begin = NOW + hours(start)
    if length is None:
        return factories.build(f"task_{number}-1", Active(), started_at=begin)
    result = factories.result(outcome, started_at=begin, ended_at=begin + hours(length))
    return factories.build(f"task_{number}-1", Ended(result=result), started_at=begin)


def lanes(*builds: Build, until: float = 8.0) -> list[tuple[str, int, float, float]]:
    end = NOW + hours(until)
    found = nights.lanes(builds, {}, NOW, end, end)
    return [(one.build.id, one.lane, (one.start - NOW) / hours(1), (one.end - NOW) / hours(1)) for one in found]


def test_a_lane_that_is_free_again_is_used_again() -> None:
    assert lanes(ran(1, 0, 2), ran(2, 1, 3), ran(3, 2, 1), ran(4, 2.5, 1)) == [
        ("task_1-1", 0, 0, 2),
        ("task_2-1", 1, 1, 4),
        ("task_3-1", 0, 2, 3),
        ("task_4-1", 2, 2.5, 3.5),
    ]


def test_what_reaches_over_the_edges_is_cut() -> None:
    assert lanes(ran(1, -2, 3), ran(2, 7, 5), ran(3, 6, None)) == [
        ("task_1-1", 0, 0, 1),
        ("task_3-1", 0, 6, 8),
        ("task_2-1", 1, 7, 8),
    ]


def test_what_lies_outside_is_left_out() -> None:
    assert lanes(ran(1, -2, 2), ran(2, 8, 1), ran(3, 9, None)) == []


@pytest.mark.parametrize(
    ("outcome", "how"),
    [
        (Proven(), "proven"),
        (Unverified(), "unproven"),
        (Broke(), "failed"),
        (AgentFailed(exit_code=1, detail="no"), "failed"),
        (Stopped(), "stopped"),
    ],
)
def test_how_it_ended(outcome: Outcome, how: str) -> None:
    assert nights.how(ran(1, 0, 1, outcome)) == how
    assert nights.how(ran(1, 0, None)) == "running"


def test_titles_are_those_of_the_tasks_and_else_those_of_the_builds() -> None:
    task = factories.task(1, title="As it is called now")
    found = nights.lanes([ran(1, 0, 1), ran(2, 0, 1)], {task.id: task}, NOW, NOW + hours(2), NOW)

    assert [one.title for one in found] == ["As it is called now", "Write docs"]


@given(st.lists(st.tuples(st.floats(-2, 9), st.floats(0.01, 5)), max_size=12))
def test_nothing_overlaps_and_no_lane_is_wasted(spans: list[tuple[float, float]]) -> None:
    builds = [ran(number, start, length) for number, (start, length) in enumerate(spans)]
    end = NOW + hours(8)

    found = nights.lanes(builds, {}, NOW, end, end)

    for one in found:
        assert NOW <= one.start < one.end <= end
        others = [other for other in found if other is not one and other.lane == one.lane]
        assert all(other.end <= one.start or one.end <= other.start for other in others)
    at_once = max((sum(one.start <= other.start < one.end for one in found) for other in found), default=0)
    assert len({one.lane for one in found}) == at_once
