"""Routines in the chat: three weeks of requests, then the right offer at the right time, and the verdict."""

from datetime import UTC, datetime, timedelta

import pytest

from core.model.task import Completed, Running, Source
from tests.fakes import SetClock
from tests.handlers.conftest import House, text_of

REQUEST = "Update the NBA rankings for {day} 1h #docs @shop"
KIND = "update nba rankings"
WEEK = timedelta(weeks=1)


def thursday(hour: int, minute: int = 0, week: int = 0) -> datetime:
    """Of the week of 5 March 2026, and so many weeks later."""
    return datetime(2026, 3, 5, hour, minute, tzinfo=UTC) + week * WEEK


@pytest.fixture(autouse=True)
def weeks_before(clock: SetClock) -> None:
    clock.moment = thursday(9, week=-3)


async def live(house: House, until: datetime) -> list[str]:
    """Let the time go by in quarters of an hour, as the bot spends it; returns what it has said meanwhile."""
    before = house.last_id()
    while house.clock.moment < until:
        house.clock.moment = min(house.clock.moment + timedelta(minutes=15), until)
        house.services.patterns.tend(house.clock())
        house.services.patterns.hand_over(house.clock())
        await house.outbox.deliver()
    return [text_of(message) for message in house.history() if message.message_id > before]


async def three_weeks(house: House, text: str = REQUEST) -> None:
    """Ann asks on three Thursdays at about six, in other words each time, and for other things in between."""
    for week, minute in ((-3, 2), (-2, 58 - 60), (-1, 4)):
        house.clock.moment = thursday(18, week=week) + timedelta(minutes=minute)
        await house.say(text.format(day=f"{5 + week} March"))
        if week == -2:
            await house.say("Fix the login test")
            await house.say("/settings")
    house.clock.moment = thursday(13)


async def test_three_weeks_of_requests_then_the_right_thing_at_the_right_time(house: House) -> None:
    await three_weeks(house)

    offers = await live(house, thursday(17))
    assert offers == [
        "💡 You usually ask for “update nba rankings” on Thursdays about 18:02.\n"
        "Shall I build “Update the NBA rankings 1h #docs @shop” ahead, so that it is ready then?"
    ]
    said = house.message(house.last_id())
    assert datetime.fromtimestamp(said.body["date"], UTC) == thursday(14, 15)
    assert house.labels(house.last_id()) == ["✅ Yes", "🚫 No", "🔇 Never"]

    toast = await house.press(house.last_id(), "Yes")
    assert toast.text == "Good. You get it at its time."
    assert house.newest().endswith("✅ Yes. /patterns takes it back.")
    (task,) = house.store.tasks.all()
    assert (task.title, task.source, task.project) == ("Update the NBA rankings", Source.PATTERN, "shop")

    house.clock.moment = thursday(17, 5)
    await house.build(task)
    assert isinstance(house.task(task.id).state, Completed)
    assert await live(house, thursday(18)) == []  # it waits for its time

    (result,) = await live(house, thursday(18, 15))
    assert result.startswith(
        "🔁 It is about the time at which you usually ask for “update nba rankings”.\nI built it ah"
    )
    assert "Update the NBA rankings" in result
    assert {"🔀 Merge", "👍 Useful", "👎 Not useful"} <= set(house.labels(house.last_id()))

    assert (await house.press(house.last_id(), "👍")).text == "Good to know."
    assert house.newest().endswith("👍 Useful: good to know.")
    assert "🔀 Merge" in house.labels(house.last_id())
    assert len(house.services.patterns.moments(KIND).at) == 4
    assert house.troubles() == []


async def test_no_is_not_asked_again_and_never_is_silent(house: House) -> None:
    await three_weeks(house)
    await live(house, thursday(15))

    assert (await house.press(house.last_id(), "No")).text == "Left as it was. /patterns lists it."
    assert house.newest().endswith("🚫 Left as it was.")
    await house.say(REQUEST.format(day="today"))
    house.clock.moment = thursday(13, week=1)
    assert await live(house, thursday(17, week=1)) == []


async def test_an_old_button_answers(house: House) -> None:
    await three_weeks(house)
    await live(house, thursday(15))
    offer = house.last_id()
    await house.press(offer, "Never")

    assert "🔇 I won't speak of it again." in house.newest()
    assert "answered already" in str((await house.press_data(offer, "pattern:no:pattern_1")).text)
    assert "no pattern “pattern_99”" in str((await house.press_data(offer, "pattern:yes:pattern_99")).text)
    assert (await house.press_data(offer, "judge:pattern_1:1:0")).text == "Nothing was handed over for it yet."
    assert "another version" in str((await house.press_data(offer, "judge:pattern_1:1:99999999999999")).text)


