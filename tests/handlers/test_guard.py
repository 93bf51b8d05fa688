"""Who may speak: it is the person that counts, for every kind of update, and nobody may while nobody owns the bot."""

from collections.abc import Callable

import pytest

from bot.local.models import User
from core.model.ids import ChatId, UserId
from core.model.task import Category
from tests.handlers.conftest import ANN, House, Open

EVE = User(id=666, first_name="Eve <b>")
GROUP = -100
NOBODY: frozenset[UserId] = frozenset()

Act = Callable[[House], object]

ACTS: dict[str, Act] = {
    "command": lambda house: house.api.people.send("/queue", chat=EVE.id, user=EVE.id),
    "claim": lambda house: house.api.people.send("/start 12345678", chat=EVE.id, user=EVE.id),
    "free text": lambda house: house.api.people.send("Fix the login test", chat=EVE.id, user=EVE.id),
    "command in a group": lambda house: house.api.people.send("/cancel 1", chat=GROUP, user=EVE.id),
    "location": lambda house: house.api.people.location(52.5, 13.4, chat=EVE.id, user=EVE.id),
    "button": lambda house: house.api.people.press(house.last_id(GROUP), 0, 0, chat=GROUP, user=EVE.id),
    "forged button": lambda house: house.api.people.press_data(
        house.last_id(GROUP), "task:cancel:task_1", chat=GROUP, user=EVE.id
    ),
    "blocking the bot": lambda house: house.api.people.block(user=EVE.id),
    "taking the bot into a group": lambda house: house.api.people.set_bot_status(GROUP, "administrator", user=EVE.id),
    "yes to a question": lambda house: house.api.people.send(
        "yes", chat=GROUP, user=EVE.id, reply_to=house.last_id(GROUP)
    ),
}


async def crowded(house: House) -> House:
    """Eve has a chat of her own and is in the group where the bot asks about a new page."""
    house.api.people.add_user(EVE)
    house.api.people.add_group(GROUP, "Family", [ANN, EVE])
    house.add("A new page", category=Category.FEATURE, chat=ChatId(GROUP))
    await house.beat()
    assert "May I build this?" in house.newest(GROUP)
    return house


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("owned", [True, False], ids=["owned", "nobody owns it"])
async def test_a_stranger_gets_silence_and_one_log_line(open_house: Open, name: str, owned: bool) -> None:
    house = await crowded(await open_house(owners=frozenset({UserId(ANN.id)}) if owned else NOBODY))
    house.services.people.offer_code()
    before = house.state(), house.last_id(GROUP)
    house.logged.clear()

    ACTS[name](house)
    told = house.last_id(EVE.id)
    await house.work()

    assert (house.state(), house.store.owners.all()) == (before[0], [])
    assert house.store.chats.all() == []
    assert house.last_id(EVE.id) == told
    assert house.last_id(GROUP) - before[1] <= (1 if "group" in name or "yes" in name else 0)
    assert house.toasts == []
    assert len(house.logged) == 1, house.logged
    assert house.logged[0]["log_level"] == "warning"
    assert house.logged[0]["person"] == EVE.id


async def test_an_edited_message_of_a_stranger_is_ignored(open_house: Open) -> None:
    house = await crowded(await open_house())
    message = house.api.people.send("hello", chat=EVE.id, user=EVE.id)["message_id"]
    await house.work()
    house.logged.clear()

    house.api.people.edit(message, "/queue", chat=EVE.id, user=EVE.id)
    await house.work()

    assert house.last_id(EVE.id) == message
    assert [entry["event"] for entry in house.logged] == ["stranger ignored"]


async def test_while_nobody_owns_the_bot_nobody_may_do_anything(open_house: Open) -> None:
    house = await open_house(owners=NOBODY)
    before = house.state()

    for text in ("/queue", "/start", "Fix it", "/add Fix it", "/help"):
        assert await house.say(text) == []

    assert house.state() == before
    assert len(house.logged) == 5


async def test_the_code_makes_the_owner_once(open_house: Open) -> None:
    house = await open_house(owners=NOBODY)
    house.api.people.add_user(EVE)
    code = house.services.people.offer_code()

    assert await house.say("/start 00000000x") == []
    assert await house.say(f"/start {code[:-1]}") == []
    assert house.store.owners.all() == []

    assert (await house.ask(f"/start {code}")).startswith("👋 Hello")
    assert [owner.id for owner in house.store.owners.all()] == [ANN.id]
    assert [chat.id for chat in house.store.chats.all()] == [ANN.id]
    assert "The queue is empty" in await house.ask("/queue")

    assert (await house.ask(f"/start {code}")).startswith("👋 Hello")
    assert await house.say(f"/start {code}", chat=EVE.id, user=EVE.id) == []
    assert [owner.id for owner in house.store.owners.all()] == [ANN.id]


async def test_the_code_does_not_work_in_a_group(open_house: Open) -> None:
    house = await open_house(owners=NOBODY)
    house.api.people.add_group(GROUP, "Family", [ANN])
    code = house.services.people.offer_code()

    assert await house.say(f"/start {code}", chat=GROUP) == []
    assert house.store.owners.all() == []


async def test_the_code_never_gets_into_the_log(open_house: Open) -> None:
    house = await open_house(owners=NOBODY)
    code = house.services.people.offer_code()

    await house.say(f"/start wrong-{code}")
    await house.say(f"/start {code}")

    assert code not in repr(house.logged)


async def test_an_owner_is_known_after_a_restart(open_house: Open) -> None:
    house = await open_house(owners=NOBODY)
    await house.ask(f"/start {house.services.people.offer_code()}")
    reborn = await open_house(like=house, owners=NOBODY)

    assert "The queue is empty" in await reborn.ask("/queue")


async def test_news_reaches_an_owner_who_has_written(open_house: Open) -> None:
    house = await open_house()
    await house.ask("/queue")
    house.add("A new page", category=Category.FEATURE, chat=None)

    await house.beat()

    assert "May I build this?" in house.newest()


async def test_the_owner_in_a_group_is_no_chat_for_news(open_house: Open) -> None:
    house = await open_house()
    house.api.people.add_group(GROUP, "Family", [ANN])
    await house.ask("/queue", chat=GROUP)

    assert house.store.chats.all() == []


async def test_what_owners_do_around_messages_is_no_trouble(open_house: Open) -> None:
    house = await open_house()
    house.api.people.add_group(GROUP, "Family", [ANN])
    house.api.people.block()
    house.api.people.block(blocked=False)
    house.api.people.set_bot_status(GROUP, "left")

    await house.work()

    assert house.troubles() == []
    assert house.last_id() == 0
