"""Learned durations: worked examples, and against the raw estimates on generated builds."""

import math
import random
from datetime import timedelta
from itertools import pairwise
from statistics import fmean

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.estimates import Estimates, EstimatesCache, Factor, ratio
from core.model.build import (
    AgentFailed,
    AlreadyRed,
    Broke,
    Build,
    Empty,
    Ended,
    Engine,
    Outcome,
    Proven,
    Stopped,
    TimedOut,
    Unverified,
)
from core.model.category import Category
from core.model.task import Task
from storage import JournalStore
from tests import factories

DOCS, BUG, TESTS = Category.DOCUMENTATION, Category.BUG, Category.TESTS


class History:
    """Builds one after the other, each of its own task, each estimated at an hour."""

    def __init__(self) -> None:
        self.builds: list[Build] = []
        self.tasks: list[Task] = []

    def add(
        self,
        taken: float,
        category: Category = DOCS,
        engine: str = "claude",
        outcome: Outcome | None = None,
        estimate: float = 1.0,
    ) -> "History":
        number = len(self.builds) + 1
        started = factories.NOW + timedelta(days=number)
        result = factories.result(outcome, started_at=started, ended_at=started + timedelta(hours=taken))
        build = factories.build(f"task_{number}-1", Ended(result=result), started_at=started, hours=estimate)
        spec = msgspec.structs.replace(build.spec, engine=Engine(name=engine, shell="true"))
        self.builds.append(msgspec.structs.replace(build, spec=spec))
        self.tasks.append(factories.task(number, category=category, hours=estimate))
        return self

    def learn(self) -> Estimates:
        return Estimates.from_builds(self.builds, self.tasks)


def repeated(count: int, taken: float, category: Category = DOCS, engine: str = "claude") -> History:
    history = History()
    for _ in range(count):
        history.add(taken, category, engine)
    return history


@pytest.mark.parametrize("engine", [None, "claude"])
def test_without_builds_the_estimate_stands(engine: str | None) -> None:
    learned = History().learn()

    assert learned.factor(DOCS, engine) == Factor(1.0, 0)
    assert learned.hours(factories.task(hours=2.5), engine) == 2.5


@pytest.mark.parametrize("builds", [1, 3, 9])
def test_the_prior_is_worth_three_builds(builds: int) -> None:
    """Of nearly equal weight: the mean of n builds at log 2 and three at 0."""
    factor = repeated(builds, 2.0).learn().factor(DOCS, "claude")

    assert factor.samples == builds
    assert math.log(factor.value) == pytest.approx(math.log(2) * builds / (builds + 3), rel=0.04)


def test_many_builds_tell_nearly_all() -> None:
    learned = repeated(60, 2.0).learn()

    assert learned.factor(DOCS, "claude").value == pytest.approx(2.0, rel=0.1)
    assert learned.hours(factories.task(hours=3.0), "claude") == pytest.approx(6.0, rel=0.1)


def test_it_falls_back_from_engine_to_category_to_all() -> None:
    history = repeated(20, 3.0, DOCS, "claude")
    for _ in range(20):
        history.add(0.5, BUG, "codex")
    learned = history.learn()

    own = learned.factor(DOCS, "claude")
    other_engine, whichever = learned.factor(DOCS, "codex"), learned.factor(DOCS, None)
    other_category = learned.factor(TESTS, "claude")
    assert own.value > 2.0
    assert other_engine.value > 2.0  # all that is known of docs is that they take longer
    assert whichever.value > 2.0
    assert (own.samples, other_engine.samples, whichever.samples, other_category.samples) == (20, 20, 20, 40)
    assert learned.factor(BUG, "codex").value < 0.8
    assert own.value > other_category.value > learned.factor(BUG, "codex").value


def test_the_level_above_is_worth_three_builds() -> None:
    """One build as estimated, against an expectation of nearly 3 from elsewhere: 3 to the power of 3/4."""
    other_engine = repeated(60, 3.0, DOCS, "codex").add(1.0, DOCS, "claude").learn()
    other_category = repeated(60, 3.0, BUG, "claude").add(1.0, DOCS, "claude").learn()

    for learned in (other_engine, other_category):
        assert math.log(learned.factor(DOCS, "claude").value) == pytest.approx(math.log(3) * 0.75, rel=0.15)
    assert other_category.factor(TESTS, None).value == pytest.approx(3.0, rel=0.2)


def test_an_engine_differs_from_the_others_of_its_category() -> None:
    history = repeated(15, 2.0, DOCS, "claude")
    for _ in range(15):
        history.add(0.5, DOCS, "codex")
    learned = history.learn()

    assert learned.factor(DOCS, "claude").value > 1.4
    assert learned.factor(DOCS, "codex").value < 0.75


def test_recent_builds_weigh_more() -> None:
    faster, slower = repeated(30, 2.0), repeated(30, 0.5)
    for _ in range(30):
        faster.add(0.5)
        slower.add(2.0)

    assert faster.learn().factor(DOCS, "claude").value < 0.9
    assert slower.learn().factor(DOCS, "claude").value > 1.1


@pytest.mark.parametrize("taken", [0.001, 200.0])
def test_one_build_far_off_changes_little(taken: float) -> None:
    assert repeated(10, 1.0).add(taken).learn().factor(DOCS, "claude").value == pytest.approx(1.0, abs=0.13)


@pytest.mark.parametrize(("taken", "factor"), [(1e-4, 0.25), (1e4, 4.0)])
def test_the_factor_stays_within_its_bounds(taken: float, factor: float) -> None:
    assert repeated(300, taken).learn().factor(DOCS, "claude").value == factor


