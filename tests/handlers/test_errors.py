"""What happens when a handler fails, or the connection does."""

import logging

import pytest

from core.errors import StoreUnavailable
from core.ports import Store
from handlers import replies
from tests.handlers.conftest import House


@pytest.fixture(autouse=True)
def quick_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between tries, without their length."""

    async def no_pause(seconds: float) -> None:
        assert seconds > 0

    monkeypatch.setattr("handlers.replies.asyncio.sleep", no_pause)


def broken(error: Exception) -> Store:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise error

    return Broken()  # type: ignore[return-value]


async def test_a_mistake_of_ours_is_told_without_its_traceback_and_logged_with_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.services.scheduler, "_store", broken(ZeroDivisionError("oh <no>")))

    answer = await house.ask("/queue")

    assert answer == "Something went wrong on my side. It is in the log (logs/jarvis.log); nothing was lost."
    (trouble,) = house.troubles()
    assert trouble["event"] == "handler failed"
    assert isinstance(trouble["exc_info"], ZeroDivisionError)


async def test_a_full_disk_is_told_in_its_own_words(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.services.scheduler, "_store", broken(StoreUnavailable("The disk is <full>.")))

    assert await house.ask("/queue") == "The disk is <full>."
    assert house.troubles() == []


async def test_a_mistake_behind_a_button_is_an_alert(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.ask("/queue")
    monkeypatch.setattr(house.services.scheduler, "_store", broken(ZeroDivisionError()))

    toast = await house.press_data(house.last_id(), "page:queue:0")

    assert toast.show_alert
    assert (toast.text or "").startswith("Something went wrong on my side.")


@pytest.mark.parametrize(("fault", "times"), [("server_error", 2), ("bad_gateway", 2), ("reset_before_delivery", 1)])
async def test_an_answer_is_sent_again_when_the_connection_fails(house: House, fault: str, times: int) -> None:
    getattr(house.api.faults, fault)("sendmessage", times=times)

    assert "The queue is empty" in await house.ask("/queue")
    assert house.troubles() == []


async def test_an_edit_that_changes_nothing_is_silent(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.add()
    await house.ask("/queue")
    message = house.last_id()

    with caplog.at_level(logging.WARNING):
        await house.press_data(message, "page:queue:0")
        await house.press_data(message, "page:queue:0")

    assert house.troubles() == []
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_button_on_a_message_that_was_deleted_still_acts(house: House) -> None:
    house.add()
    await house.ask("/task 1")
    message = house.last_id()
    house.api.people.press(message, 0, house.labels(message).index("🚫 Cancel"))
    house.api.people.delete(message)

    await house.work()

    assert house.task("task_1").state.__struct_config__.tag == "cancelled"
    assert house.troubles() == []


def test_patience_has_an_end() -> None:
    assert 1 < replies.TRIES < 10
