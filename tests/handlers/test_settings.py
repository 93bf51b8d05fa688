"""`/settings`: read, changed by button and by text, and taken back."""

from datetime import time

import pytest

from core import preferences
from handlers.callbacks import Setting, encode
from tests.handlers.conftest import House


async def test_every_setting_is_a_button_with_its_value(house: House) -> None:
    text = await house.ask("/settings")

    assert "/settings brief 7:30" in text
    labels = house.labels(house.last_id())
    assert len(labels) == len(preferences.ALL)
    assert "morning brief: 07:00" in labels
    assert "gym (weekdays): 06:00-07:30, 17:00-18:30" in labels


async def test_choosing_by_button(house: House) -> None:
    await house.ask("/settings")
    shown = house.last_id()

    assert (await house.press(shown, "morning brief")).text is None
    assert house.text(shown).splitlines() == [
        "Morning brief: 07:00",
        "as in .env, or by default.",
        "Another value: /settings BRIEF_AT 06:00",
    ]
    assert house.labels(shown) == ["06:00", "06:30", "● 07:00", "08:00", "◀ All settings"]

    assert (await house.press(shown, "06:30")).text == "morning brief: 06:30"
    assert house.services.config.routine.brief == time(6, 30)
    assert "changed here" in house.text(shown)
    assert house.woken

    assert (await house.press(shown, "As before")).text == "morning brief: 07:00"
    assert house.services.config.routine.brief == time(7)
    await house.press(shown, "All settings")
    assert house.text(shown).startswith("Settings")
    assert house.last_id() == shown


async def test_every_choice_of_every_button_is_taken(house: House) -> None:
    await house.ask("/settings")
    shown = house.last_id()

    for preference in preferences.ALL:
        for choice in preference.choices:
            await house.press_data(shown, encode(Setting(preference.name, choice.replace(":", "."))))
            one = house.services.preferences.get(preference.name)
            assert one.value == choice
            assert f"● {choice}" in house.labels(shown)
    assert house.troubles() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("brief 7:30", "Morning brief: 07:30"),
        ("morning brief 7.30", "Morning brief: 07:30"),
        ("BRIEF_AT 7:30 am", "Morning brief: 07:30"),
        ("night 22:30-6:30", "Night: 22:30-06:30"),
        ("sleep hours 22:30 - 6:30", "Night: 22:30-06:30"),
        ("gym never", "Gym (weekdays): never"),
        ("gym 6:00-7:30, 18:00-19:00", "Gym (weekdays): 06:00-07:30, 18:00-19:00"),
        ("time zone Europe/Berlin", "Time zone: Europe/Berlin"),
        ("timezone America/New York", "Time zone: America/New_York"),
        ("builds 2", "Builds at the same time: 2"),
        ("memory limit 90 %", "Memory limit in percent: 90"),
        ("weekend start 10", "Weekend start (Saturdays): 10:00"),
    ],
)
async def test_changing_by_text(house: House, words: str, said: str) -> None:
    text = await house.ask(f"/settings {words}")

    assert text.splitlines()[:2] == [said, "changed here."]


async def test_one_can_be_read_and_reset_by_text(house: House) -> None:
    await house.ask("/settings brief 7:30")

    assert (await house.ask("/settings brief")).startswith("Morning brief: 07:30\nchanged here.")
    for word in ("reset", "Reset"):
        assert (await house.ask(f"/settings brief {word}")).startswith("Morning brief: 07:00\nas in .env")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("colour red", "There is no setting “colour” that can be changed here"),
        ("weekend 10:00-12:00", "“weekend” can be several: WEEKEND_HOURS, VOTE_AT, WEEKEND_START_AT"),
        ("brief noon", "no time of the day"),
        ("brief 25:00", "no time of the day"),
        ("brief 7:30; rm -rf /", "no time of the day"),
        ("night 23:00", "no span of time"),
        ("night 7:00-7:00", "two different times"),
        ("night 07:00-", "no time of the day"),
        ("gym 6-7, x", "no span of time"),
        ("builds 0", "a whole number from 1 to 50"),
        ("builds 51", "a whole number from 1 to 50"),
        ("builds 2.5", "a whole number from 1 to 50"),
        ("builds ²", "a whole number from 1 to 50"),
        ("builds 9" + "9" * 500, "a whole number from 1 to 50"),
        ("memory limit 0", "a whole number from 1 to 100"),
        ("time zone Mars", "There is no time zone “Mars”"),
        ("time zone ../../etc/passwd", "There is no time zone"),
        ("time zone Europe", "There is no time zone “Europe”"),
        ("time zone <b>x</b>", "There is no time zone “<b>x</b>”"),
        ("time zone " + "x" * 400, "There is no time zone"),
    ],
)
async def test_bad_values_change_nothing(house: House, words: str, said: str) -> None:
    before, routine = house.state(), house.services.config.routine

    assert said in await house.ask(f"/settings {words}")

    assert house.state() == before
    assert house.services.config.routine == routine
    assert house.troubles() == []


@pytest.mark.parametrize("data", ["setting:NOPE", "setting:BRIEF_AT:99.00", "setting:BRIEF_AT:x", "setting:weekend"])
async def test_forged_buttons_change_nothing(house: House, data: str) -> None:
    await house.ask("/settings")
    before = house.state()

    toast = await house.press_data(house.last_id(), data)

    assert toast.show_alert
    assert house.state() == before


async def test_a_change_counts_for_what_is_planned_next(house: House) -> None:
    for number in range(3):
        house.add(f"Docs {number}")

    await house.ask("/settings builds 1")
    await house.beat()

    assert len(house.builds.active()) == 1


async def test_the_example_is_another_value_than_the_present_one(house: House) -> None:
    for change, example in (
        ("brief 6:00", "/settings BRIEF_AT 06:30"),
        ("time zone Europe/Berlin", "/settings TIMEZONE America/New_York"),
        ("time zone Asia/Tokyo", "/settings TIMEZONE Europe/Berlin"),
    ):
        assert (await house.ask(f"/settings {change}")).endswith(f"Another value: {example}")
