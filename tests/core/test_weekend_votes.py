"""Offers, the question on Friday and the vote: each person once, each step once, and what is gone does not win."""

from typing import Any

import pytest

from core import phases
from core.errors import Conflict, NotFound, Refused
from core.model.ids import ChatId, WeekendId
from core.model.notification import (
    WeekendAsked,
    WeekendClosed,
    WeekendShown,
)
from core.model.task import (
    Category,
    Priority,
    Queued,
    Split,
)
from core.model.weekend import Chosen, Nothing, Option, Poll
from core.notifications import record_sent
from tests.core.conftest import Engines
from tests.core.weekend_steps import ANN, BEN, GROUP, SATURDAY, asked, at, news, phase_tasks, project, vote, weekend
from tests.fakes import SetClock


@pytest.fixture(autouse=True)
def thursday(clock: SetClock) -> None:
    clock.moment = at("Thu 12:00")


# -- what is offered --------------------------------------------------------------------------------------------------


def test_the_best_five_of_the_right_size_are_offered(engines: Engines) -> None:
    for hours in (7.9, 8.0, 9.0, 10.0, 11.0, 12.0):
        project(engines, f"Takes {hours}", hours)
    urgent = project(engines, "Urgent", 12.0, priority=Priority.CRITICAL)

    offered = engines.weekend.suggest(engines.now)

    assert [option.title for option in offered] == ["Urgent", "Takes 8.0", "Takes 9.0", "Takes 10.0", "Takes 11.0"]
    assert offered[0] == Option(
        task=urgent.id,
        title="Urgent",
        hours=12.0,
        score=5 / 12,
        reason="CRITICAL 5 × 1/12 h = 0.42",
        phases=phases.breakdown(urgent),
        created_at=urgent.created_at,
    )


def test_equal_scores_are_offered_by_age(engines: Engines) -> None:
    for title in ("Old", "New"):
        project(engines, title)
        engines.clock.advance(1)

    assert [option.title for option in engines.weekend.suggest(engines.now)] == ["Old", "New"]


def test_the_reason_tells_what_depends_on_it_and_what_it_asks_for(engines: Engines) -> None:
    first = engines.add("First")
    new = project(engines, "New page", category=Category.FEATURE, depends=[first.id])
    engines.add("After", depends=[new.id])

    (option,) = engines.weekend.suggest(engines.now)

    assert option.reason == (
        f"MEDIUM 3 × 1/10 h = 0.30; 1 other task waits for it; choosing it approves it; waits for {first.id}"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hours": 6.0}, "takes 6 h; a weekend's project takes 8 to 12 h"),
        ({"command": "make all"}, "runs one command, so it can't be split into phases"),
        ({"title": "Delete the production database"}, "needs an approval of its own: answer its question first"),
    ],
)
def test_what_is_not_offered_is_refused_with_the_reason(engines: Engines, changes: dict[str, Any], reason: str) -> None:
    task = engines.add(changes.pop("title", "Shop"), **{"hours": 10.0, **changes})

    assert engines.weekend.suggest(engines.now) == []
    with pytest.raises(Refused, match=f"^{task.id} {reason}.$"):
        engines.weekend.select(task.id, engines.now, ANN)
    assert engines.task(task) == task


def test_an_escalated_project_can_be_chosen_once_a_person_has_approved_it(engines: Engines) -> None:
    task = project(engines, "Delete the production database")
    engines.approvals.answer_task(task.id, yes=True, by=ANN, now=engines.now)

    engines.weekend.select(task.id, engines.now, ANN)

    assert all(phase.approved_at == engines.now for phase in phase_tasks(engines, task))


# -- Friday -----------------------------------------------------------------------------------------------------------


def test_it_is_asked_on_friday_evening_once(engines: Engines) -> None:
    project(engines, "Shop")

    assert engines.weekend.ask(at("Fri 17:59")) is None
    assert engines.weekend.ask(at("Fri 18:00")) is not None
    assert engines.weekend.ask(at("Fri 18:00")) is None
    assert engines.weekend.ask(at("Fri 22:00")) is None

    assert news(engines) == [WeekendAsked(weekend=SATURDAY)]
    assert (weekend(engines).round, weekend(engines).closes_at) == (1, at("Sat 08:00"))


def test_a_late_start_asks_still_but_not_after_the_vote_would_be_over(engines: Engines) -> None:
    project(engines, "Shop")

    assert engines.weekend.ask(at("Sat 08:00")) is None
    assert engines.weekend.ask(at("Sat 07:59")) is not None


def test_without_a_project_one_short_message_says_so(engines: Engines) -> None:
    for moment in ("Fri 18:00", "Fri 18:00", "Fri 19:00"):
        engines.weekend.ask(at(moment))
    engines.weekend.remind(at("Fri 21:00"))
    engines.weekend.close(at("Sat 08:00"))

    assert news(engines) == [WeekendAsked(weekend=SATURDAY)]
    state = weekend(engines).state
    assert isinstance(state, Nothing)
    assert state.why.startswith("No open project takes 8 to 12 h")


