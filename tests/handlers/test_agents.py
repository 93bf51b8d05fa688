"""The coding agents in the chat."""

import asyncio
from datetime import timedelta

from core.model.agent import UsageLimit
from core.model.config import AgentTemplate
from tests import factories
from tests.handlers.conftest import House, Open


async def test_agents_are_listed_with_what_they_lack(open_house: Open) -> None:
    house = await open_house(agent_templates=(AgentTemplate(name="mine", argv=("mine",)), factories.AGENT))
    with house.store.transaction():
        until = house.clock() + timedelta(hours=2)
        house.store.limits.put("mine", UsageLimit(engine="mine", until=until, seen_at=house.clock()))

    text = await house.ask("/agents")

    assert "mine\n      ⏳ its usage limit is reached until 22:00" in text
    assert "agent\n      ✅ ready, taken first" in text
    assert "claude: npm install -g @anthropic-ai/claude-code" in text
    assert house.labels(house.last_id()) == ["🧪 Try mine", "🧪 Try agent"]


async def test_without_agents_it_says_so(open_house: Open) -> None:
    house = await open_house(agent_templates=())
    assert "None is installed" in await house.ask("/agents")


async def test_an_agent_is_tried_by_command_and_by_button(house: House) -> None:
    assert (await house.ask("/agents try agent")).startswith("✅ agent works: it did its task in 2 min")

    await house.ask("/agents")
    listed = house.last_id()
    assert (await house.press(listed, "Try agent")).text == "Trying agent …"
    async with asyncio.timeout(20):
        while house.last_id() == listed or not house.text(house.last_id()).startswith("✅ agent works"):
            await asyncio.sleep(0.01)


async def test_what_can_not_be_tried_is_refused(house: House) -> None:
    assert "There is no agent “nobody”" in await house.ask("/agents try nobody")
    assert "claude is not installed. To get it: npm install" in await house.ask("/agents try claude")
    assert await house.ask("/agents claude") == ("/agents lists them; /agents try NAME tries one on a small task.")


async def test_a_task_names_its_agent(house: House) -> None:
    house.add()
    assert "agent claude · without network" in await house.ask("/add Fix it #offline\nagent: claude")
    assert "There is no agent “clod”" in await house.ask("/add Fix it\nagent: clod")