@pytest.mark.parametrize("outcome", [Proven(), Unverified(), AlreadyRed()])
def test_usable_ends_teach(outcome: Outcome) -> None:
    history = History().add(2.0, outcome=outcome)

    assert history.learn().factor(DOCS, "claude").samples == 1
    assert ratio(history.builds[0]) == 2.0


@pytest.mark.parametrize("outcome", [Broke(), Empty(), Stopped(), AgentFailed(exit_code=1)])
def test_other_ends_teach_nothing(outcome: Outcome) -> None:
    history = History().add(2.0, outcome=outcome)

    assert history.learn().factor(DOCS, "claude") == Factor(1.0, 0)
    assert ratio(history.builds[0]) is None


def test_a_build_that_ran_into_its_limit_took_at_least_so_long() -> None:
    limit = TimedOut(limit=3600, idle=False)
    slow, before = repeated(10, 2.0), repeated(10, 2.0).learn().factor(DOCS, "claude").value

    early = slow.add(0.5, outcome=limit).learn().factor(DOCS, "claude").value
    late = slow.add(8.0, outcome=limit).learn().factor(DOCS, "claude").value
    assert before <= early < late  # the early one says nothing against the others


def test_what_can_not_be_measured_is_left_out() -> None:
    history = History().add(0.0).add(-1.0).add(1.0, estimate=0.0)
    known = history.learn()
    assert known.factor(DOCS, "claude") == Factor(1.0, 0)
    assert [ratio(build) for build in history.builds] == [None, None, None]

    unknown = Estimates.from_builds(repeated(5, 2.0).builds, [])
    assert unknown.factor(DOCS, "claude") == Factor(1.0, 0)
    assert Estimates.from_builds([factories.build()], [factories.task()]).factor(DOCS, "shell") == Factor(1.0, 0)


def test_the_order_of_the_records_does_not_matter() -> None:
    history, shuffled = History(), random.Random(3)
    for number in range(80):
        history.add(1 + number % 7, (DOCS, BUG)[number % 2], ("claude", "codex")[number % 3 == 0])
    expected = history.learn()
    shuffled.shuffle(history.builds)
    learned = history.learn()

    for category in (DOCS, BUG, TESTS):
        for engine in ("claude", "codex", None):
            assert learned.factor(category, engine) == expected.factor(category, engine)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30), st.floats(1.01, 5))
def test_longer_builds_never_make_the_factor_smaller(taken: list[float], longer: float) -> None:
    short, long = History(), History()
    for hours in taken:
        short.add(hours)
        long.add(hours * longer)

    assert long.learn().factor(DOCS, "claude").value >= short.learn().factor(DOCS, "claude").value - 1e-12


def test_the_cache_learns_again_when_another_build_has_ended(store: JournalStore) -> None:
    history, cache = repeated(5, 2.0), EstimatesCache(store)
    assert cache.now().factor(DOCS, "claude").samples == 0
    with store.transaction():
        for build, task in zip(history.builds, history.tasks, strict=True):
            store.builds.put(build.id, build)
            store.tasks.put(task.id, task)
    learned = cache.now()
    assert learned.factor(DOCS, "claude").samples == 5

    with store.transaction():
        store.builds.put("task_99-1", factories.build("task_99-1"))  # runs
        store.archived_builds.put("task_1-1", history.builds[0])
        store.archived_tasks.put("task_1", history.tasks[0])
        store.builds.remove("task_1-1")
        store.tasks.remove("task_1")
    assert cache.now() is learned


# -- against the raw estimates ----------------------------------------------------------------------------------------


def generated(seed: int, spread: float, count: int = 120) -> History:
    """Three categories and two engines, each with a bias of its own; some builds go wrong by a lot."""
    draw = random.Random(seed)
    general = draw.gauss(0, spread)
    biases = {key: draw.gauss(0, spread) for key in (DOCS, BUG, TESTS, "claude", "codex")}
    history = History()
    for _ in range(count):
        category, engine = draw.choice((DOCS, BUG, TESTS)), draw.choice(("claude", "codex"))
        log = general + biases[category] + biases[engine] + draw.gauss(0, 0.4)
        if draw.random() < 0.05:
            log += draw.choice((-3, 3))
        history.add(math.exp(log), category, engine)
    return history


def errors(spread: float, after: range) -> tuple[float, float]:
    """Mean absolute log error of the next build, learned and raw, over seeds and numbers of known builds."""
    learned, raw = list[float](), list[float]()
    for seed in range(60):
        history = generated(seed, spread)
        for known in after:
            coming = history.builds[known]
            actual = ratio(coming)
            assert actual is not None
            estimates = Estimates.from_builds(history.builds[:known], history.tasks)
            category = history.tasks[known].category
            factor = estimates.factor(category, coming.spec.engine.name)
            learned.append(abs(math.log(actual) - math.log(factor.value)))
            raw.append(abs(math.log(actual)))
    return fmean(learned), fmean(raw)


def test_it_beats_the_raw_estimates_from_five_builds_on_and_ever_more() -> None:
    shares = [learned / raw for learned, raw in (errors(0.5, after) for after in SPANS)]

    assert shares[0] < 0.9, shares
    assert shares[-1] < 0.65, shares
    assert all(later <= earlier + 0.03 for earlier, later in pairwise(shares)), shares


def test_it_does_hardly_any_harm_where_the_estimates_are_right() -> None:
    for after in SPANS:
        learned, raw = errors(0.0, after)
        assert learned < 1.08 * raw, (after, learned, raw)


SPANS = [range(5, 8), range(10, 16, 2), range(25, 40, 5), range(100, 119, 6)]