def test_it_is_asked_once_more_when_nobody_has_voted_and_then_nothing_runs(engines: Engines) -> None:
    (task,) = asked(engines, "Shop")

    assert engines.weekend.remind(at("Fri 20:59")) is None
    assert engines.weekend.remind(at("Fri 21:00")) is not None
    assert engines.weekend.remind(at("Fri 21:00")) is None
    assert engines.weekend.close(at("Sat 07:59")) is None
    assert engines.weekend.close(at("Sat 08:00")) is not None
    assert engines.weekend.close(at("Sat 08:01")) is None
    assert engines.weekend.remind(at("Sat 08:01")) is None
    assert engines.weekend.start(at("Sat 09:00")) is None

    assert news(engines) == [
        WeekendAsked(weekend=SATURDAY),
        WeekendAsked(weekend=SATURDAY, round=2),
        WeekendClosed(weekend=SATURDAY),
    ]
    state = weekend(engines).state
    assert isinstance(state, Nothing)
    assert state.why == "Nobody has voted, so I build no project this weekend."
    held = engines.task(task).state
    assert isinstance(held, Queued)
    assert held.not_before == at("Mon 00:00")


def test_who_has_voted_is_not_asked_again(engines: Engines) -> None:
    first, _ = asked(engines, "Shop", "Blog")
    vote(engines, ANN, first)

    assert engines.weekend.remind(at("Fri 21:00")) is None


def test_who_was_asked_late_is_not_asked_again_at_once(engines: Engines) -> None:
    project(engines, "Shop")
    engines.weekend.ask(at("Fri 23:00"))

    assert engines.weekend.remind(at("Fri 23:59")) is None
    assert engines.weekend.remind(at("Sat 00:00")) is not None


def test_a_ballot_that_was_opened_before_friday_is_asked_about_with_its_votes(engines: Engines) -> None:
    old = [project(engines, f"Old {n}", 12.0) for n in range(5)]
    engines.weekend.open_ballot(engines.now)
    vote(engines, ANN, old[4])
    new = [project(engines, f"New {n}", 8.0) for n in range(5)]

    engines.clock.moment = at("Fri 18:00")
    engines.weekend.ask(engines.now)

    options = [option.task for option in weekend(engines).options]
    assert options == [*(task.id for task in new), old[4].id]
    assert engines.weekend.open_ballot(engines.now) == weekend(engines)
    assert [one.task for one in weekend(engines).votes] == [old[4].id]


def test_a_ballot_needs_something_to_choose_from_and_time(engines: Engines) -> None:
    with pytest.raises(Refused, match="No open project takes 8 to 12 h"):
        engines.weekend.open_ballot(engines.now)
    project(engines, "Shop")
    with pytest.raises(Conflict, match="too late for a vote"):
        engines.weekend.open_ballot(at("Sat 08:00"))
    assert engines.store.weekends.all() == []


def test_what_could_be_chosen_does_not_start_by_itself_on_that_weekend(engines: Engines) -> None:
    shop, blog, small = *asked(engines, "Shop", "Blog"), engines.add("Small")
    wanted = project(engines, "Wanted at once", start_now=True)
    engines.clock.moment = at("Sat 00:30")

    started = {build.task for build in engines.queue.schedule_builds(engines.now)}

    assert started == {small.id, wanted.id}
    assert engines.scheduler.why_waiting(shop.id, engines.now) == (
        "waits for the choice of a weekend's project, until Mon 30 Nov 00:00"
    )
    engines.queue.start_now(blog.id, engines.now, ANN)
    engines.start(blog)
    for build in engines.builds.active():
        engines.executor.end(build.id)
    engines.queue.collect(engines.now)
    engines.clock.moment = at("2026-12-05 00:00")
    engines.start(shop)


# -- votes ------------------------------------------------------------------------------------------------------------


def test_one_vote_per_person_and_the_last_one_counts(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, shop)
    vote(engines, BEN, shop)
    vote(engines, ANN, blog)
    vote(engines, BEN, blog)
    vote(engines, BEN, blog)

    assert [(one.person, one.task) for one in weekend(engines).votes] == [(ANN, blog.id), (BEN, blog.id)]

    engines.clock.moment = at("Sat 08:00")
    engines.weekend.close(engines.now)

    state = weekend(engines).state
    assert isinstance(state, Chosen)
    assert (state.task, state.voted, state.by) == (blog.id, True, None)
    assert isinstance(engines.task(shop).state, Queued)


