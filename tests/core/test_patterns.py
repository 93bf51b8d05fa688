"""Routines: learned from what was logged, offered, built ahead, handed over, judged, and forgotten."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.errors import Conflict, NotFound, Refused, StoreUnavailable
from core.model.ids import ProjectName
from core.model.notification import BuildEnded, BuildStarted, PatternDue, PatternForgotten, PatternSuggested
from core.model.pattern import Action, Expected
from core.model.task import Category, NeedsApproval, Priority, Queued, Source
from core.pattern_book import expected_today, rhythm
from tests import factories
from tests.core.conftest import Engines, wire
from tests.fakes import FakeExecutor, SetClock

NBA = "show nba rankings"
RANKINGS = Action(title="Update the rankings", project=ProjectName("shop"), category=Category.DOCUMENTATION)
WEEK = timedelta(weeks=1)


def at(hour: int, minute: int = 0, *, day: int = 5, month: int = 3) -> datetime:
    """5 March 2026 is a Thursday."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


LAST = at(18) - WEEK


def thursdays(engines: Engines, weeks: int, kind: str = NBA, last: datetime = LAST) -> None:
    for back in range(weeks):
        engines.patterns.log(kind, last - back * WEEK, "chat")


def news(engines: Engines, subject: type[object]) -> list[object]:
    return [each for each in engines.subjects() if isinstance(each, subject)]


def tick(engines: Engines, now: datetime) -> None:
    engines.clock.moment = now
    for _ in range(2):
        engines.patterns.tend(now)
        engines.patterns.hand_over(now)


def enabled(engines: Engines, weeks: int = 8) -> str:
    """A sure routine with something to build."""
    thursdays(engines, weeks)
    (pattern,) = engines.patterns.listed(at(9))
    engines.patterns.set_action(pattern.id, RANKINGS, at(9))
    return engines.patterns.enable(pattern.id, at(9)).id


# -- learning ---------------------------------------------------------------------------------------------------------


def test_a_weekly_routine_is_found_after_three_weeks(engines: Engines) -> None:
    thursdays(engines, 3)

    (pattern,) = engines.patterns.listed(at(9))

    assert (pattern.id, pattern.type, pattern.enabled) == ("pattern_1", NBA, False)
    assert pattern.expected[0].at == at(18)
    assert 0.4 <= pattern.expected[0].confidence < 0.5
    assert pattern.expected[0].band == "low"


def test_confidence_follows_the_bands_of_the_document(engines: Engines) -> None:
    bands = {}
    for weeks in range(1, 9):
        engines.patterns.log(NBA, at(18) - (9 - weeks) * WEEK, "chat")
        found = engines.patterns.predictions(at(9) - (8 - weeks) * WEEK, at(23) - (8 - weeks) * WEEK)
        bands[weeks] = found[0].expected.band if found else None

    assert bands == {1: None, 2: "low", 3: "low", 4: "medium", 5: "medium", 6: "high", 7: "high", 8: "high"}


def test_the_local_time_stays_when_the_clocks_change(home: Path, clock: SetClock, engines: Engines) -> None:
    berlin = wire(
        engines.store, clock, factories.config(home, zone=ZoneInfo("Europe/Berlin")), FakeExecutor(home, clock)
    )
    thursdays(berlin, 8, last=at(17, day=26))  # 18:00 in Berlin; the clocks change on 29 March

    (pattern,) = berlin.patterns.listed(at(9, day=1, month=4))

    assert pattern.expected[0].at == at(16, day=2, month=4)


def test_what_was_noted_is_written_in_one_batch(engines: Engines) -> None:
    for back in (3, 1, 2):
        engines.patterns.note(NBA, at(18) - back * WEEK, "person 7", f"show it {back}")
    engines.patterns.note("", at(18), "person 7")
    assert engines.store.moments.all() == []

    assert engines.patterns.flush() == 3
    assert engines.patterns.flush() == 0

    (row,) = engines.store.moments.all()
    assert row.at == tuple(int((at(18) - back * WEEK).timestamp()) for back in (3, 2, 1))
    assert (row.sources, row.example) == ({"person 7": 3}, "show it 2")


