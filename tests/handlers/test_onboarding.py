"""The first steps."""

from handlers.views import onboarding
from tests.handlers.conftest import ANN, House


def test_in_telegram_people_are_greeted_by_name() -> None:
    message = onboarding.welcome("Ann <b>", offer_sample=False, local=False)

    assert message.text.startswith("👋 Hello Ann &lt;b&gt;.")
    assert "TELEGRAM_BOT_TOKEN" not in message.text


def test_on_the_chat_page_the_way_to_telegram_is_told() -> None:
    assert "put TELEGRAM_BOT_TOKEN into .env" in onboarding.welcome("You", offer_sample=True, local=True).text


async def test_the_whole_way_of_a_newcomer(empty_house: House) -> None:
    house = empty_house
    await house.ask("/start")
    assert (await house.press(house.last_id(), "sample")).text is None
    assert house.services.scheduler.next(house.clock())[0].task.chat == ANN.id

    task = await house.build(house.task("task_1"))
    news = house.last_id()
    assert house.text(news).startswith(f"✅ Fix the sample is built · /{task.id}")
    assert "Proven: 1 failed, 3 passed → 4 passed." in house.text(news)
    await house.press(news, "Merge")

    assert "is merged" in house.text(news)
    brief = await house.ask("/brief")
    assert "Shipped, with proof" in brief
    assert "merged" in brief
    assert house.labels(house.last_id()) == ["📋 Queue"]
    assert house.troubles() == []