def test_a_tie_goes_to_the_higher_score(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, blog)
    vote(engines, BEN, shop)

    engines.weekend.close(at("Sat 08:00"))

    assert isinstance(engines.task(shop).state, Split)


def test_a_tie_of_equal_scores_goes_to_the_older_project(engines: Engines) -> None:
    older, newer = project(engines, "Older"), None
    engines.clock.advance(60)
    newer = project(engines, "Newer")
    engines.clock.moment = at("Fri 18:00")
    engines.weekend.ask(engines.now)
    vote(engines, BEN, newer)
    vote(engines, ANN, older)

    engines.weekend.close(at("Sat 08:00"))

    assert isinstance(engines.task(older).state, Split)


def test_a_vote_can_be_taken_back(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    vote(engines, ANN, shop)
    engines.weekend.withdraw(SATURDAY, ANN, engines.now)
    engines.weekend.withdraw(SATURDAY, BEN, engines.now)

    assert weekend(engines).votes == ()
    assert engines.weekend.remind(at("Fri 21:00")) is not None


def test_one_press_decides_where_it_may(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")

    state = vote(engines, ANN, blog, decides=True).state

    assert isinstance(state, Chosen)
    assert (state.task, state.by, state.voted) == (blog.id, ANN, False)
    for person, task in ((BEN, shop), (ANN, blog)):
        with pytest.raises(Conflict, match="The vote is over: “Blog” was chosen"):
            vote(engines, person, task)
    assert engines.weekend.close(at("Sat 08:00")) is None


def test_a_vote_after_the_end_changes_nothing(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    engines.clock.moment = at("Sat 08:00")  # nobody has counted yet
    before = weekend(engines)

    with pytest.raises(Conflict, match="The vote is over"):
        vote(engines, ANN, shop)
    with pytest.raises(Conflict, match="The vote is over"):
        engines.weekend.withdraw(SATURDAY, ANN, engines.now)
    assert weekend(engines) == before


def test_an_option_that_is_gone_is_refused(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    other = engines.add("Other")
    engines.queue.cancel(shop.id, ANN, engines.now)

    with pytest.raises(Conflict, match=f"{shop.id} can't be chosen any more"):
        vote(engines, ANN, shop)
    with pytest.raises(Conflict, match=f"{other.id} is no option of this weekend"):
        vote(engines, ANN, other)
    with pytest.raises(NotFound):
        engines.weekend.vote(WeekendId("2026-01-03"), ANN, blog.id, engines.now, decides=False)
    assert weekend(engines).votes == ()


def test_a_winner_that_is_gone_leaves_it_to_the_next(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, shop)
    vote(engines, BEN, blog)
    engines.queue.cancel(shop.id, ANN, engines.now)

    engines.weekend.close(at("Sat 08:00"))

    assert isinstance(engines.task(blog).state, Split)


def test_when_all_that_was_voted_for_is_gone_nothing_runs(engines: Engines) -> None:
    shop, blog = asked(engines, "Shop", "Blog")
    vote(engines, ANN, shop)
    engines.queue.cancel(shop.id, ANN, engines.now)

    engines.weekend.close(at("Sat 08:00"))

    state = weekend(engines).state
    assert isinstance(state, Nothing)
    assert state.why.startswith("What was voted for is not open any more")
    assert isinstance(engines.task(blog).state, Queued)


def test_votes_that_nobody_counted_in_time_start_nothing_in_the_week(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    vote(engines, ANN, shop)

    engines.weekend.close(at("Mon 00:00"))

    state = weekend(engines).state
    assert isinstance(state, Nothing)
    assert state.why.startswith("I was not running")


def test_votes_that_are_counted_late_count(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    vote(engines, ANN, shop)
    engines.clock.moment = at("Sat 11:00")

    engines.weekend.close(engines.now)

    assert weekend(engines).started_at == engines.now
    first = phase_tasks(engines, shop)[0]
    assert first.state == Queued(since=engines.now)


def test_a_group_that_was_shown_the_ballot_hears_of_the_end(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    assert not engines.weekend.has_group_ballot(SATURDAY)
    record_sent(engines.store, WeekendShown(weekend=SATURDAY, request="1", group=True), GROUP, 40, engines.now)
    assert engines.weekend.has_group_ballot(SATURDAY)
    vote(engines, ANN, shop)

    engines.weekend.close(at("Sat 08:00"))

    told = [note.chat for note in engines.news() if isinstance(note.subject, WeekendClosed)]
    assert told == [ChatId(7), GROUP]


def test_a_native_poll_is_remembered(engines: Engines) -> None:
    (shop,) = asked(engines, "Shop")
    poll = Poll(id="77", chat=GROUP, message=3, options=(shop.id,))

    engines.weekend.add_poll(SATURDAY, poll, engines.now, ANN)

    assert engines.weekend.poll("77") == (weekend(engines), poll)
    assert engines.weekend.poll("78") is None
