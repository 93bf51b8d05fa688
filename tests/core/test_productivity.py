"""Reports from records: worked examples by local day, at the edges of days, weeks and months."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.model.agent import Usage
from core.model.build import Active, AlreadyRed, Broke, Build, Ended, Outcome, Proven, Stopped, Unverified
from core.model.day import Day
from core.model.ids import BuildId, UserId
from core.model.task import Completed, Delivery, Discarded, Failed, Merged, Queued, RolledBack, Task, Unmerged
from core.productivity import Figures, Productivity
from storage import JournalStore
from tests import factories
from tests.core.conftest import Engines
from tests.factories import hours

BERLIN = ZoneInfo("Europe/Berlin")


def local(*parts: int, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


WEDNESDAY = local(2026, 11, 25, 20)


class Records:
    """A store, and the hands to fill it."""

    def __init__(self, store: JournalStore, zone: ZoneInfo = BERLIN) -> None:
        self.store = store
        self.productivity = Productivity(store, factories.config(Path("home"), zone=zone))
        self._number = 0

    def build(
        self,
        ended: datetime,
        outcome: Outcome | None = None,
        *,
        taken: float = 1.0,
        estimate: float = 1.0,
        delivery: Delivery | None = None,
        archived: bool = False,
        **result: Any,
    ) -> tuple[Task, Build]:
        """A build that ended then, and its task."""
        self._number += 1
        ending = factories.result(outcome or Proven(), started_at=ended - hours(taken), ended_at=ended, **result)
        build = factories.build(
            f"task_{self._number}-1", Ended(result=ending), hours=estimate, started_at=ended - hours(taken)
        )
        usable = isinstance(ending.outcome, Proven | Unverified | AlreadyRed)
        completed = Completed(build=build.id, at=ended, delivery=delivery or Unmerged())
        state = completed if usable else Failed(build=build.id, at=ended, reason="no")
        task = factories.task(self._number, hours=estimate, state=state)
        with self.store.transaction():
            (self.store.archived_builds if archived else self.store.builds).put(build.id, build)
            (self.store.archived_tasks if archived else self.store.tasks).put(task.id, task)
        return task, build

    def day(self, on: date, autonomous: float = 0.0, owner: float = 0.0) -> None:
        """Hours on duty."""
        with self.store.transaction():
            row = Day(date=on, autonomous_minutes=60 * autonomous, on_duty_minutes=1440.0, owner_minutes=60 * owner)
            self.store.days.put(on.isoformat(), row)

    def total(self, first: date, last: date, now: datetime = WEDNESDAY) -> Figures:
        return self.productivity.report(first, last, now).total


@pytest.fixture
def records(store: JournalStore) -> Records:
    return Records(store)


TODAY = date(2026, 11, 25)


def test_an_empty_store(records: Records) -> None:
    week = records.productivity.week(WEDNESDAY)

    nothing = Figures(
        autonomous_hours=0,
        on_duty_hours=0,
        owner_hours=0,
        multiplier=None,
        builds=0,
        proven=0,
        failed=0,
        build_hours=0,
        completed=0,
        finished=0,
        completion_rate=None,
        shipped=0,
        hours_shipped=0,
        accuracy=None,
        cost=None,
    )
    assert (week.period.total, week.before.total) == (nothing, nothing)
    assert [day.figures for day in week.period.days] == [nothing] * 3
    assert week.period.best_day is None
    assert records.productivity.multiplier(WEDNESDAY) is None
    assert records.productivity.report(TODAY, TODAY - timedelta(days=1), WEDNESDAY).days == []


def test_a_day_with_something_of_everything(records: Records) -> None:
    records.day(TODAY, autonomous=14, owner=4)
    records.build(local(2026, 11, 25, 10), taken=3, estimate=2, usage=Usage(tokens_in=10, tokens_out=5, dollars=1.5))
    records.build(local(2026, 11, 25, 11), taken=1, estimate=2, usage=Usage(tokens_in=1, tokens_out=1))
    records.build(local(2026, 11, 25, 12), Unverified(), taken=1, estimate=1)
    records.build(local(2026, 11, 25, 13), Broke(), taken=0.5)
    records.build(local(2026, 11, 25, 14), Stopped(), taken=0.5)

    total = records.total(TODAY, TODAY)

    assert (total.autonomous_hours, total.on_duty_hours, total.owner_hours, total.multiplier) == (14, 24, 4, 3.5)
    assert (total.builds, total.proven, total.failed, total.build_hours) == (5, 2, 1, 6.0)
    assert (total.completed, total.finished, total.completion_rate) == (3, 5, 0.6)
    assert (total.shipped, total.hours_shipped) == (2, 4)
    assert total.accuracy is not None
    assert total.accuracy.builds == 3
    assert total.accuracy.ratio == pytest.approx((1.5 * 0.5 * 1) ** (1 / 3))
    assert total.accuracy.close == pytest.approx(2 / 3)
    assert total.cost == Usage(tokens_in=11, tokens_out=6, dollars=1.5)


@pytest.mark.parametrize(
    ("taken", "close"), [(1.0, 1), (1.5, 1), (1.51, 0), (2 / 3, 1), (0.66, 0), (4.5 / 3, 1), (0.1, 0)]
)
def test_what_a_close_estimate_is(records: Records, taken: float, close: float) -> None:
    records.build(local(2026, 11, 25, 10), taken=taken)
    accuracy = records.total(TODAY, TODAY).accuracy
    assert accuracy is not None
    assert accuracy.close == close


def test_a_build_without_measurable_time_says_nothing_of_the_estimates(records: Records) -> None:
    records.build(local(2026, 11, 25, 10), taken=0)
    records.build(local(2026, 11, 25, 10), taken=-1)  # a clock was set back meanwhile
    total = records.total(TODAY, TODAY)
    assert (total.builds, total.build_hours, total.accuracy) == (2, 0, None)


MERGED = Merged(commit="c" * 40, at=WEDNESDAY, by=UserId(7))
WITHDRAWN = [
    Discarded(bundle="x", at=WEDNESDAY, by=None),
    RolledBack(commit="d" * 40, merge="c" * 40, at=WEDNESDAY, by=None),
]


@pytest.mark.parametrize(
    ("delivery", "shipped"), [(MERGED, 2.0), (Unmerged(), 2.0), *((one, 0.0) for one in WITHDRAWN)]
)
def test_what_was_withdrawn_did_not_ship(records: Records, delivery: Delivery, shipped: float) -> None:
    records.build(local(2026, 11, 25, 10), estimate=2, delivery=delivery)
    total = records.total(TODAY, TODAY)
    assert (total.hours_shipped, total.completed) == (shipped, 1)


@pytest.mark.parametrize("outcome", [Unverified(), AlreadyRed()])
def test_what_is_not_proven_did_not_ship(records: Records, outcome: Outcome) -> None:
    records.build(local(2026, 11, 25, 10), outcome)
    total = records.total(TODAY, TODAY)
    assert (total.hours_shipped, total.shipped, total.completed, total.failed) == (0, 0, 1, 0)


def test_archived_work_counts_and_nothing_counts_twice(records: Records) -> None:
    old = local(2026, 6, 10, 10)
    task, build = records.build(old, estimate=3, archived=True, delivery=MERGED)
    records.build(old, estimate=1)
    with records.store.transaction():  # as it is in the moment in which it is moved
        records.store.tasks.put(task.id, task)
        records.store.builds.put(build.id, build)

    total = records.total(date(2026, 6, 10), date(2026, 6, 10))

    assert (total.hours_shipped, total.builds, total.build_hours) == (4, 2, 2)


def test_the_real_archive_changes_no_figure(engines: Engines) -> None:
    task = engines.finish(engines.add(hours=2.5, start_now=True))
    engines.shipping.merge(task.id, UserId(7), engines.now)
    productivity, day = Productivity(engines.store, engines.config), engines.now.date()
    before = productivity.report(day, day, engines.now)
    assert before.total.hours_shipped == 2.5

    assert engines.store.archive_finished(engines.now + timedelta(days=91)) == 1

    assert engines.store.builds.all() == []
    assert productivity.report(day, day, engines.now) == before


def test_a_task_that_is_tried_again_is_no_longer_finished(records: Records) -> None:
    task, build = records.build(local(2026, 11, 25, 10), Broke())
    again = factories.task(1, state=Queued(since=WEDNESDAY))
    with records.store.transaction():
        records.store.tasks.put(task.id, again)
    total = records.total(TODAY, TODAY)
    assert (total.builds, total.failed, total.finished, total.completion_rate) == (1, 1, 0, None)
    assert build.task == again.id


def test_a_build_that_ran_over_midnight_ended_on_one_day_and_took_time_on_two(records: Records) -> None:
    records.build(local(2026, 11, 25, 2), taken=5, estimate=4)

    first, second = (day.figures for day in records.productivity.report(date(2026, 11, 24), TODAY, WEDNESDAY).days)

    assert (first.build_hours, second.build_hours) == (3, 2)
    assert (first.builds, second.builds) == (0, 1)
    assert (first.hours_shipped, second.hours_shipped) == (0, 4)
    assert records.total(TODAY, TODAY).build_hours == 2


def test_a_running_build_takes_time_already(records: Records) -> None:
    with records.store.transaction():
        running = factories.build(state=Active(), started_at=local(2026, 11, 24, 22))
        records.store.builds.put(running.id, running)
    days = records.productivity.report(date(2026, 11, 24), date(2026, 11, 26), WEDNESDAY).days
    assert [day.figures.build_hours for day in days] == [2, 20, 0]
    assert [day.figures.builds for day in days] == [0, 0, 0]


def test_nothing_after_now_counts(records: Records) -> None:
    records.build(WEDNESDAY + hours(2), taken=3, estimate=2)
    at_eight = records.total(TODAY, TODAY)
    assert (at_eight.builds, at_eight.hours_shipped, at_eight.build_hours) == (0, 0, 1)
    at_eleven = records.total(TODAY, TODAY, WEDNESDAY + hours(2))
    assert (at_eleven.builds, at_eleven.hours_shipped, at_eleven.build_hours) == (1, 2, 3)


def test_a_completed_task_without_its_build_is_no_proof(records: Records) -> None:
    lost = Completed(build=BuildId("task_9-1"), at=WEDNESDAY, delivery=Unmerged())
    with records.store.transaction():
        records.store.tasks.put("task_9", factories.task(9, state=lost))
    total = records.total(TODAY, TODAY)
    assert (total.completed, total.shipped) == (1, 0)


@pytest.mark.parametrize(
    ("day", "length"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2024, 2, 29), 24), ((2026, 12, 31), 24)]
)
def test_the_edges_of_a_local_day(records: Records, day: tuple[int, int, int], length: int) -> None:
    """A second within its first and its last counts; the ones before and after do not."""
    on = date(*day)
    begin = local(*day)
    second = timedelta(seconds=1)
    for moment in (begin - second, begin, begin + hours(length) - second, begin + hours(length)):
        records.build(moment, taken=0.001)
    with records.store.transaction():
        running = factories.build("task_99-1", Active(), started_at=begin - hours(9))
        records.store.builds.put(running.id, running)

    days = records.productivity.report(on - timedelta(days=1), on + timedelta(days=1), begin + hours(60)).days

    assert [one.figures.builds for one in days] == [1, 2, 1]
    assert [one.figures.shipped for one in days] == [1, 2, 1]
    assert days[1].figures.build_hours == pytest.approx(length, abs=0.01)
    assert records.total(on, on, begin + hours(60)) == days[1].figures


def test_a_week_is_from_monday_to_now(records: Records) -> None:
    for day in range(9, 30):
        records.build(local(2026, 11, day, 12), estimate=day, taken=0.1)
    week = records.productivity.week(WEDNESDAY)

    assert [day.date.day for day in week.period.days] == [23, 24, 25]
    assert week.period.total.hours_shipped == 23 + 24 + 25
    assert (week.before.first, week.before.last) == (date(2026, 11, 16), date(2026, 11, 22))
    assert week.before.total.hours_shipped == sum(range(16, 23))
    assert week.period.best_day is not None
    assert week.period.best_day.date == TODAY


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (local(2026, 11, 23, 0), date(2026, 11, 23)),
        (local(2026, 11, 22, 23, 59), date(2026, 11, 16)),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2026, 11, 23)),
        (local(2027, 1, 1, 12), date(2026, 12, 28)),
    ],
)
def test_when_a_week_begins(records: Records, now: datetime, first: date) -> None:
    week = records.productivity.week(now)
    assert (week.period.first, week.before.first) == (first, first - timedelta(days=7))


@pytest.mark.parametrize(
    ("now", "days", "before"),
    [
        (local(2026, 11, 25, 20), 25, (date(2026, 10, 1), date(2026, 10, 31))),
        (local(2026, 3, 31, 23, 59), 31, (date(2026, 2, 1), date(2026, 2, 28))),
        (local(2024, 3, 1, 0), 1, (date(2024, 2, 1), date(2024, 2, 29))),
        (local(2024, 2, 29, 23), 29, (date(2024, 1, 1), date(2024, 1, 31))),
        (local(2027, 1, 1, 0), 1, (date(2026, 12, 1), date(2026, 12, 31))),
    ],
)
def test_a_month_is_from_its_first_day_to_now(
    records: Records, now: datetime, days: int, before: tuple[date, date]
) -> None:
    month = records.productivity.month(now)
    assert month.period.first.day == 1
    assert len(month.period.days) == days
    assert (month.before.first, month.before.last) == before


def test_the_total_is_the_sum_of_the_days(records: Records) -> None:
    for day in range(2, 29):
        records.day(date(2026, 10, day), autonomous=day, owner=day % 5)
        records.build(local(2026, 10, day, day % 24), (Proven(), Broke())[day % 3 == 0], taken=day, estimate=day / 3)

    report = records.productivity.report(date(2026, 10, 1), date(2026, 10, 31), WEDNESDAY)

    for name in ("autonomous_hours", "owner_hours", "builds", "proven", "failed", "build_hours", "hours_shipped"):
        days = sum(getattr(day.figures, name) for day in report.days)
        assert getattr(report.total, name) == pytest.approx(days), name
    assert report.total.build_hours == pytest.approx(sum(range(2, 29)))


def test_the_multiplier_is_of_the_last_seven_days(records: Records) -> None:
    for day in range(10, 27):
        records.day(date(2026, 11, day), autonomous=100 if day < 19 else 18, owner=4 if day == 20 else 5)
    assert records.productivity.multiplier(WEDNESDAY) == pytest.approx(7 * 18 / (6 * 5 + 4))


def test_the_same_records_in_another_zone(store: JournalStore) -> None:
    records = Records(store, ZoneInfo("Pacific/Auckland"))
    records.build(datetime(2026, 11, 25, 12, tzinfo=UTC), taken=0.1)  # the 26th there
    days = records.productivity.week(datetime(2026, 11, 26, 0, tzinfo=UTC)).period.days
    assert [(day.date.day, day.figures.builds) for day in days] == [(23, 0), (24, 0), (25, 0), (26, 1)]