async def test_the_list_enables_and_takes_an_action(house: House) -> None:
    assert (await house.ask("/patterns")).startswith("I have not found a routine yet.")
    for week in range(8):
        house.services.patterns.log("nba_rankings", thursday(18, week=-11 + week), "manual")
    house.clock.moment = thursday(9, week=-3)

    text = await house.ask("/patterns")
    assert text.splitlines()[2:] == ["▫️ “nba_rankings” · pattern_1", "on Thursdays, next 18:00 · high, 96% · 8 times"]
    listed = house.last_id()
    assert house.labels(listed) == ["▶️ Enable pattern_1", "✏️ What to build"]
    assert (await house.press(listed, "Enable")).text == "I do it ahead, as far as I am sure."
    assert house.labels(listed) == ["⏸ Disable pattern_1", "✏️ What to build"]

    await house.press(listed, "What to build")
    asked = house.last_id()
    assert house.text(asked).startswith("What shall I build for “nba_rankings”?")
    assert "no project “gone”" in await house.ask("Rank them @gone", reply_to=asked)
    assert (await house.ask("no, thanks", reply_to=asked)).startswith("👌 That changes nothing.")
    assert house.services.patterns.find("pattern_1").action is None
    assert await house.ask("Rank them 2h @shop\nAll teams.", reply_to=asked) == (
        "✏️ Noted for “nba_rankings”:\n→ Rank them (2 h) in shop\nI build it ahead when I am sure (80%)."
    )
    await live(house, thursday(14, 15, week=-3))
    (task,) = house.store.tasks.all()
    assert (task.title, task.description, task.hours) == ("Rank them", "All teams.", 2.0)

    assert (await house.press(listed, "Disable")).text == "I leave it to you."


async def test_the_verbs_of_the_command_line(house: House) -> None:
    house.clock.moment = thursday(15)
    assert await house.ask("/patterns predict") == "Nothing is expected in the next seven days."
    assert await house.ask("/patterns suggest") == "Nothing is expected in 2 to 4 hours."
    for week in range(8, 0, -1):
        house.services.patterns.log("rankings", thursday(18, week=-week), "manual")

    assert (await house.ask("/patterns predict")).splitlines() == [
        "Expected in the next seven days",
        "18:00 “rankings” (high, 96%)",
    ]
    assert (await house.ask("/patterns suggest")).splitlines() == [
        "To build ahead now",
        "18:00 “rankings” (96%): nothing to build is known",
    ]
    assert "✅ “rankings”" in await house.ask("/patterns enable rankings")
    assert "▫️ “rankings”" in await house.ask("/patterns disable pattern_1")
    assert await house.ask("/patterns log Rankings") == "Recorded “rankings”; so far: 9."
    assert await house.ask("/patterns feedback rankings useful") == "Nothing was handed over for it yet."
    assert (await house.ask("/patterns enable nothing")).startswith("There is no pattern “nothing”.")
    for words in ("everything", "enable", "log", "feedback rankings maybe"):
        assert (await house.ask(f"/patterns {words}")).startswith("Write /patterns")


async def test_an_enabled_command_is_offered_at_its_time(house: House) -> None:
    for week in (-3, -2, -1):
        house.clock.moment = thursday(18, week=week)
        await house.say("/week")
    house.clock.moment = thursday(13)
    (offer,) = await live(house, thursday(15))
    assert offer == "💡 You usually ask for /week on Thursdays about 18:00.\nShall I offer it by myself at its time?"
    await house.press(house.last_id(), "Yes")

    assert await live(house, thursday(18)) == ["🔁 It is about the time at which you usually ask for /week."]
    assert (await house.press(house.last_id(), "Not useful")).text == "I will be more careful with it."
    assert house.labels(house.last_id()) == []


async def test_what_is_not_sure_is_offered_to_be_built_now(house: House) -> None:
    await three_weeks(house)
    await live(house, thursday(15))
    await house.press(house.last_id(), "Yes")
    house.services.queue.cancel(house.store.tasks.all()[0].id, None, house.clock())
    await live(house, thursday(18, 3))
    await house.say(REQUEST.format(day="today"))
    house.clock.moment = thursday(13, week=1)
    offers = await live(house, thursday(18, 15, week=1))

    assert offers == ["🔁 It is about the time at which you usually ask for “update nba rankings”."]
    toast = await house.press(house.last_id(), "Build it now")
    assert toast.text == "task_2 starts as soon as there is room."
    await house.beat()
    assert isinstance(house.task("task_2").state, Running)
    assert "is being built" in house.newest() or "Update the NBA rankings" in house.newest()


async def test_requests_are_noted_without_touching_the_disk(house: House) -> None:
    await house.say("/queue")
    await house.say("/add Write the docs")
    await house.say("Fix the login test")
    await house.say("approve all docs")
    await house.say("/start")
    await house.press(house.last_id(), "Brief")
    assert house.store.moments.all() == []

    house.services.patterns.flush()

    assert {row.type: row.sources for row in house.store.moments.all()} == {
        "command:queue": {"person 7": 1},
        "command:start": {"person 7": 1},
        "command:brief": {"person 7": 1},
        "write docs": {"person 7": 1},
        "fix login test": {"person 7": 1},
    }


async def test_the_brief_tells_what_is_expected_today(house: House) -> None:
    for name, hour in (("nba_rankings", 18), ("workout", 12), ("shopping", 15), ("dinner", 19)):
        for week in range(8):
            house.services.patterns.log(name, thursday(hour, week=-11 + week), "manual")
    await live(house, thursday(9, 15, week=-3))

    text = await house.ask("/brief")

    assert text.splitlines()[-4:] == [
        "🔁 Usually asked for today",
        "• 12:00 “workout” (high, 97%)",
        "• 15:00 “shopping” (high, 97%)",
        "• 18:00 “nba_rankings” (high, 97%)",
    ]


async def test_the_check_in_tells_what_is_expected_in_the_evening(house: House) -> None:
    for week in range(8):
        house.services.patterns.log("dinner", thursday(21, week=-11 + week), "manual")
    await live(house, thursday(9, 15, week=-3))

    assert (await house.ask("/evening")).splitlines()[-1] == "🔁 Usually asked for: 21:00 “dinner” (high, 96%)"