def test_what_could_not_be_written_is_kept_for_the_next_time(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    engines.patterns.note("a", at(1), "chat")
    engines.patterns.note("b", at(2), "chat")
    with monkeypatch.context() as broken:
        broken.setattr(engines.store._replica, "commit", _no_room)
        with pytest.raises(StoreUnavailable):
            engines.patterns.flush()

    assert engines.patterns.flush() == 2
    assert [row.type for row in engines.store.moments.all()] == ["a", "b"]


def _no_room(transaction: object) -> None:
    raise StoreUnavailable("no room")


def test_memory_is_bounded(engines: Engines) -> None:
    for number in range(2_100):
        engines.patterns.note("often", at(0) + timedelta(minutes=number), f"source {number % 30}")
    engines.patterns.note("often", at(0) - timedelta(days=500), "chat")
    for number in range(510):
        engines.patterns.note(f"type {number}", at(0) + timedelta(minutes=number), "chat")
    engines.patterns.flush()

    often = engines.patterns.moments("often")
    assert len(often.at) == 2_000
    assert len(often.sources) == 11
    assert len(engines.store.moments.all()) == 500
    assert engines.store.moments.get("type 0") is None


def test_commands_that_run_the_bot_are_never_found(engines: Engines) -> None:
    thursdays(engines, 8, "command:settings")
    thursdays(engines, 8, "command:week")

    assert [pattern.type for pattern in engines.patterns.listed(at(9))] == ["command:week"]


def test_rhythms_have_names(engines: Engines) -> None:
    def said(*days: int) -> str:
        ahead = [Expected(at=at(18) + timedelta(days=day), confidence=0.9, band="high") for day in days]
        return rhythm(ahead, engines.config.zone)

    assert said(*range(8)) == "every day"
    assert said(0, 1, 4, 5, 6, 7, 8) == "on workdays"
    assert said(0, 7, 14) == "on Thursdays"
    assert said(0, 14) == "every second Thursday"
    assert said(0, 31) == "every month"
    assert said(0) == said(0, 2, 3) == said(0, 1) == said() == ""


def test_another_process_sees_what_was_learned_and_what_was_logged(engines: Engines, home: Path) -> None:
    thursdays(engines, 6)
    engines.patterns.listed(at(9))
    other = wire(engines.store, engines.clock, engines.config, FakeExecutor(home, engines.clock)).patterns

    assert other.known() == engines.patterns.listed(at(9))
    other.log(NBA, at(8), "chat")  # the forecast of the first is out of date now
    assert engines.patterns.listed(at(9)) == other.listed(at(9))


def test_learning_again_writes_nothing(engines: Engines) -> None:
    thursdays(engines, 6)
    assert len(engines.patterns.learn(at(9))) == 1

    assert engines.patterns.learn(at(9)) == []


def test_today(engines: Engines) -> None:
    thursdays(engines, 6)
    thursdays(engines, 6, "log workout", at(7) - WEEK)
    engines.patterns.listed(at(6))

    zone = engines.config.zone
    assert [pattern.type for pattern, _ in expected_today(engines.store, zone, at(6))] == ["log workout", NBA]
    assert [pattern.type for pattern, _ in expected_today(engines.store, zone, at(9))] == [NBA]
    assert expected_today(engines.store, zone, at(9, day=6)) == []


# -- offering ---------------------------------------------------------------------------------------------------------


def test_a_routine_of_three_weeks_is_offered_before_its_time_once_ever(engines: Engines) -> None:
    thursdays(engines, 3)

    for hour in (9, 13):
        tick(engines, at(hour))
    assert news(engines, PatternSuggested) == []
    tick(engines, at(14, 15))
    assert news(engines, PatternSuggested) == [PatternSuggested(pattern=engines.patterns.find(NBA).id)]

    engines.patterns.log(NBA, at(18), "chat")
    tick(engines, at(14, 15) + WEEK)
    assert len(news(engines, PatternSuggested)) == 1


def test_at_most_one_a_day_the_surest_first(engines: Engines) -> None:
    thursdays(engines, 6)
    thursdays(engines, 3, "log workout", at(18, 10) - WEEK)

    for hour in (15, 16, 17):
        tick(engines, at(hour))

    assert news(engines, PatternSuggested) == [PatternSuggested(pattern=engines.patterns.find(NBA).id)]


def test_nothing_is_offered_while_people_sleep(engines: Engines) -> None:
    thursdays(engines, 6, "log workout", at(8) - WEEK)

    tick(engines, at(5))
    assert news(engines, PatternSuggested) == []
    tick(engines, at(7, 15))
    assert len(news(engines, PatternSuggested)) == 1


def test_yes_builds_what_it_was_about_although_it_is_not_sure_yet(engines: Engines) -> None:
    thursdays(engines, 3)
    tick(engines, at(15))
    pattern = engines.patterns.find(NBA)

    engines.patterns.accept(pattern.id, RANKINGS, at(15, 5))
    tick(engines, at(15, 15))

    (task,) = engines.store.tasks.all()
    assert (task.title, task.source, task.priority, task.confined) == (
        "Update the rankings",
        Source.PATTERN,
        Priority.HIGH,
        True,
    )
    assert engines.patterns.find(NBA).enabled


def test_yes_to_what_can_not_be_queued_changes_nothing(engines: Engines) -> None:
    thursdays(engines, 3)
    tick(engines, at(15))
    before = engines.patterns.find(NBA)

    with pytest.raises(Refused):
        engines.patterns.accept(NBA, Action(title="Rank", project=ProjectName("gone")), at(15, 5))

    assert engines.patterns.find(NBA) == before


def test_no_and_never(engines: Engines) -> None:
    thursdays(engines, 6)
    engines.patterns.listed(at(9))

    assert engines.patterns.decline(NBA, at(9)).accepted is False
    with pytest.raises(Conflict, match="answered already"):
        engines.patterns.decline(NBA, at(9))
    assert engines.patterns.never(NBA, at(9)).never
    tick(engines, at(15))

    assert engines.subjects() == []
    assert expected_today(engines.store, engines.config.zone, at(9)) == []
    assert engines.patterns.suggest(at(15)) == []


# -- building ahead ---------------------------------------------------------------------------------------------------


def test_what_to_build_ahead(engines: Engines) -> None:
    thursdays(engines, 8)
    thursdays(engines, 8, "command:week")

    assert engines.patterns.suggest(at(13)) == []
    (one,) = engines.patterns.suggest(at(15))
    assert (one.type, one.at, one.action, one.by_itself, one.task) == (NBA, at(18), None, False, None)

    engines.patterns.set_action(NBA, RANKINGS, at(15))
    engines.patterns.enable(NBA, at(15))
    (one,) = engines.patterns.suggest(at(15))
    assert (one.action, one.by_itself) == (RANKINGS, True)


def test_a_sure_routine_that_is_enabled_is_built_ahead_once(engines: Engines) -> None:
    pattern = enabled(engines)

    tick(engines, at(13, 45))
    assert engines.store.tasks.all() == []
    for minute in (0, 15, 30):
        tick(engines, at(14, minute))

    (task,) = engines.store.tasks.all()
    assert task.request == f"{pattern} 2026-03-05T18:00"
    assert engines.patterns.find(pattern).occurrences[0].task == task.id


def test_an_occurrence_that_moves_a_little_is_the_same(engines: Engines) -> None:
    enabled(engines)
    tick(engines, at(14))
    for minute in (10, 20, 30, 40):  # from now on it is expected later
        engines.patterns.log(NBA, at(18, minute) - WEEK, "chat")

    tick(engines, at(15))

    assert len(engines.store.tasks.all()) == 1


def test_what_is_not_sure_or_not_enabled_is_not_built(engines: Engines) -> None:
    enabled(engines, weeks=5)
    tick(engines, at(15))
    assert engines.store.tasks.all() == []

    thursdays(engines, 8)
    engines.patterns.disable(NBA, at(15))
    tick(engines, at(15, 15))
    assert engines.store.tasks.all() == []


def test_the_rules_of_decisions_hold(engines: Engines) -> None:
    pattern = enabled(engines)
    feature = Action(title="A new page for payments", project=ProjectName("shop"), category=Category.FEATURE)
    engines.patterns.set_action(pattern, feature, at(9))

    tick(engines, at(14))
    (task,) = engines.store.tasks.all()
    assert isinstance(task.state, NeedsApproval)

    engines.patterns.log(NBA, at(18), "chat")
    tick(engines, at(14) + WEEK)  # nobody has answered: questions do not pile up
    assert len(engines.store.tasks.all()) == 1


def test_a_template_that_is_refused_switches_itself_off(engines: Engines) -> None:
    pattern = enabled(engines)
    with engines.store.transaction():
        engines.store.projects.remove("shop")
        engines.store.projects.put("blog", factories.project(name=ProjectName("blog")))

    tick(engines, at(14))

    assert not engines.patterns.find(pattern).enabled
    assert "no project “shop”" in str(engines.lines("queue_actions.log")[-1]["reason"])


def test_the_night_prepares_the_morning(engines: Engines) -> None:
    thursdays(engines, 8, last=at(8) - WEEK)
    pattern = engines.patterns.listed(at(20, day=4))[0].id
    engines.patterns.set_action(pattern, RANKINGS, at(20, day=4))
    engines.patterns.enable(pattern, at(20, day=4))

    assert engines.patterns.prepare(at(23, 5, day=4)) == [
        "task_1 “Update the rankings” is built ahead of the time at which it is usually asked for"
    ]
    assert engines.patterns.prepare(at(23, 6, day=4)) == []


# -- handing over -----------------------------------------------------------------------------------------------------


def test_a_result_waits_for_its_time(engines: Engines) -> None:
    pattern = enabled(engines)
    tick(engines, at(14))
    (task,) = engines.store.tasks.all()
    engines.finish(task)
    assert news(engines, BuildStarted) == news(engines, BuildEnded) == news(engines, PatternDue) == []

    tick(engines, at(17, 59))
    assert news(engines, PatternDue) == []
    tick(engines, at(18))

    assert news(engines, PatternDue) == [PatternDue(pattern=engines.patterns.find(pattern).id, at=at(18), task=task.id)]


def test_a_build_that_is_late_is_waited_for(engines: Engines) -> None:
    enabled(engines)
    tick(engines, at(14))
    build = engines.start(engines.store.tasks.all()[0])

    tick(engines, at(18, 30))
    assert news(engines, PatternDue) == []
    engines.executor.end(build.id)
    engines.queue.collect(at(18, 31))
    tick(engines, at(18, 31))
    assert len(news(engines, PatternDue)) == 1


def test_a_build_that_never_comes_is_told_of(engines: Engines) -> None:
    enabled(engines)
    tick(engines, at(14))

    tick(engines, at(21))

    assert isinstance(engines.store.tasks.all()[0].state, Queued)
    assert len(news(engines, PatternDue)) == 1


def test_a_command_that_is_enabled_is_offered_at_its_time_unless_the_owner_was_faster(engines: Engines) -> None:
    thursdays(engines, 6, "command:week")
    engines.patterns.listed(at(9))
    engines.patterns.enable("command:week", at(9))
    tick(engines, at(17, 50))
    assert news(engines, PatternDue) == []

    tick(engines, at(18))
    assert len(news(engines, PatternDue)) == 1

    engines.patterns.log("command:week", at(18, 1), "chat")
    tick(engines, at(17, 45) + WEEK)
    engines.patterns.note("command:week", at(17, 50) + WEEK, "chat")
    tick(engines, at(18) + WEEK)
    assert len(news(engines, PatternDue)) == 1


def test_a_command_takes_no_action(engines: Engines) -> None:
    thursdays(engines, 6, "command:week")
    engines.patterns.listed(at(9))

    with pytest.raises(Refused, match="needs no action"):
        engines.patterns.set_action("command:week", RANKINGS, at(9))


# -- feedback and forgetting ------------------------------------------------------------------------------------------


def handed_over(engines: Engines) -> str:
    pattern = enabled(engines)
    tick(engines, at(14))
    engines.finish(engines.store.tasks.all()[0])
    tick(engines, at(18))
    return pattern


def test_useful_counts_as_asked_for(engines: Engines) -> None:
    pattern = handed_over(engines)
    before = len(engines.patterns.moments(NBA).at)

    engines.patterns.feedback(pattern, at(18, 5), useful=True)
    engines.patterns.feedback(pattern, at(18, 6), useful=True, at=at(18))

    assert engines.patterns.find(pattern).useful == 1
    assert len(engines.patterns.moments(NBA).at) == before + 1
    assert engines.patterns.moments(NBA).sources["useful"] == 1


def test_not_useful_lowers_the_confidence_until_nothing_is_built_any_more(engines: Engines) -> None:
    pattern = handed_over(engines)
    soon = at(9) + WEEK
    engines.patterns.log(NBA, at(18), "chat")
    before = engines.patterns.listed(soon)[0].expected[0].confidence

    engines.patterns.feedback(pattern, at(18, 5), useful=False)
    once = engines.patterns.listed(soon)[0].expected[0].confidence
    assert once == pytest.approx(before * 8 / 9, abs=0.01)
    assert engines.patterns.find(pattern).useless == 1

    tick(engines, at(14) + WEEK)
    engines.finish(engines.store.tasks.all()[1])
    tick(engines, at(18) + WEEK)
    engines.patterns.log(NBA, at(18) + WEEK, "chat")
    engines.patterns.feedback(pattern, at(18, 5) + WEEK, useful=False)
    tick(engines, at(14) + 2 * WEEK)
    assert len(engines.store.tasks.all()) == 2

    engines.patterns.enable(pattern, at(14) + 2 * WEEK)  # the owner's word forgives
    tick(engines, at(14, 15) + 2 * WEEK)
    assert len(engines.store.tasks.all()) == 3


def test_a_change_of_mind(engines: Engines) -> None:
    pattern = handed_over(engines)

    engines.patterns.feedback(pattern, at(18, 5), useful=False)
    found = engines.patterns.feedback(pattern, at(18, 6), useful=True)

    assert (found.useful, found.useless, found.occurrences[0].useful) == (1, 0, True)


def test_feedback_needs_something_to_judge(engines: Engines) -> None:
    pattern = enabled(engines)

    with pytest.raises(Conflict, match="Nothing was handed over"):
        engines.patterns.feedback(pattern, at(9), useful=True)
    with pytest.raises(NotFound, match="no pattern “pattern_99”"):
        engines.patterns.feedback("pattern_99", at(9), useful=True)


def test_what_stops_is_forgotten_and_says_so_once(engines: Engines) -> None:
    pattern = enabled(engines)
    for week in range(1, 7):
        tick(engines, at(9) + week * WEEK)
        if engines.patterns.find(pattern).forgotten_at:
            break
    tick(engines, at(9) + 10 * WEEK)

    found = engines.patterns.find(pattern)
    assert 2 <= week <= 6
    assert (found.expected, found.enabled) == ((), True)
    assert news(engines, PatternForgotten) == [PatternForgotten(pattern=found.id, last=at(18) - WEEK)]
    assert engines.patterns.suggest(at(15) + 10 * WEEK) == []

    thursdays(engines, 4, last=at(18) + 13 * WEEK)
    assert engines.patterns.listed(at(9) + 14 * WEEK)[0].forgotten_at is None


def test_a_forgotten_routine_that_nobody_spoke_of_is_removed(engines: Engines) -> None:
    thursdays(engines, 3)
    thursdays(engines, 8, "dinner")
    engines.patterns.listed(at(9))
    engines.patterns.disable(NBA, at(9))
    engines.patterns.decline("dinner", at(9))
    engines.patterns.listed(at(9) + 8 * WEEK)
    assert len(engines.patterns.known()) == 2

    engines.patterns.log("command:week", at(9) + 17 * WEEK, "chat")
    engines.patterns.log("command:week", at(9) + 18 * WEEK, "chat")

    assert [one.type for one in engines.patterns.listed(at(8) + 19 * WEEK)] == ["command:week", "dinner"]


def test_a_task_and_what_it_is_for_are_recorded_together_or_not_at_all(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern = enabled(engines)
    engines.patterns.learn(at(14))
    with monkeypatch.context() as broken:
        broken.setattr(engines.store._replica, "commit", _no_room)
        with pytest.raises(StoreUnavailable):
            engines.patterns.prebuild(at(14))
    assert (engines.store.tasks.all(), engines.patterns.find(pattern).occurrences) == ([], ())

    assert len(engines.patterns.prebuild(at(14))) == 1
    assert engines.patterns.prebuild(at(14)) == []
