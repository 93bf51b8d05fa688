"""Which engine builds a task, and how it is started."""

from datetime import timedelta
from typing import Any

import pytest

from core import engines
from core.agent_status import AgentStatuses
from core.errors import Refused
from core.model.agent import UsageLimit
from core.model.build import Engine
from core.model.config import AgentTemplate
from core.model.task import Category
from core.ports import Program
from storage import JournalStore
from tests import factories
from tests.core.conftest import Engines
from tests.factories import NOW
from tests.fakes import FakePrograms

ALL = {
    name: Program(path=f"/bin/{name}") for name in ("claude", "codex", "gemini", "opencode", "aider", "mini", "mine")
}
MINE = AgentTemplate(name="mine", argv=("mine", "--yes", "{prompt_file}"))


def chosen(
    task: dict[str, Any] | None = None,
    project: str | None = None,
    *,
    programs: tuple[str, ...] = tuple(ALL),
    limited: tuple[str, ...] = (),
    **settings: Any,
) -> str:
    """The name of the engine, or the reason why there is none."""
    config = factories.config(**{"agent_templates": (), **settings})
    choice = engines.choose(
        factories.task(1, **(task or {})),
        factories.project(agent=project),
        config,
        {name: ALL[name] for name in programs},
        dict.fromkeys(limited, NOW + timedelta(hours=3, minutes=10)),
    )
    return choice.engine.name if choice.engine is not None else choice.reason


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"task": {"command": "make"}, "project": "claude"}, "shell"),
        ({}, "claude"),
        ({"programs": ("gemini", "aider")}, "gemini"),
        ({"agent_templates": (MINE,)}, "mine"),
        ({"agents": ("aider", "mini")}, "aider"),
        ({"agents": ("aider", "mini"), "programs": ("mini", "claude")}, "mini"),
        ({"agents": ("aider",), "agent_by_category": {Category.DOCUMENTATION: "gemini"}}, "gemini"),
        ({"agents": ("aider",), "agent_by_category": {Category.BUG: "gemini"}}, "aider"),
        ({"project": "codex", "agent_by_category": {Category.DOCUMENTATION: "gemini"}}, "codex"),
        ({"task": {"agent": "mini"}, "project": "codex"}, "mini"),
        ({"task": {"agent": "mini"}, "project": "codex", "programs": ("codex",)}, "codex"),
        ({"task": {"agent": "gone"}}, "claude"),
        ({"limited": ("claude",)}, "codex"),
        ({"limited": ("claude",), "agents": ("claude", "gemini")}, "gemini"),
    ],
)
def test_the_wished_for_first_then_the_next(given: dict[str, Any], name: str) -> None:
    assert chosen(**given) == name


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"programs": ()}, "no agent is installed; /agents tells how to get one"),
        ({"programs": (), "agents": ("aider",)}, "aider is not installed"),
        ({"programs": (), "task": {"agent": "mini"}}, "mini is not installed"),
        ({"programs": ("claude",), "limited": ("claude",)}, "the usage limit of claude is reached until 23:10"),
        (
            {"programs": ("claude",), "limited": ("claude",), "project": "codex"},
            "codex is not installed; the usage limit of claude is reached until 23:10",
        ),
    ],
)
def test_without_one_the_reason_is_told(given: dict[str, Any], reason: str) -> None:
    assert chosen(**given) == reason


def test_a_known_engine_ready_for_use() -> None:
    config = factories.config(agent_arguments={"codex": ("-m", "x")}, agent_environment=("MINE",))

    codex = engines.engine("codex", config, ALL["codex"])

    assert codex.argv is not None
    assert codex.argv[0] == "/bin/codex"
    assert codex.argv[-3:] == ("-m", "x", "-"), "what tells where the prompt comes from stays the last word"
    assert {"OPENAI_API_KEY", "MINE"} <= set(codex.keys)
    assert (codex.reader, codex.must_close) == ("codex", True)
    template = engines.engine("mine", factories.config(agent_templates=(MINE,)), ALL["mine"])
    assert template == Engine(name="mine", argv=("/bin/mine", "--yes", "{prompt_file}"))


def test_no_engine_gets_its_prompt_or_a_key_on_the_command_line() -> None:
    for kind in engines.KINDS:
        made = engines.engine(kind.name, factories.config(), ALL[kind.name])
        assert made.argv is not None
        assert not any("{prompt}" in word or "key" in word.lower() for word in made.argv)
        assert set(kind.secrets) <= set(made.keys)
        assert all("KEY" not in name and "TOKEN" not in name for name, _ in made.environment)


def test_a_name_that_nobody_knows_is_refused_when_a_task_comes_in(engines_: Engines) -> None:
    with pytest.raises(Refused, match=r"There is no agent “clod”\. There are agent, claude, codex"):
        engines_.add(agent="clod")
    assert engines_.store.tasks.all() == []
    assert engines_.add(agent=" Claude ").agent == "claude"


@pytest.fixture
def engines_(engines: Engines) -> Engines:
    return engines


def test_a_task_waits_for_the_end_of_a_usage_limit(engines_: Engines) -> None:
    task = engines_.add()
    with engines_.store.transaction():
        until = NOW + timedelta(hours=1)
        engines_.store.limits.put("agent", UsageLimit(engine="agent", until=until, seen_at=NOW))

    assert engines_.queue.schedule_builds(NOW) == []
    assert engines_.scheduler.why_waiting(task.id, NOW) == "the usage limit of agent is reached until 21:00"
    engines_.clock.advance(hours=1)
    assert len(engines_.queue.schedule_builds(engines_.now)) == 1


def test_what_each_agent_lacks_is_told(store: JournalStore) -> None:
    programs = FakePrograms("claude", "codex", "gemini", "mine")
    programs.keys, programs.files = {"GEMINI_API_KEY"}, {".claude/.credentials.json"}
    config = factories.config(agents=("gemini", "aider", "claude"), agent_templates=(MINE,))
    with store.transaction():
        store.limits.put("gemini", UsageLimit(engine="gemini", until=NOW + timedelta(hours=1), seen_at=NOW))

    found = {each.name: each for each in AgentStatuses(store, programs, config).all(NOW)}

    assert list(found) == ["gemini", "aider", "claude", "mine", "codex", "opencode", "mini"]
    assert found["gemini"].limited_until == NOW + timedelta(hours=1)
    assert found["aider"].path is None
    assert "pipx install aider-chat" in found["aider"].install
    assert found["claude"].is_ready
    assert found["claude"].is_first
    assert found["claude"].version == "1.0"
    assert found["codex"].missing == "it is not logged in, and none of OPENAI_API_KEY, CODEX_API_KEY is set"
    assert found["mine"].is_ready
    assert [each.name for each in found.values() if each.is_first] == ["claude"]


@pytest.mark.parametrize("name", ["shell", "aider", "mine"])
def test_what_is_not_installed_can_not_be_tried(name: str, store: JournalStore) -> None:
    statuses = AgentStatuses(store, FakePrograms(), factories.config(agent_templates=(MINE,)))
    with pytest.raises(Refused, match=f"{name} is not installed"):
        statuses.engine(name)
