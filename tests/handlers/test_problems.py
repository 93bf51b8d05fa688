"""`/problems` and `/fix`: what they say, the buttons, and the alarm."""

from datetime import timedelta
from pathlib import Path

import pytest

from core import metrics
from core.model.metrics import Sample
from tests.handlers.conftest import House, Open, text_of


@pytest.fixture
async def cleaner(open_house: Open, tmp_path: Path) -> House:
    """A bot that may clean up below a folder with one large log."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "app.log").write_text("something was said\n" * 800_000)
    return await open_house(log_roots=(tmp_path / "logs",))


def fill(house: House) -> None:
    """At 75 % now, two and a half days from the limit."""
    for hours in range(1, 150):
        values = {"disk": 75 - 0.08 * hours}
        metrics.record(house.store, Sample(at=house.clock() - timedelta(hours=hours), values=values))
    house.machine["disk"] = 75.0


async def test_all_is_well(house: House) -> None:
    assert await house.ask("/problems") == "✅ No problems. I have not measured for long enough to look ahead."
    for hours in range(1, 10):
        values = {"disk": house.machine["disk"]}
        metrics.record(house.store, Sample(at=house.clock() - timedelta(hours=hours), values=values))

    assert await house.ask("/problems") == "✅ No problems, and none in sight."


async def test_what_was_measured(house: House) -> None:
    said = (await house.ask("/problems metrics")).splitlines()

    assert said[0] == "Measured now"
    assert f"• Disk: {house.machine['disk']:.0f} %, limit 80 %" in said
    assert (await house.ask("/problems now")).startswith("Write /problems")


async def test_a_disk_that_fills_is_told_with_a_picture(cleaner: House) -> None:
    fill(cleaner)

    (answer,) = await cleaner.say("/problems")

    said = text_of(answer).splitlines()
    assert said[0] == "Problems"
    assert said[2:] == ["🟡 Disk: 75 %, limit 80 %", said[3], "/fix can rotate 1 large log: about 14 MB"]
    assert said[3].startswith("80 % in 3 days")
    assert answer.body["photo"]
    assert cleaner.labels(answer.message_id) == ["🧹 Fix"]


async def test_a_fix_is_shown_then_done_then_taken_back(cleaner: House, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "app.log"

    shown = await cleaner.ask("/fix")
    card = cleaner.last_id()
    assert shown.splitlines()[-1] == "Nothing is done yet."
    assert log.stat().st_size > 10_000_000

    await cleaner.press(card, "Do it")
    assert cleaner.text(card).startswith("Freed 15 MB\n• Rotated app.log, freed 15 MB\nLogs below")
    assert log.stat().st_size == 0

    toast = await cleaner.press(card, "app.log")
    assert toast.text == f"Restored: {log}.repair_1"
    assert (log.parent / "app.log.repair_1").read_text() == "something was said\n" * 800_000
    again = await cleaner.press(card, "app.log")
    assert again.text == "repair_1 is restored already."


async def test_what_was_cleaned_up_is_listed_and_brought_back_later(cleaner: House, tmp_path: Path) -> None:
    assert (await cleaner.ask("/restore")).startswith("Which task?")
    await cleaner.say("/fix")
    await cleaner.press(cleaner.last_id(), "Do it")

    listed = await cleaner.ask("/restore")

    assert listed.splitlines()[0] == "What I cleaned up"
    assert "repair_1 · " in listed
    assert cleaner.labels(cleaner.last_id()) == ["↩️ app.log"]
    assert await cleaner.ask("/restore repair_1") == f"Restored: {tmp_path}/logs/app.log.repair_1"
    assert (await cleaner.ask("/restore repair_9")).startswith("There is no fix repair_9.")
    assert (await cleaner.ask("/restore repair_1")) == "repair_1 is restored already."


async def test_the_record_names_the_log_that_was_cleaned_up(cleaner: House) -> None:
    await cleaner.say("/fix")
    await cleaner.press(cleaner.last_id(), "Do it")
    cleaner.services.audit.flush()

    said = await cleaner.ask("/audit")

    assert "rotate “app.log” — " in said
    assert "done “app.log” — " in said


async def test_more_fixes_than_buttons_are_taken_back_by_name(cleaner: House, tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / "logs" / f"{number}.log").write_text("something was said\n" * 700_000)
    await cleaner.say("/fix")
    card = cleaner.last_id()

    await cleaner.press(card, "Do it")

    assert len(cleaner.labels(card)) == 5
    assert "here or with /restore" in cleaner.text(card)
    said = await cleaner.ask("/restore repair_7")
    assert said.startswith(f"Restored: {tmp_path}/logs/")
    assert await cleaner.ask("/restore repair_7") == "repair_7 is restored already."
    assert "There is no fix repair_70." in await cleaner.ask("/restore repair_70")


async def test_what_was_cleaned_up_and_what_is_foretold_stand_in_the_brief(cleaner: House) -> None:
    fill(cleaner)
    cleaner.services.problems.fix(cleaner.clock())

    said = await cleaner.ask("/brief")

    assert "🧹 Cleaned up\n• Rotated app.log, freed 15 MB" in said
    assert "📈 The machine\n• Disk: 75 %, limit 80 %. 80 % in 3 days" in said

    await cleaner.say("/restore repair_1")
    assert "Cleaned up" not in await cleaner.ask("/brief")


async def test_without_folders_it_says_what_to_set(house: House) -> None:
    assert "LOG_ROOTS" in await house.ask("/fix")


async def test_a_full_disk_is_told_at_once_and_once(house: House) -> None:
    house.machine["disk"] = 97.0
    house.services.problems.scan(house.clock())
    house.services.problems.scan(house.clock() + timedelta(minutes=10))
    await house.beat()

    assert house.newest() == "🔴 Disk: 97 %, limit 80 %\nThe limit is reached."
    assert house.labels(house.last_id()) == ["Problems"]
    assert len(house.history()) == 1
    await house.press(house.last_id(), "Problems")
    assert "🔴 Disk: 97 %" in house.newest()
