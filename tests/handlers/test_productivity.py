"""`/week` and `/month`: what they say, and the buttons between them."""

from datetime import date, timedelta

import msgspec
import pytest

from core.model.agent import Usage
from core.model.build import Broke, Ended
from core.model.day import Day
from core.productivity import Accuracy
from handlers.views.productivity import estimates_in_words, series
from tests import factories
from tests.handlers.conftest import House

TODAY = factories.NOW.date()


def duty(house: House, on: date, autonomous: float, owner: float) -> None:
    with house.store.transaction():
        row = Day(date=on, autonomous_minutes=60 * autonomous, on_duty_minutes=1440, owner_minutes=60 * owner)
        house.store.days.put(on.isoformat(), row)


async def built(house: House, hours: float, taken: float, dollars: float | None = None) -> None:
    """A proven build that took so long."""
    task = await house.build(house.add(hours=hours, start_now=True))
    build = house.store.builds.get(f"{task.id}-1")
    assert build is not None
    assert isinstance(build.state, Ended)
    result = msgspec.structs.replace(
        build.state.result,
        started_at=build.state.result.ended_at - timedelta(hours=taken),
        usage=Usage(dollars=dollars) if dollars else None,
    )
    with house.store.transaction():
        house.store.builds.put(build.id, msgspec.structs.replace(build, state=Ended(result=result)))


async def test_a_quiet_week_is_three_lines(house: House) -> None:
    text = await house.ask("/week")

    assert text.splitlines() == [
        "This week · since Mon 2 Mar",
        "Nothing was built this week yet.",
        "The week before: nothing was built",
    ]
    assert house.labels(house.last_id()) == ["📅 Week", "🗓 Month"]


async def test_a_busy_week(house: House) -> None:
    house.clock.moment -= timedelta(days=7)
    await built(house, 1.5, 1.0)
    house.clock.moment += timedelta(days=7)
    await built(house, 2.0, 2.6, dollars=1.25)
    await built(house, 1.0, 1.3)
    await house.build(house.add(start_now=True), Broke())
    duty(house, TODAY, 15.0, 4.0)
    duty(house, TODAY - timedelta(days=7), 9.0, 3.0)

    assert (await house.ask("/week")).splitlines() == [
        "This week · since Mon 2 Mar",
        "🚢 3 h shipped with proof, 2 tasks, more than in the whole week before",
        "🔨 3 builds: 2 proven, 1 failed; they ran for 3.9 h",
        "🏁 67% of the 3 finished tasks completed",
        "📏 builds take 1.3x what was estimated; 100% come within a factor of 1.5",
        "💸 $1.25 on models",
        "🏆 best day: Tue 3 Mar, 3 h shipped",
        "🤖 15 h on duty by myself, 4 h with you there: 3.8x",
        "The week before: 1.5 h shipped, 1 build, 100% completed, 3.0x",
    ]


async def test_what_is_rolled_back_has_not_shipped(house: House) -> None:
    await built(house, 2.0, 2.0)
    assert "🚢 2 h shipped with proof, 1 task\n" in await house.ask("/week")
    assert "builds take as long as was estimated" in house.newest()

    await house.ask("/merge 1")
    await house.ask("/rollback 1")

    assert "🚢 0 h shipped with proof, 0 tasks\n" in await house.ask("/week")
    assert "best day" not in house.newest()


async def test_the_month_and_the_way_between_them(house: House) -> None:
    text = await house.ask("/month")
    assert text.startswith("This month · since Sun 1 Mar")
    shown, before = house.last_id(), house.state()

    assert (await house.press(shown, "Week")).text is None
    assert house.text(shown).startswith("This week · since Mon 2 Mar")
    await house.press(shown, "Week")  # once more changes nothing
    await house.press(shown, "Month")
    assert house.text(shown).startswith("This month")
    assert house.last_id() == shown
    assert house.state() == before


async def test_a_press_brings_the_message_up_to_date(house: House) -> None:
    await house.ask("/week")
    shown = house.last_id()
    await built(house, 2.0, 2.0)

    await house.press(shown, "Week")

    assert "🚢 2 h shipped" in house.text(shown)


async def test_a_forged_period_is_refused(house: House) -> None:
    await house.ask("/week")
    assert "another version" in ((await house.press_data(house.last_id(), "period:year")).text or "")


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.02, "builds take less than 0.1x what was estimated"),
        (0.5, "builds take 0.5x what was estimated"),
        (0.97, "builds take as long as was estimated"),
        (1.04, "builds take as long as was estimated"),
        (1.31, "builds take 1.3x what was estimated"),
        (12.0, "builds take 12.0x what was estimated"),
    ],
)
def test_estimates_in_words(ratio: float, words: str) -> None:
    said = estimates_in_words(Accuracy(builds=4, ratio=ratio, close=0.25))
    assert said == f"{words}; 25% come within a factor of 1.5"


async def test_the_series_for_a_picture(house: House) -> None:
    await built(house, 2.0, 1.0)
    duty(house, TODAY, 15.0, 4.0)
    productivity = house.services.productivity

    week = series(productivity.week(house.clock()).period)
    assert (week.labels, week.hours_shipped, week.autonomous_hours) == (["Mon 2", "Tue 3"], [0, 2], [0, 15])

    month = series(productivity.month(house.clock() + timedelta(days=28)).period)
    assert month.labels == [str(day) for day in range(1, 32)]
    assert month.hours_shipped == [0, 0, 2, *[0] * 28]
