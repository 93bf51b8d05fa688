"""The project of a weekend: split, started, finished by hand, summed up, carried over; each step once."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core import weekend_progress
from core.errors import Conflict, NotFound
from core.model.build import Broke
from core.model.execution import Finished
from core.model.ids import BuildId, ChatId, TaskId, WeekendId
from core.model.notification import (
    DependencyLost,
    WeekendAsked,
    WeekendClosed,
    WeekendFree,
    WeekendSummary,
)
from core.model.task import (
    Cancelled,
    Category,
    Completed,
    DoneByHand,
    NeedsApproval,
    Priority,
    Queued,
    Running,
    Source,
    Task,
)
from core.model.weekend import Asked, Chosen, Rest, Summarised
from core.weekend_planner import WeekendPlanner
from storage import open_store
from tests import factories
from tests.core.conftest import Engines, wire
from tests.core.weekend_steps import ANN, BEN, SATURDAY, asked, at, chosen, news, phase_tasks, project, vote, weekend
from tests.fakes import FakeExecutor, SetClock


@pytest.fixture(autouse=True)
def thursday(clock: SetClock) -> None:
    clock.moment = at("Thu 12:00")


# -- the choice -------------------------------------------------------------------------------------------------------


def test_the_chosen_project_becomes_tasks_that_wait_for_each_other(engines: Engines) -> None:
    before = engines.add("Before")
    text = "Sell things.\n\n- Model (3h)\n- Pages (5h)\n- Texts (2h)"
    shop = project(
        engines,
        "Shop",
        description=text,
        depends=[before.id],
        tags=["big"],
        agent="agent",
        verify="make shop",
        priority=Priority.HIGH,
        chat=ChatId(7),
    )

    engines.weekend.select(shop.id, engines.now, ANN)

    made = phase_tasks(engines, shop)
    assert [(task.title, task.hours) for task in made] == [("Shop: Model", 3), ("Shop: Pages", 5), ("Shop: Texts", 2)]
    assert [task.depends for task in made] == [(before.id,), (made[0].id,), (made[1].id,)]
    for task in made:
        assert (task.source, task.project, task.agent, task.verify) == (Source.WEEKEND, "shop", "agent", "make shop")
        assert (task.priority, task.tags, task.category, task.chat) == (Priority.HIGH, ("big",), shop.category, 7)
        assert task.state == Queued(since=engines.now, not_before=at("Sat 09:00"), held="waits for its weekend")
        assert text in task.description
    assert "This is phase 2 of 3 of a project, “Shop”: Pages." in made[1].description
    assert "2. Pages (5 h) <- this phase" in made[1].description


def test_the_longest_title_and_description_fit(engines: Engines) -> None:
    shop = project(engines, "x" * 200, description="y" * 20_000, category=Category.DOCUMENTATION)

    engines.weekend.select(shop.id, engines.now, ANN)

    made = phase_tasks(engines, shop)
    assert [len(task.title) for task in made] == [200, 200, 200]
    assert made[0].title.endswith("x…: Outline")
    assert all(len(task.description) <= 20_000 for task in made)


def test_choosing_approves_what_was_asked_about(engines: Engines) -> None:
    page = project(engines, "New page", category=Category.FEATURE)
    state = engines.task(page).state
    assert isinstance(state, NeedsApproval)

    engines.weekend.select(page.id, engines.now, ANN)

    assert engines.approvals.open() == []
    assert all(task.approved_at is not None and isinstance(task.state, Queued) for task in phase_tasks(engines, page))
    with pytest.raises(Conflict, match="was approved already"):
        engines.approvals.answer(state.approval, yes=False, by=BEN, now=engines.now)


def test_a_project_is_split_as_it_is_when_it_is_chosen(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    vote(engines, ANN, shop)
    engines.changes.change(shop.id, ANN, engines.now, hours=9.0, description="- One (4h)\n- Two")

    engines.weekend.close(at("Sat 08:00"))

    assert [(task.title, task.hours) for task in phase_tasks(engines, shop)] == [("Shop: One", 4), ("Shop: Two", 5)]


def test_choosing_twice_is_once_and_another_one_is_refused(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    engines.weekend.select(shop.id, engines.now, ANN)
    before = engines.store.tasks.all(), weekend(engines)

    engines.weekend.select(shop.id, engines.now, ANN)
    with pytest.raises(Conflict, match="This weekend is for “Shop”"):
        engines.weekend.select(blog.id, engines.now, BEN)

    assert (engines.store.tasks.all(), weekend(engines)) == before
    with pytest.raises(NotFound):
        engines.weekend.select(TaskId("task_99"), at("2026-12-01 12:00"), ANN)
    with pytest.raises(Conflict, match=f"{shop.id} is split already"):
        engines.weekend.select(shop.id, at("2026-12-01 12:00"), ANN)


def test_after_a_vote_without_a_result_a_person_can_choose(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    engines.weekend.close(at("Sat 08:00"))

    engines.clock.moment = at("Sat 10:00")
    engines.weekend.select(shop.id, engines.now, BEN)

    assert isinstance(weekend(engines).state, Chosen)
    assert phase_tasks(engines, shop)[0].state == Queued(since=engines.now)


def test_a_crash_between_two_phases_leaves_all_as_it_was(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop,) = asked(engines, "Shop")
    vote(engines, ANN, shop)
    before = engines.store.tasks.all(), engines.store.weekends.all(), engines.news()
    real, calls = engines.queue.add_to_queue, []

    def dies(*arguments: Any) -> Task:
        calls.append(arguments)
        if len(calls) == 3:
            raise RuntimeError
        return real(*arguments)

    monkeypatch.setattr(engines.queue, "add_to_queue", dies)
    with pytest.raises(RuntimeError):
        engines.weekend.close(at("Sat 08:00"))
    assert (engines.store.tasks.all(), engines.store.weekends.all(), engines.news()) == before

    monkeypatch.undo()
    engines.weekend.close(at("Sat 08:00"))
    assert len(phase_tasks(engines, shop)) == 3


# -- the build --------------------------------------------------------------------------------------------------------


def test_phases_start_on_saturday_one_after_the_other(engines: Engines) -> None:
    first, second, *_ = chosen(engines)
    engines.clock.moment = at("Sat 08:59")
    assert engines.queue.schedule_builds(engines.now) == []
    assert engines.scheduler.why_waiting(first.id, engines.now) == "waits for its weekend, until Sat 28 Nov 09:00"

    engines.clock.moment = at("Sat 09:00")
    assert engines.weekend.start(engines.now) is not None
    assert engines.weekend.start(engines.now) is None
    engines.finish(first)
    engines.clock.advance(hours=2)
    assert isinstance(engines.finish(second).state, Completed)

    build = engines.store.builds.get(f"{second.id}-1")
    assert build is not None
    assert build.spec.onto == (f"jarvis/{first.id.replace('_', '-')}-shop-outline",)


def test_starting_by_hand_lets_the_phases_go(engines: Engines) -> None:
    with pytest.raises(Conflict, match="No project is chosen"):
        engines.weekend.start(engines.now, ANN, by_hand=True)
    first, *_ = chosen(engines)
    engines.clock.moment = at("Sat 01:00")

    assert engines.weekend.start(engines.now) is None
    assert engines.weekend.start(engines.now, ANN, by_hand=True) is not None
    assert engines.weekend.start(engines.now, ANN, by_hand=True) is None
    engines.start(first)


def test_a_phase_done_by_hand_lets_the_next_one_build_on_what_was_built(engines: Engines) -> None:
    first, second, third = chosen(engines)
    engines.clock.moment = at("Sat 09:00")
    engines.finish(first)

    done = engines.weekend.complete("draft", engines.now, ANN)

    assert done.state == DoneByHand(at=engines.now, by=ANN)
    assert done.id == second.id
    build = engines.start(third)
    assert build.spec.onto == (f"jarvis/{first.id.replace('_', '-')}-shop-outline",)


@pytest.mark.parametrize("named", ["Outline", "outline", "“Outline”", "1", "outl", "task"])
def test_a_phase_is_named_by_title_or_number_or_task(engines: Engines, named: str) -> None:
    first, *_ = chosen(engines)

    assert engines.weekend.complete(first.id if named == "task" else named, engines.now, ANN).id == first.id


@pytest.mark.parametrize("named", ["", "0", "4", "nonsense", "-1"])
def test_an_unknown_phase_is_answered_with_the_phases(engines: Engines, named: str) -> None:
    chosen(engines)

    with pytest.raises(NotFound, match=r"It has: 1\. Outline, 2\. Draft, 3\. Examples and review"):
        engines.weekend.complete(named, engines.now, ANN)


def test_a_phase_that_is_being_built_or_done_cannot_be_marked(engines: Engines) -> None:
    with pytest.raises(NotFound, match="There is no project of a weekend"):
        engines.weekend.complete("1", engines.now, ANN)
    first, second, _ = chosen(engines)
    engines.clock.moment = at("Sat 09:00")
    engines.start(first)
    with pytest.raises(Conflict, match=f"{first.id} is being built. Stop it first"):
        engines.weekend.complete("1", engines.now, ANN)
    engines.executor.end(engines.builds.active()[0].id)
    engines.queue.collect(engines.now)
    with pytest.raises(Conflict, match="is completed already"):
        engines.weekend.complete("1", engines.now, ANN)
    engines.weekend.complete("2", engines.now, ANN)
    with pytest.raises(Conflict, match=f"{second.id} is done by hand already"):
        engines.weekend.complete("2", engines.now, ANN)


def test_who_waits_for_the_project_waits_for_all_its_phases(engines: Engines) -> None:
    shop = project(engines, "Shop")
    after = engines.add("After", depends=[shop.id])
    engines.weekend.select(shop.id, engines.now, ANN)
    made = phase_tasks(engines, shop)
    engines.clock.moment = at("Sat 09:00")
    for task in made[:-1]:
        assert isinstance(engines.finish(task).state, Completed)
    assert engines.scheduler.find(after.id).waits_for == [shop.id]

    engines.weekend.complete(made[-1].id, engines.now, ANN)

    assert engines.scheduler.find(after.id).waits_for == []
    build = engines.start(after)
    assert len(build.spec.onto) == 2


def test_a_phase_that_fails_is_asked_about(engines: Engines) -> None:
    shop = project(engines, "Shop")
    after = engines.add("After", depends=[shop.id])
    engines.weekend.select(shop.id, engines.now, ANN)
    first, second, *_ = phase_tasks(engines, shop)
    engines.clock.moment = at("Sat 09:00")

    engines.finish(first, Broke())

    lost = [subject for subject in engines.subjects() if isinstance(subject, DependencyLost)]
    assert [(subject.task, subject.lost) for subject in lost] == [(after.id, shop.id), (second.id, first.id)]
    late = engines.add("Late", depends=[shop.id])
    assert any(isinstance(one, DependencyLost) and one.task == late.id for one in engines.subjects())


def test_stopping_cancels_what_is_left_and_asks_about_none_of_it(engines: Engines) -> None:
    first, second, third = chosen(engines)
    engines.clock.moment = at("Sat 09:00")
    engines.finish(first)
    build = engines.start(second)

    stopped = engines.weekend.stop(SATURDAY, engines.now, ANN)

    assert {task.id for task in stopped} == {second.id, third.id}
    assert isinstance(engines.task(third).state, Cancelled)
    assert isinstance(engines.executor.status(build.id), Finished)
    engines.queue.collect(engines.now)
    assert isinstance(engines.task(second).state, Cancelled)
    assert not any(isinstance(subject, DependencyLost) for subject in engines.subjects())


# -- a second project on the same weekend -----------------------------------------------------------------------------


def why(engines: Engines, task: Task) -> str | None:
    return engines.scheduler.why_waiting(task.id, engines.now)


def test_who_waits_while_another_project_has_the_weekend_is_told_so(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")

    vote(engines, ANN, shop, decides=True)

    assert why(engines, blog) == "another project has this weekend, until Mon 30 Nov 00:00"


def test_after_a_stop_another_one_can_be_chosen_and_the_first_is_no_more(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, shop, decides=True)
    engines.clock.moment = at("Sat 10:00")

    engines.weekend.stop(SATURDAY, engines.now, ANN)
    again = engines.weekend.stop(SATURDAY, engines.now, ANN)

    assert again == []
    assert [option.task for option in weekend(engines).again] == [blog.id]
    assert why(engines, blog) == "waits for the choice of a weekend's project, until Mon 30 Nov 00:00"
    assert engines.weekend.notice_end(engines.now) is None  # who has stopped it knows it
    with pytest.raises(Conflict, match=f"{shop.id} is split already"):
        engines.weekend.select(shop.id, engines.now, ANN)

    engines.weekend.select(blog.id, engines.now, BEN)

    first = phase_tasks(engines, blog)[0]
    assert engines.start(first).task == first.id
    progress = engines.weekend.progress(engines.now)
    assert progress is not None
    assert progress.ended_at is None
    assert [(one.task, one.done, one.phases) for one in progress.earlier] == [(shop.id, 0, 3)]
    with pytest.raises(Conflict, match="This weekend is for “Blog”"):
        engines.weekend.select(shop.id, engines.now, ANN)


def test_a_project_that_is_done_early_is_told_once_with_the_others(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, shop, decides=True)
    engines.clock.moment = at("Sat 09:00")
    phases = phase_tasks(engines, shop)
    for phase in phases:
        assert engines.weekend.notice_end(engines.now) is None
        engines.finish(phase)

    assert engines.weekend.notice_end(engines.now) is not None
    assert engines.weekend.notice_end(engines.now) is None

    assert news(engines).count(WeekendFree(weekend=SATURDAY, task=shop.id)) == 1
    engines.weekend.select(blog.id, engines.now, ANN)
    assert [one.id for one in weekend_progress.with_phase(engines.store, phases[0].id)] == [SATURDAY]
    engines.clock.moment = at("Sun 20:00")
    progress = engines.weekend.summary(engines.now)
    assert progress is not None
    assert (progress.title, [(one.title, one.done) for one in progress.earlier]) == ("Blog", [("Shop", 3)])


def test_when_too_little_of_the_weekend_is_left_the_others_are_let_go(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, shop, decides=True)
    engines.clock.moment = at("Sun 11:30")  # Blog takes 9 h, and the weekend is summed up at 20:00

    for phase in phase_tasks(engines, shop):
        engines.weekend.complete(phase.id, engines.now, ANN)

    assert weekend(engines).again == ()
    assert [option.task for option in weekend(engines).options] == [shop.id, blog.id]
    assert not any(isinstance(subject, WeekendFree) for subject in engines.subjects())
    assert engines.task(blog).state == Queued(since=blog.created_at)


def test_what_was_added_since_is_offered_as_well(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, shop, decides=True)
    engines.weekend.stop(SATURDAY, engines.now, ANN)
    game = project(engines, "Game", hours=12.0)

    found = engines.weekend.offer_again(engines.now)

    assert found is not None
    assert [option.task for option in found.again] == [blog.id, game.id]
    assert weekend(engines) == found


def test_progress_tells_each_phase_with_its_time(engines: Engines) -> None:
    assert engines.weekend.progress(engines.now) is None
    first, second, _ = chosen(engines)
    engines.clock.moment = at("Sat 09:00")
    engines.start(first)
    engines.clock.advance(hours=1)
    engines.executor.end(BuildId(f"{first.id}-1"))
    engines.queue.collect(engines.now)
    engines.start(second)
    engines.clock.advance(minutes=30)

    progress = engines.weekend.progress(engines.now)

    assert progress is not None
    assert [(phase.state, phase.estimated, phase.actual) for phase in progress.phases] == [
        ("completed", 1.5, pytest.approx(1.0)),
        ("in progress", 5.5, pytest.approx(0.5)),
        ("queued", 3.0, None),
    ]
    assert progress.share == pytest.approx(0.15)
    assert progress.actual == pytest.approx(1.5)
    assert [phase.number for phase in progress.left] == [2, 3]


# -- Sunday, and the week after ---------------------------------------------------------------------------------------


def summed_up(engines: Engines) -> list[Task]:
    """One of three phases was built by Sunday evening."""
    made = chosen(engines)
    engines.clock.moment = at("Sat 09:00")
    engines.weekend.start(engines.now)
    engines.finish(made[0])
    engines.clock.moment = at("Sun 20:00")
    engines.weekend.summary(engines.now)
    return [engines.task(task) for task in made]


def test_the_weekend_is_summed_up_once_on_sunday_evening(engines: Engines) -> None:
    chosen(engines)
    engines.clock.moment = at("Sun 19:59")
    progress = engines.weekend.summary(engines.now)
    assert progress is not None
    assert progress.summarised_at is None

    for moment in ("Sun 20:00", "Sun 20:01", "Mon 09:00"):
        engines.clock.moment = at(moment)
        progress = engines.weekend.summary(engines.now)
        assert progress is not None
        assert progress.summarised_at == at("Sun 20:00")

    assert news(engines) == [WeekendSummary(weekend=SATURDAY)]


def test_a_summary_without_a_project_is_none(engines: Engines) -> None:
    assert engines.weekend.summary(at("Sun 20:00")) is None


def test_a_summary_that_was_missed_is_made_up_for(engines: Engines) -> None:
    chosen(engines)

    progress = engines.weekend.summary(at("2026-12-02 10:00"))

    assert progress is not None
    assert (progress.weekend, len(progress.left)) == (SATURDAY, 3)
    assert news(engines) == [WeekendSummary(weekend=SATURDAY)]


def test_what_is_left_waits_for_the_next_weekend_without_an_answer(engines: Engines) -> None:
    first, second, third = summed_up(engines)

    assert isinstance(first.state, Completed)
    for task in (second, third):
        assert isinstance(task.state, Queued)
        assert task.state.not_before == at("2026-12-05 09:00")


def test_what_is_left_goes_on_in_the_week(engines: Engines) -> None:
    _, second, _ = summed_up(engines)

    engines.weekend.answer_rest(SATURDAY, Rest.CONTINUE, engines.now, ANN)

    assert engines.weekend.suggest(engines.now) == []
    engines.clock.moment = at("Sun 23:00")
    engines.start(second)


def test_what_is_left_is_dropped(engines: Engines) -> None:
    first, second, third = summed_up(engines)

    engines.weekend.answer_rest(SATURDAY, Rest.DROP, engines.now, ANN)

    assert isinstance(engines.task(first).state, Completed)
    assert all(isinstance(engines.task(task).state, Cancelled) for task in (second, third))
    with pytest.raises(Conflict, match="Nothing is left of it any more"):
        engines.weekend.answer_rest(SATURDAY, Rest.CONTINUE, engines.now, ANN)


def test_an_answer_can_be_changed_and_needs_a_summary(engines: Engines) -> None:
    chosen(engines)
    with pytest.raises(Conflict, match="not summed up yet"):
        engines.weekend.answer_rest(SATURDAY, Rest.NEXT, engines.now, ANN)
    engines.weekend.summary(at("Sun 20:00"))

    engines.weekend.answer_rest(SATURDAY, Rest.CONTINUE, at("Sun 20:01"), ANN)
    engines.weekend.answer_rest(SATURDAY, Rest.NEXT, at("Sun 20:02"), ANN)

    state = weekend(engines).state
    assert isinstance(state, Summarised)
    assert state.rest is Rest.NEXT


def test_what_is_left_is_offered_first_and_goes_on_as_it_is(engines: Engines) -> None:
    _, second, third = summed_up(engines)
    project(engines, "Better", 8.0, priority=Priority.CRITICAL)
    engines.clock.moment = at("2026-12-04 18:00")
    engines.weekend.ask(engines.now)

    left, better = weekend(engines, "2026-12-05").options
    assert (left.title, left.hours, left.carried, better.title) == ("Shop", 8.5, True, "Better")
    assert left.reason == "left from last weekend: 1 of 3 phases are settled"
    assert left.task == TaskId("task_1")

    engines.weekend.vote(WeekendId("2026-12-05"), ANN, left.task, engines.now, decides=False)
    engines.clock.moment = at("2026-12-05 08:00")
    engines.weekend.close(engines.now)
    engines.clock.moment = at("2026-12-05 09:00")
    engines.weekend.start(engines.now)

    assert [phase.task for phase in engines.weekend.progress(engines.now).phases] == [second.id, third.id]  # type: ignore[union-attr]
    assert len(engines.store.tasks.all()) == 5
    engines.start(second)
    with pytest.raises(Conflict, match="taken up on another weekend"):
        engines.weekend.answer_rest(SATURDAY, Rest.NEXT, engines.now, ANN)


def test_another_choice_puts_what_is_left_off_for_a_week(engines: Engines) -> None:
    _, second, _ = summed_up(engines)
    better = project(engines, "Better", 8.0)
    engines.clock.moment = at("2026-12-04 18:00")

    engines.weekend.select(better.id, engines.now, ANN)

    state = engines.task(second).state
    assert isinstance(state, Queued)
    assert state.not_before == at("2026-12-12 09:00")
    engines.clock.moment = at("2026-12-11 18:00")
    assert [option.title for option in engines.weekend.suggest(engines.now)] == []


def test_next_weekend_is_a_vote_for_it(engines: Engines) -> None:
    summed_up(engines)
    engines.weekend.answer_rest(SATURDAY, Rest.NEXT, engines.now, BEN)
    project(engines, "Better", 8.0)
    engines.clock.moment = at("2026-12-04 18:00")

    engines.weekend.ask(engines.now)
    assert [(one.person, one.task) for one in weekend(engines, "2026-12-05").votes] == [(BEN, "task_1")]

    engines.weekend.close(at("2026-12-05 08:00"))
    state = weekend(engines, "2026-12-05").state
    assert isinstance(state, Chosen)
    assert state.title == "Shop"


def test_a_phase_that_failed_is_built_again_when_it_is_carried_over(engines: Engines) -> None:
    first, *_ = chosen(engines)
    engines.clock.moment = at("Sat 09:00")
    engines.finish(first, Broke())
    engines.weekend.summary(at("Sun 20:00"))
    engines.clock.moment = at("2026-12-04 19:00")

    engines.weekend.select(TaskId("task_1"), engines.now, ANN)

    state = engines.task(first).state
    assert isinstance(state, Queued)
    assert state.not_before == at("2026-12-05 09:00")
    engines.clock.moment = at("2026-12-05 09:00")
    assert isinstance(engines.finish(first).state, Completed)


# -- all in all -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("friday", "saturday", "sunday"),
    [("2026-03-27", "2026-03-28", "2026-03-29"), ("2026-10-23", "2026-10-24", "2026-10-25")],
)
def test_a_weekend_on_which_the_clocks_change(
    home: Path, clock: SetClock, friday: str, saturday: str, sunday: str
) -> None:
    zone = "Europe/Berlin"
    clock.moment = at(f"{friday} 12:00", zone)
    store = open_store(home, clock)
    engines = wire(store, clock, factories.config(home, zone=ZoneInfo(zone)), FakeExecutor(home, clock))
    with store.transaction():
        store.projects.put("shop", factories.project())
    shop = project(engines, "Shop")

    assert engines.weekend.ask(at(f"{friday} 17:59", zone)) is None
    assert engines.weekend.ask(at(f"{friday} 18:00", zone)) is not None
    engines.weekend.vote(WeekendId(saturday), ANN, shop.id, at(f"{saturday} 07:59", zone), decides=False)
    assert engines.weekend.close(at(f"{saturday} 07:59", zone)) is None
    assert engines.weekend.close(at(f"{saturday} 08:00", zone)) is not None
    assert phase_tasks(engines, shop)[0].state == Queued(
        since=at(f"{saturday} 08:00", zone), not_before=at(f"{saturday} 09:00", zone), held="waits for its weekend"
    )
    assert engines.weekend.start(at(f"{saturday} 08:59", zone)) is None
    assert engines.weekend.start(at(f"{saturday} 09:00", zone)) is not None
    before, after = (engines.weekend.summary(at(f"{sunday} {time}", zone)) for time in ("19:59", "20:00"))
    assert before is not None
    assert after is not None
    assert (before.summarised_at, after.summarised_at) == (None, at(f"{sunday} 20:00", zone))
    store.close()


def test_a_restart_between_any_two_steps_changes_nothing(home: Path, clock: SetClock) -> None:
    executor = FakeExecutor(home, clock)

    def reopened() -> Engines:
        return wire(open_store(home, clock), clock, factories.config(home), executor)

    def step(moment: str, act: Any) -> None:
        for _ in range(2):  # the second time after a restart, at the same moment
            engines = reopened()
            clock.moment = at(moment)
            act(engines.weekend)
            engines.store.close()

    engines = reopened()
    with engines.store.transaction():
        engines.store.projects.put("shop", factories.project())
    engines.people.meet(ANN, ChatId(7), clock())
    shop = project(engines, "Shop")
    engines.store.close()
    step("Fri 18:00", lambda planner: planner.ask(clock()))
    step("Fri 19:00", lambda planner: planner.vote(SATURDAY, ANN, shop.id, clock(), decides=False))
    step("Fri 21:00", lambda planner: planner.remind(clock()))
    step("Sat 08:00", lambda planner: planner.close(clock()))
    step("Sat 09:00", lambda planner: planner.start(clock()))
    step("Sun 20:00", lambda planner: planner.summary(clock()))

    engines = reopened()
    assert news(engines) == [
        WeekendAsked(weekend=SATURDAY),
        WeekendClosed(weekend=SATURDAY),
        WeekendSummary(weekend=SATURDAY),
    ]
    assert len(phase_tasks(engines, shop)) == 3
    actions = [line["action"] for line in engines.lines("queue_actions.log") if "weekend" in line["action"]]
    assert actions == [
        "weekend asked",
        "weekend vote",
        "weekend project chosen",
        "weekend started",
        "weekend summed up",
    ]
    engines.store.close()


def test_two_processes_close_the_vote_once(engines: Engines, home: Path) -> None:
    (shop,) = asked(engines, "Shop")
    vote(engines, ANN, shop)
    other = wire(open_store(home, engines.clock), engines.clock, engines.config, engines.executor)

    done = [planner.close(at("Sat 08:00")) for planner in (engines.weekend, other.weekend)]

    assert [one is not None for one in done] == [True, False]
    assert len(phase_tasks(engines, shop)) == 3
    assert sum(isinstance(subject, WeekendClosed) for subject in engines.subjects()) == 1
    other.store.close()


def test_what_is_done_by_itself_is_remembered(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    vote(engines, ANN, shop)
    for moment, act in (("Sat 08:00", "close"), ("Sat 09:00", "start"), ("Sun 20:00", "summary")):
        getattr(engines.weekend, act)(at(moment))

    engines.audit.flush()
    sentences = [sentence for day in engines.records.days.values() for _, sentence in day]

    assert [sentence.partition(" ")[2] for sentence in sentences] == [
        "Asked which project to build this weekend.",
        f"The vote chose “Shop” ({shop.id}) for the weekend.",
        "Started the weekend's project “Shop”.",
        "Summed up the weekend's project “Shop”: 3 of 3 phases are left.",
    ]


def test_a_planner_reads_what_another_has_written(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    other = WeekendPlanner(engines.store, engines.queue, engines.decisions, engines.config)

    assert other.current(engines.now) == weekend(engines)
    assert isinstance(weekend(engines).state, Asked)
    assert not isinstance(engines.task(shop).state, Running)
