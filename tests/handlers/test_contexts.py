"""`/context`, places and shared locations, as the owner sees them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.local.models import User
from core.model.context import Context, Evidence
from tests.handlers.conftest import House, text_of

GYM = (52.5200, 13.4050)
ELSEWHERE = (48.1000, 11.5000)
LIBRARY = (52.5300, 13.4300)


@pytest.fixture
def house(house: House) -> House:
    """The owner has said nothing."""
    house.services.contexts.clear(house.clock())
    return house


def reading(house: House) -> tuple[Context, Evidence]:
    found = house.services.contexts.detect(house.clock())
    return found.context, found.evidence


async def share(house: House, latitude: float, longitude: float, live: int | None = None) -> tuple[int, list[str]]:
    """Share a place; the number of that message, and the answers."""
    before = house.last_id()
    shared = house.api.people.location(latitude, longitude, live=live)
    await house.work()
    sent = [message for message in house.history() if message.message_id > max(before, shared["message_id"])]
    return shared["message_id"], [text_of(message) for message in sent]


# -- what the owner says ----------------------------------------------------------------------------------------------


async def test_now_and_next(house: House) -> None:
    house.clock.moment = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)

    text = await house.ask("/context")

    assert text.splitlines() == [
        "🙋 AVAILABLE · you are writing, until 12:30",
        "1 build at once; low: quick wins only, so that the machine is yours.",
        "",
        "Next",
        "12:30–17:00  💼 WORK",
        "17:00–18:30  🏋️ GYM",
        "18:30–19:00  ❔ UNKNOWN",
        "19:00–23:00  🙋 AVAILABLE",
        "23:00–00:00  😴 SLEEPING",
        "",
        "Tap what is true, or write it: /context sleeping 2h",
    ]
    assert house.labels(house.last_id()) == [
        "🏋️ Gym",
        "💼 Work",
        "😴 Sleeping",
        "🙋 Available",
        "↩️ By my schedule",
    ]


@pytest.mark.parametrize(
    ("words", "context", "until"),
    [
        ("sleeping", Context.SLEEPING, "23:00"),  # until the schedule changes
        ("SLEEPING 2h", Context.SLEEPING, "22:00"),
        ("sleep for 90 min", Context.SLEEPING, "21:30"),
        ("gym until 21:15", Context.GYM, "21:15"),
        ("work 9pm", Context.WORK, "21:00"),
        ("unknown 1.5h", Context.UNKNOWN, "21:30"),
        ("gym until 7:00", Context.GYM, "Wed 07:00"),
        ("sleeping 2 days", Context.SLEEPING, "Thu 20:00"),
    ],
)
async def test_setting_it(house: House, words: str, context: Context, until: str) -> None:
    text = await house.ask(f"/context {words}")

    assert f"{context.value} · you said so, until {until}\n" in text
    assert reading(house) == (context, Evidence.OVERRIDE)
    assert house.woken


async def test_taking_it_back(house: House) -> None:
    await house.ask("/context gym")

    assert "AVAILABLE · you are writing" in await house.ask("/context auto")

    house.clock.advance(minutes=31)
    assert reading(house) == (Context.AVAILABLE, Evidence.SCHEDULE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("dancing", "Write /context, or what you do and for how long"),
        ("gym 2 parsecs", "no time of the day"),
        ("gym until", "no time of the day"),
        ("gym 0h", "That time is over"),
        ("gym 25:00", "no time of the day"),
        ("gym 30 days", "two weeks at most"),
        ("gym 99999999999999999999h", "too long"),
        ("gym 9" + "9" * 400 + "d", "too long"),
        ("auto 2h", "Write /context"),
        ("<b>", "Write /context"),
    ],
)
async def test_bad_words_change_nothing(house: House, words: str, said: str) -> None:
    before = house.state()

    assert said in await house.ask(f"/context {words}")

    assert house.state() == before
    assert house.troubles() == []


async def test_the_buttons(house: House) -> None:
    await house.ask("/context")
    shown = house.last_id()

    for label, context in (("Gym", Context.GYM), ("Work", Context.WORK), ("Sleeping", Context.SLEEPING)):
        toast = await house.press(shown, label)
        assert toast.text == f"{context.value}."
        assert f"{context.value} · you said so" in house.text(shown)
        assert reading(house) == (context, Evidence.OVERRIDE)
    assert (await house.press(shown, "Sleeping")).text == "SLEEPING."  # once more changes nothing

    assert (await house.press(shown, "By my schedule")).text == "AVAILABLE."
    assert reading(house) == (Context.AVAILABLE, Evidence.ACTIVITY)
    assert house.last_id() == shown


async def test_a_forged_context_is_refused(house: House) -> None:
    await house.ask("/context")

    assert "another version" in ((await house.press_data(house.last_id(), "context:DANCING")).text or "")


async def test_what_is_set_decides_what_starts(house: House) -> None:
    for number in range(3):
        house.add(f"Docs {number}")

    await house.ask("/context available")
    await house.beat()
    assert len(house.builds.active()) == 1

    await house.ask("/context gym 1h")
    await house.beat()
    assert len(house.builds.active()) == 2


# -- places -----------------------------------------------------------------------------------------------------------


async def test_without_places_it_is_told_how_to_make_one(house: House) -> None:
    assert "Share a location, and answer it with /place gym" in await house.ask("/place")


async def test_naming_a_shared_place(house: House) -> None:
    shared, answers = await share(house, *GYM)
    assert answers == [
        "📍 I do not know this place. Answer the location with /place gym, or /place library work, and I know what you "
        "do there."
    ]

    text = await house.ask("/place gym", reply_to=shared)

    assert text == "📍 gym is noted: within 150 m of here you are 🏋️ GYM."
    assert reading(house) == (Context.GYM, Evidence.PLACE)  # it lies where the owner is now
    assert "🏋️ gym · GYM · within 150 m" in await house.ask("/place")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("library work", "library is noted: within 150 m of here you are 💼 WORK"),
        ("the old library work 80m", "the old library is noted: within 80 m of here you are 💼 WORK"),
        ("home available", "home is noted"),
        ("OFFICE", "office is noted: within 150 m of here you are 💼 WORK"),
    ],
)
async def test_names_of_places(house: House, words: str, said: str) -> None:
    shared, _ = await share(house, *GYM)

    assert said in await house.ask(f"/place {words}", reply_to=shared)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("library", "What do you do there? For example: /place library work"),
        ("gym 5", "20 to 20,000 metres"),
        ("gym " + "9" * 400, "20 to 20,000 metres"),
        ("forget gym", "There is no place “gym”"),
        ("<b>x</b> gym", "A place needs a short name"),
        ("my mother’s house available 80", "A place needs a short name"),
        ("x" * 200 + " gym", "A place needs a short name"),
    ],
)
async def test_bad_places_change_nothing(house: House, words: str, said: str) -> None:
    shared, _ = await share(house, *GYM)
    before = house.state()

    assert said in await house.ask(f"/place {words}", reply_to=shared)

    assert house.state() == before


async def test_a_place_needs_a_location(house: House) -> None:
    assert "Share a location first" in await house.ask("/place gym")

    await share(house, *GYM)
    assert "gym is noted" in await house.ask("/place gym")  # the last one counts, also without an answer to it

    house.clock.advance(hours=3)
    assert "Share a location first" in await house.ask("/place gym")


async def test_forgetting_a_place(house: House) -> None:
    await share(house, *GYM)
    await house.ask("/place gym")

    assert "No places yet" in await house.ask("/place forget Gym")
    assert reading(house) == (Context.AVAILABLE, Evidence.ACTIVITY)


# -- shared locations -------------------------------------------------------------------------------------------------


async def known(house: House) -> None:
    """A gym, and a library for work."""
    for place, words in ((GYM, "gym"), (LIBRARY, "library work")):
        shared, _ = await share(house, *place)
        await house.ask(f"/place {words}", reply_to=shared)


async def test_a_location_counts_for_two_hours(house: House) -> None:
    await known(house)

    _, answers = await share(house, *GYM)

    assert answers == ["📍 gym: 🏋️ GYM until 22:00."]
    house.clock.advance(hours=1, minutes=59)
    assert reading(house) == (Context.GYM, Evidence.PLACE)
    house.clock.advance(minutes=1)
    assert reading(house) == (Context.AVAILABLE, Evidence.SCHEDULE)


async def test_what_the_owner_said_comes_before_where_they_are(house: House) -> None:
    await known(house)
    await house.ask("/context sleeping")

    _, answers = await share(house, *GYM)

    assert answers == ["📍 gym: 😴 SLEEPING until 23:00."]


async def test_a_live_location_is_followed(house: House) -> None:
    await known(house)
    shared, answers = await share(house, *GYM, live=8 * 3600)
    assert answers == ["📍 gym: 🏋️ GYM until Wed 04:00."]
    count = house.last_id()

    for minutes, place, expected in (
        (60, ELSEWHERE, (Context.AVAILABLE, Evidence.SCHEDULE)),
        (61, LIBRARY, (Context.WORK, Evidence.PLACE)),
        (300, GYM, (Context.GYM, Evidence.PLACE)),
    ):
        house.clock.moment = datetime(2026, 3, 3, 20, 0, tzinfo=UTC) + timedelta(minutes=minutes)
        house.api.people.move(shared, *place)
        await house.work()
        assert reading(house) == expected

    assert house.last_id() == count  # nobody wants an answer to each step
    house.clock.moment = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
    assert reading(house) == (Context.SLEEPING, Evidence.SCHEDULE)


async def test_moving_on_is_no_sign_that_the_owner_is_there(house: House) -> None:
    shared, _ = await share(house, *ELSEWHERE, live=8 * 3600)
    house.clock.advance(hours=3, minutes=30)

    house.api.people.move(shared, *LIBRARY)
    await house.work()

    assert reading(house) == (Context.SLEEPING, Evidence.SCHEDULE)


async def test_a_live_location_that_went_silent_names_no_place(house: House) -> None:
    await share(house, *ELSEWHERE, live=8 * 3600)
    house.clock.advance(minutes=16)

    assert await house.ask("/place gym") == "Share a location first, and answer it with this command."
    assert house.services.contexts.places() == []


async def test_after_the_end_of_sharing_the_last_place_counts_for_two_hours(house: House) -> None:
    await known(house)
    shared, _ = await share(house, *GYM, live=8 * 3600)
    house.clock.advance(hours=1)

    house.api.people.stop_sharing(shared)
    await house.work()

    assert house.services.contexts.detect(house.clock()).until == datetime(2026, 3, 3, 23, 0, tzinfo=UTC)


async def test_shared_until_it_is_switched_off(house: House) -> None:
    await known(house)

    _, answers = await share(house, *GYM, live=0x7FFFFFFF)

    assert answers == ["📍 gym: 🏋️ GYM until 10 Mar 20:00."]


async def test_a_location_that_waited_at_telegram_tells_nothing_of_now(house: House) -> None:
    await known(house)
    house.api.people.location(*GYM)
    house.clock.advance(hours=5)

    await house.work()

    assert reading(house)[1] is not Evidence.PLACE


async def test_a_stranger_is_nowhere(house: House) -> None:
    await known(house)
    house.clock.advance(hours=3)
    before = house.state()
    house.api.people.add_user(User(id=99, first_name="Eve"))

    house.api.people.location(*GYM, chat=99, user=99)
    await house.work()

    assert house.state() == before
