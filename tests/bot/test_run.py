"""What a start says about the projects and the agent that the settings name."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot import run
from bot.settings import Settings, parse
from bot.wiring import Installation
from core.errors import Refused
from core.model.config import AgentTemplate
from core.model.ids import BuildId
from core.model.task import Category, Completed, Discarded
from storage import JournalStore
from tests import factories
from tests.fakes import SetClock


class RefreshedTasks:
    """Notes which messages were to be brought up to date."""

    def __init__(self) -> None:
        self.tasks: list[str] = []

    async def refresh(self, task: str) -> None:
        self.tasks.append(task)


class Beats:
    """A pulse that only the timetable knows."""

    async def beat(self) -> None:
        """Nothing is due."""


@pytest.fixture
def installation(store: JournalStore, clock: SetClock, home: Path) -> Installation:
    return Installation(factories.config(home), store, clock)


def settings(*paths: Path) -> Settings:
    return parse({"PROJECTS": ",".join(map(str, paths))}, Path("/"))


def test_projects_of_the_settings_are_registered_once(installation: Installation, repository: Path) -> None:
    run._register_projects(settings(repository), installation)
    (made,) = installation.projects.all()
    installation.projects.register(repository, factories.NOW, verify="test -f a.txt", try_verify=False)

    run._register_projects(settings(repository), installation)

    assert installation.projects.all() == [msgspec.structs.replace(made, verify="test -f a.txt")]


def test_all_projects_that_cannot_be_used_are_named_at_once(
    installation: Installation, repository: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()

    with pytest.raises(Refused) as refusal:
        run._register_projects(settings(tmp_path / "gone", repository, plain), installation)

    head, *lines = str(refusal.value).splitlines()
    assert head == "PROJECTS names what can't be used. Change it in .env:"
    assert [line.startswith("  ") for line in lines] == [True, True]
    assert f"There is no folder {tmp_path / 'gone'}." in lines[0]
    assert f"{plain} is not in a git repository." in lines[1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ""),
        ({"agent_templates": (AgentTemplate(name="sh", argv=("sh", "-c", "true")),)}, ""),
        ({"agent_templates": (AgentTemplate(name="mine", argv=("no-such-program",)),), "agents": ("mine",)}, "mine"),
        ({"agent_by_category": {Category.BUG: "mini"}}, "mini"),
    ],
)
def test_agents_that_are_named_and_not_installed_are_told(
    store: JournalStore, clock: SetClock, home: Path, settings: dict[str, Any], said: str
) -> None:
    config = factories.config(home, **{"agent_templates": (), **settings})
    installation = Installation(config, store, clock, environment={"PATH": "/usr/bin:/bin"})

    text = run._missing_agents(installation)

    assert text == (f"\nNot on the PATH, though the settings name them: {said}." if said else "")


async def test_the_trash_is_purged_by_the_timetable(installation: Installation, clock: SetClock) -> None:
    outbox = RefreshedTasks()
    jobs = {job.name: job for job in run._jobs(installation, Beats(), outbox, None)}  # type: ignore[arg-type]
    trash = installation.config.home / "trash"
    trash.mkdir()
    (trash / "task_1-1.bundle").touch()
    delivery = Discarded(bundle=str(trash / "task_1-1.bundle"), at=clock(), by=None)
    state = Completed(build=BuildId("task_1-1"), at=clock(), delivery=delivery)
    with installation.store.transaction():
        installation.store.tasks.put("task_1", factories.task(state=state))

    await jobs["trash"].job()
    assert (outbox.tasks, len(list(trash.iterdir()))) == ([], 1)
    clock.advance(days=30)
    await jobs["trash"].job()

    assert (outbox.tasks, len(list(trash.iterdir()))) == (["task_1"], 0)
    assert jobs["trash"].seconds == 3600
