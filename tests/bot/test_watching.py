"""Engines and calls to the outside are measured from `watch` on, and what is a failure of them."""

from pathlib import Path

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.app import telegram_fails
from bot.watching import watch
from bot.wiring import Installation
from core.errors import Conflict
from core.runtime.git import GitError
from storage import JournalStore
from tests import factories
from tests.fakes import SetClock


@pytest.fixture
def at(home: Path, store: JournalStore, clock: SetClock) -> Installation:
    installation = Installation(factories.config(home), store, clock)
    watch(installation)
    return installation


def figures(at: Installation) -> dict[str, tuple[int, int]]:
    """How often each was called, and has failed."""
    at.improver.flush(at.clock())
    return {each.operation: (each.figures.count, each.figures.failures) for each in at.improver.stats(at.clock())}


def test_git_and_engines_are_timed_and_what_git_can_not_do_is_its_failure(
    at: Installation, repository: Path, tmp_path: Path
) -> None:
    at.projects.register(repository, at.clock())
    task = at.queue.add_to_queue(factories.new_task(project=at.projects.all()[0].name), at.clock())
    with pytest.raises(Conflict):
        at.shipping.merge(task.id, None, at.clock())
    with pytest.raises(GitError):
        at.workspaces.current_branch(tmp_path)

    found = figures(at)
    assert found["queue add to queue"] == (1, 0)
    assert found["shipping merge"] == (1, 0)
    assert found["projects register"] == (1, 0)
    assert found["git check"] == (2, 0)  # by itself, and for whether the branch is there
    assert found["git"] == (0, 1)


def test_every_engine_and_every_adapter_is_watched(at: Installation) -> None:
    for engine in (at.scheduler, at.contexts, at.overnight, at.weekend, at.problems, at.patterns, at.decisions):
        name = next(name for name in vars(type(engine)) if not name.startswith("_"))
        assert name in vars(engine), engine
    assert {"submit", "cancel", "sweep"} <= set(vars(at.executor))
    assert "version" in vars(at.programs)
    assert "act" in vars(at.housekeeping)


@pytest.mark.parametrize(
    ("error", "fails"),
    [
        (TimedOut(), True),
        (NetworkError("connection reset"), True),
        (TelegramError("Bad Gateway"), True),
        (RetryAfter(5), True),
        (BadRequest("Chat not found"), True),
        (BadRequest("Message is not modified"), False),
        (Forbidden("bot was blocked by the user"), False),
        (ChatMigrated(-100), False),
    ],
)
def test_what_people_do_is_no_failure_of_telegram(error: Exception, fails: bool) -> None:
    assert telegram_fails(error) is fails
