"""The life of a build in the records: retries, usage limits, budgets, and what its process is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.model.agent import Trouble, Usage
from core.model.build import (
    Abandoned,
    AgentFailed,
    AgentTroubled,
    Broke,
    Build,
    Confinement,
    Ended,
    Level,
    Outcome,
    OverLimit,
    Phase,
    Progress,
    Resource,
)
from core.model.execution import Capacity
from core.model.ids import BuildId
from core.model.notification import BudgetLow, NightBudgetLow
from core.model.task import Completed, Failed, Queued, Running, Source, Task
from tests import factories
from tests.core.conftest import Engines

Engine = Callable[..., Engines]
MODEL_DOWN = AgentTroubled(trouble=Trouble.MODEL, detail="503")


def end(engines: Engines, task: Task, outcome: Outcome, usage: Usage | None = None) -> Task:
    """The running build of the task ends like this."""
    build = running(engines, task)
    engines.executor.end(build.id, outcome, usage=usage)
    engines.queue.collect(engines.now)
    return engines.task(task)


def running(engines: Engines, task: Task) -> Build:
    state = engines.task(task).state
    assert isinstance(state, Running)
    build = engines.store.builds.get(state.build)
    assert build is not None
    return build


@pytest.mark.parametrize(
    ("outcome", "minutes"),
    [
        (MODEL_DOWN, 10),
        (AgentTroubled(trouble=Trouble.RATE), 10),
        (AgentTroubled(trouble=Trouble.NETWORK), 10),
        (Abandoned(), 0),
    ],
)
def test_what_may_pass_is_tried_once_more_after_a_pause(engines: Engines, outcome: Outcome, minutes: int) -> None:
    task = engines.add()
    engines.start(task)

    waiting = end(engines, task, outcome)

    assert isinstance(waiting.state, Queued)
    assert waiting.retries == 1
    if minutes:
        assert waiting.state.not_before == engines.now + timedelta(minutes=minutes)
        assert engines.queue.schedule_builds(engines.now) == []
        assert engines.scheduler.why_waiting(task.id, engines.now) == "is tried again at 20:10"
    engines.clock.advance(minutes=minutes)
    assert [build.id for build in engines.queue.schedule_builds(engines.now)] == [f"{task.id}-2"]
    assert isinstance(end(engines, task, outcome).state, Failed), "a second time it is a failure"


@pytest.mark.parametrize(
    "outcome",
    [
        Broke(),
        AgentFailed(exit_code=1),
        AgentTroubled(trouble=Trouble.LOGIN),
        AgentTroubled(trouble=Trouble.PERMISSION),
        OverLimit(resource=Resource.DOLLARS, limit=5.0),
    ],
)
def test_real_failures_are_not_tried_again(engines: Engines, outcome: Outcome) -> None:
    task = engines.add()
    engines.start(task)

    assert isinstance(end(engines, task, outcome).state, Failed)
    assert engines.queue.schedule_builds(engines.now) == []


def test_when_the_owner_asks_again_the_count_begins_anew(engines: Engines) -> None:
    task = engines.add()
    engines.start(task)
    end(engines, task, Abandoned())
    engines.queue.schedule_builds(engines.now)
    end(engines, task, Abandoned())

    assert engines.queue.retry(task.id, engines.now).retries == 0
    engines.queue.schedule_builds(engines.now)
    assert isinstance(end(engines, task, Abandoned()).state, Queued)


def test_an_interrupted_agent_goes_on_from_its_own_work_and_a_command_does_not(engines: Engines) -> None:
    by_agent = engines.add("By agent")
    by_command = engines.add("By command", command="make fix")
    first = engines.start(by_agent)
    for task in (by_agent, by_command):
        end(engines, task, Abandoned())
    engines.queue.schedule_builds(engines.now)

    assert running(engines, by_agent).spec.onto == (first.spec.branch,)
    assert "An earlier try was interrupted" in running(engines, by_agent).spec.prompt
    assert running(engines, by_command).spec.onto == ()


def test_a_usage_limit_is_noted_with_its_end(engines: Engines) -> None:
    task = engines.add()
    engines.start(task)
    resets = engines.now + timedelta(hours=3)

    waiting = end(engines, task, AgentTroubled(trouble=Trouble.LIMIT, resets_at=resets))

    assert isinstance(waiting.state, Queued)
    limit = engines.store.limits.get("agent")
    assert limit is not None
    assert (limit.until, limit.seen_at) == (resets, engines.now)
    assert engines.builds.look_around(engines.now).limited == {"agent": resets}
    assert engines.builds.look_around(resets).limited == {}


def test_a_usage_limit_without_an_end_is_looked_at_again_in_an_hour(engines: Engines) -> None:
    task = engines.add()
    engines.start(task)
    end(engines, task, AgentTroubled(trouble=Trouble.LIMIT))

    limit = engines.store.limits.get("agent")
    assert limit is not None
    assert limit.until == engines.now + timedelta(hours=1)


def test_three_builds_reserve_their_budgets_and_the_next_gets_the_rest(engines: Engines) -> None:
    tasks = [engines.add(f"Job {number}") for number in range(4)]
    engines.queue.schedule_builds(engines.now)
    assert [running(engines, task).spec.limits.dollars for task in tasks[:3]] == [5.0, 5.0, 5.0]

    end(engines, tasks[0], Broke(), Usage(dollars=4.5))
    engines.queue.schedule_builds(engines.now)
    assert running(engines, tasks[3]).spec.limits.dollars == 5.0
    end(engines, tasks[1], Broke(), Usage(dollars=3.0))
    last = engines.add("Last")
    engines.queue.schedule_builds(engines.now)

    assert running(engines, last).spec.limits.dollars == 20 - 4.5 - 3.0 - 2 * 5.0, "what is left"


def test_a_spent_night_starts_nothing_that_costs_and_says_why(engines: Engines) -> None:
    costs = engines.add("Costs")
    engines.start(costs)
    end(engines, costs, Broke(), Usage(dollars=20.0))
    waits, free = engines.add("Waits"), engines.add("Free", command="make")

    started = engines.queue.schedule_builds(engines.now)

    assert [build.task for build in started] == [free.id]
    assert running(engines, free).spec.limits.dollars is None
    assert engines.scheduler.why_waiting(waits.id, engines.now) == "tonight's budget of $20.00 is spent"
    engines.clock.advance(hours=24)
    assert waits.id in [build.task for build in engines.queue.schedule_builds(engines.now)]


def test_the_owner_is_warned_once_at_four_fifths_of_a_build_and_of_the_night(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    for dollars in (3.0, 4.1, 4.4):
        engines.executor.shown[build.id] = Progress(
            phase=Phase.WORKING, since=engines.now, pid=1, started=0.0, usage=Usage(dollars=dollars)
        )
        engines.queue.collect(engines.now)
    assert subjects(engines, BudgetLow) == [BudgetLow(build=build.id)]

    end(engines, task, Broke(), Usage(dollars=16.5))
    other = engines.add("Other")
    engines.queue.schedule_builds(engines.now)
    end(engines, other, Broke(), Usage(dollars=0.5))

    night = [subject for subject in subjects(engines, NightBudgetLow) if isinstance(subject, NightBudgetLow)]
    assert [subject.what for subject in night] == ["$16.50 of tonight's $20.00 are spent"]


def subjects(engines: Engines, kind: type) -> list[object]:
    return [note.subject for note in engines.store.notifications.all() if isinstance(note.subject, kind)]


def test_a_build_is_told_its_limits_and_walls(engines: Engines) -> None:
    offline = engines.add("Offline", network=False, confined=True)
    learned = engines.add("Learned", source=Source.PATTERN)
    engines.start(offline)

    spec = running(engines, offline).spec
    assert spec.confinement == Confinement(
        level=Level.AUTO, required=True, hidden=(str(engines.config.home),), network=False
    )
    assert (spec.limits.memory, spec.limits.processes, spec.limits.disk) == (4_000_000_000, 500, 10_000_000_000)
    assert spec.limits.cpu == 16 * 3600
    assert engines.task(learned).confined, "nobody has read what a pattern wants"


def test_without_room_nothing_starts_and_the_reason_is_told(engines: Engines) -> None:
    task = engines.add()
    engines.executor.room = Capacity(slots=0, reason="Builds can't be confined on this machine.")

    assert engines.queue.schedule_builds(engines.now) == []
    assert engines.scheduler.why_waiting(task.id, engines.now) == "Builds can't be confined on this machine."

    engines.executor.room = Capacity(slots=1)
    engines.add("Second")
    assert len(engines.queue.schedule_builds(engines.now)) == 1


def test_what_must_be_confined_waits_where_nothing_is(engines: Engines) -> None:
    task, other = engines.add("Careful", confined=True), engines.add("Other")
    engines.executor.room = Capacity(confined=False)

    assert [build.task for build in engines.queue.schedule_builds(engines.now)] == [other.id]
    assert "must be confined" in (engines.scheduler.why_waiting(task.id, engines.now) or "")


def test_a_build_that_died_while_it_was_proven_goes_on(engines: Engines) -> None:
    task = engines.add()
    build = engines.start(task)
    engines.executor.vanish(build.id)
    engines.executor.resumable.add(build.id)

    assert engines.queue.collect(engines.now) == []
    assert engines.executor.launched == [build.id, build.id]
    assert isinstance(end(engines, task, None or factories.result().outcome).state, Completed)
    ended = engines.store.builds.get(BuildId(build.id))
    assert ended is not None
    assert isinstance(ended.state, Ended)


def test_a_task_that_is_tried_again_still_waits_for_its_window(engines: Engines) -> None:
    task = engines.add(hours=1.0)
    engines.start(task)
    engines.clock.advance(hours=22.75)  # Wednesday, 18:45: between two windows
    waiting = end(engines, task, Abandoned())

    assert isinstance(waiting.state, Queued)
    assert not waiting.start_now
    assert engines.queue.schedule_builds(engines.now) == []
    assert "waits for the" in (engines.scheduler.why_waiting(task.id, engines.now) or "")
