"""Every button of every view: pressed once, pressed again, after a restart, forged, and by others."""

import pytest

from bot.local.models import User
from core.model.build import Broke
from core.model.ids import ChatId, ProjectName
from core.model.task import (
    Cancelled,
    Category,
    Completed,
    Discarded,
    Failed,
    Merged,
    NeedsApproval,
    Priority,
    Queued,
    Rejected,
    Running,
)
from tests import factories
from tests.handlers.conftest import ANN, SHOP, House, Open, register_shop

EVE = User(id=666, first_name="Eve")
GROUP = -100


# -- buttons of tasks -----------------------------------------------------------------------------------------------


async def card(house: House, task: str) -> int:
    await house.ask(f"/{task}")
    return house.last_id()


async def again(house: House, message: int, data: str, words: str) -> None:
    """A second press gives a clear answer and changes nothing."""
    before = house.state()
    toast = await house.press_data(message, data)
    assert toast.show_alert
    assert words in (toast.text or "")
    assert house.state() == before


async def test_start_now(house: House) -> None:
    house.add(hours=8.0)
    message = await card(house, "task_1")

    toast = await house.press(message, "Start now")

    assert (toast.text, toast.show_alert) == ("It starts as soon as a slot is free.", False)
    assert house.task("task_1").start_now
    assert house.labels(message) == ["✏️ Modify", "🚫 Cancel"]
    await house.beat()
    await again(house, message, "task:start:task_1", "task_1 is in progress already.")
    assert house.labels(message) == ["⏹ Stop", "📄 Log"]


async def test_start_now_of_one_that_needs_an_approval_says_so(house: House) -> None:
    house.add("A new page", category=Category.FEATURE)
    message = await card(house, "task_1")

    toast = await house.press_data(message, "task:start:task_1")

    assert toast.text == "It needs your approval first; then it starts as soon as a slot is free."


async def test_cancel(house: House) -> None:
    house.add()
    message = await card(house, "task_1")

    assert (await house.press(message, "Cancel")).text == "Cancelled."

    assert isinstance(house.task("task_1").state, Cancelled)
    assert house.text(message).startswith("🚫 Write docs")
    assert house.labels(message) == ["🔁 Retry"]
    await again(house, message, "task:cancel:task_1", "task_1 is cancelled already.")


async def test_stop(house: House) -> None:
    house.add()
    await house.beat()
    progress = house.last_id()
    assert house.text(progress).startswith("🔨 Write docs · /task_1")

    assert (await house.press(progress, "Stop")).text == "Stopping …"
    assert house.labels(progress) == ["📄 Log"]
    await house.beat()

    assert isinstance(house.task("task_1").state, Cancelled)
    assert house.text(progress).startswith("❌ Write docs · /task_1 · ended after")
    await again(house, progress, "task:stop:task_1", "task_1 is cancelled already.")


async def test_log_of_a_running_build(house: House) -> None:
    house.add()
    await house.beat()
    progress = house.last_id()

    await house.press(progress, "Log")

    assert house.newest() == "📄 Log of /task_1\nNo output yet."


async def test_merge(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()
    assert house.text(news).startswith("✅ Write docs is built · /task_1")
    assert house.labels(news) == ["🔀 Merge", "🔍 Diff", "📄 Log", "🗑 Discard", "✏️ Modify"]

    toast = await house.press(news, "Merge")

    assert (toast.text, toast.show_alert) == ("🎉 task_1 is merged.", False)
    state = house.task("task_1").state
    assert isinstance(state, Completed)
    assert isinstance(state.delivery, Merged)
    assert house.text(news).startswith("🎉 Write docs is merged")
    await again(house, news, "task:merge:task_1", "task_1 is merged already.")
    await again(house, news, "task:discard:task_1", "task_1 is merged, so there is no branch left to discard.")


async def test_a_merge_beside_uncommitted_work_offers_to_catch_up(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()
    house.workspaces.repositories[SHOP].uncommitted = {"mine.txt"}

    assert "uncommitted work" in ((await house.press(news, "Merge")).text or "")
    assert house.labels(news) == ["⬇️ Update my checkout", "🔍 Diff", "📄 Log", "↩️ Rollback"]
    assert (await house.press(news, "Update")).text == "Your checkout is up to date."
    await again(house, news, "task:update:task_1", "Your checkout is up to date already.")


async def test_a_conflict_is_an_alert(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()
    house.workspaces.commit(SHOP, "main", "task_1-1.txt", "other words\n")

    await again(house, news, "task:merge:task_1", "does not merge cleanly into main")
    assert house.labels(news) == ["🔀 Merge", "🔍 Diff", "📄 Log", "🗑 Discard", "✏️ Modify"]


async def test_diff(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()

    await house.press(news, "Diff")

    assert "+words" in house.newest()


async def test_discard_and_retry(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()

    assert (await house.press(news, "Discard")).text == "Discarded. Its commits are kept in the trash."
    state = house.task("task_1").state
    assert isinstance(state, Completed)
    assert isinstance(state.delivery, Discarded)
    await again(house, news, "task:discard:task_1", "task_1 is discarded already.")
    await again(house, news, "task:merge:task_1", "task_1 was discarded.")
    assert (await house.press(news, "Retry")).text == "Back in the queue."
    assert isinstance(house.task("task_1").state, Queued)


async def test_retry(house: House) -> None:
    await house.build(house.add(), Broke())
    news = house.last_id()
    assert "The checks fail with this change" in house.text(news)

    assert (await house.press(news, "Retry")).text == "Back in the queue."

    assert isinstance(house.task("task_1").state, Queued)
    assert "(an earlier try)" in house.text(news)
    assert house.labels(news) == []
    await again(house, news, "task:retry:task_1", "only what has ended and is not merged can be built again.")


async def test_retry_of_a_result_that_is_not_merged(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()

    assert await house.ask("/retry 1") == "/task_1 is back in the queue."

    assert isinstance(house.task("task_1").state, Queued)
    assert "(an earlier try)" in house.text(news)


async def test_retry_of_a_merged_result_is_refused(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()
    await house.press(news, "Merge")

    await again(house, news, "task:retry:task_1", "only what has ended and is not merged can be built again.")


# -- questions ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def question(house: House) -> int:
    """The message that asks about a new page."""
    house.add("A new page", category=Category.FEATURE)
    await house.beat()
    message = house.last_id()
    assert house.labels(message) == ["✅ Approve", "✏️ Modify", "🚫 Reject", "🔎 Details", "♾ Always in shop"]
    assert house.text(message).splitlines()[1] == "May I build this? I ask because its category is New features."
    return message


async def test_approve(house: House, question: int) -> None:
    assert (await house.press(question, "Approve")).text == "task_1 is approved."

    assert isinstance(house.task("task_1").state, Queued)
    assert house.text(question).endswith("Approved by an owner, 20:00.")
    assert house.labels(question) == []
    await again(house, question, "answer:approval_1:1", "task_1 was approved already.")
    await again(house, question, "answer:approval_1:0", "task_1 was approved already.")


async def test_reject(house: House, question: int) -> None:
    assert (await house.press(question, "Reject")).text == "task_1 is rejected."

    assert isinstance(house.task("task_1").state, Rejected)
    await again(house, question, "answer:approval_1:1", "task_1 was rejected already.")


async def test_details(house: House, question: int) -> None:
    await house.press(question, "Details")

    assert house.newest().startswith("✋ A new page\n/task_1 · needs your approval")
    assert "Asked because its category is New features." in house.newest()
    assert house.labels(house.last_id()) == ["✅ Approve", "✏️ Modify", "🚫 Reject"]


async def test_an_answer_updates_every_copy_of_the_question(house: House, question: int) -> None:
    details = await card(house, "task_1")

    await house.press(details, "Approve")

    assert "Approved" in house.text(question)
    assert house.labels(question) == []
    assert house.text(details).startswith("⏳ A new page")


async def test_an_answer_after_the_question_expired(house: House, question: int) -> None:
    house.clock.advance(days=8)

    await again(house, question, "answer:approval_1:1", "The question about task_1 has expired.")


async def test_an_answer_after_the_task_was_cancelled(house: House, question: int) -> None:
    await house.ask("/cancel 1")

    assert "Not needed any more" in house.text(question)
    await again(house, question, "answer:approval_1:1", "The question about task_1 is closed.")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("yes", "approved"),
        ("Yes!", "approved"),
        ("yes please", "approved"),
        ("Ok, do it.", "approved"),
        ("no", "rejected"),
        ("No, thanks!", "rejected"),
        ("👎", "rejected"),
    ],
)
async def test_a_written_answer(house: House, question: int, word: str, said: str) -> None:
    assert await house.ask(word, reply_to=question) == f"/task_1 is {said}."
    assert said in house.text(question).lower()

    before = house.state()
    assert await house.ask(word, reply_to=question) == f"task_1 was {said} already."
    assert house.state() == before


@pytest.mark.parametrize("words", ["Fix the footer too", "No logo on the page", "Yesterday it worked", "Please yes"])
async def test_other_words_in_reply_to_a_question_become_a_draft(house: House, question: int, words: str) -> None:
    assert (await house.ask(words, reply_to=question)).startswith(f"📝 {words}")
    assert isinstance(house.task("task_1").state, NeedsApproval)


async def test_a_yes_to_something_else_is_no_answer(house: House, question: int) -> None:
    await house.ask("/queue")

    assert (await house.ask("yes", reply_to=house.last_id())).startswith("👌 That changes nothing.")
    assert isinstance(house.task("task_1").state, NeedsApproval)


# -- lost dependencies ----------------------------------------------------------------------------------------------


@pytest.fixture
async def lost(house: House) -> int:
    """The message that asks what becomes of task_2, whose task_1 failed."""
    first = house.add()
    house.add("Then this", depends=[first.id])
    await house.build(first, Broke())
    message = next(m.message_id for m in house.history() if "🔗" in m.body["text"])
    assert house.labels(message) == ["🔁 Retry task_1", "✂️ Go on without it", "🚫 Cancel task_2"]
    return message


async def test_go_on_without_it(house: House, lost: int) -> None:
    assert (await house.press(lost, "Go on")).text == "task_2 no longer waits for task_1."

    assert house.task("task_2").depends == ()
    assert house.text(lost) == "🔗 Then this · /task_2 no longer waits for /task_1."
    await again(house, lost, "unlink:task_2:task_1", "task_2 does not wait for task_1.")


async def test_retry_what_was_lost(house: House, lost: int) -> None:
    await house.press(lost, "Retry")

    assert isinstance(house.task("task_1").state, Queued)
    await again(house, lost, "task:retry:task_1", "can be built again")


async def test_cancel_what_waits(house: House, lost: int) -> None:
    await house.press(lost, "Cancel")

    assert isinstance(house.task("task_2").state, Cancelled)
    await again(house, lost, "task:cancel:task_2", "task_2 is cancelled already.")


# -- drafts ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def draft(house: House) -> int:
    assert (await house.ask("Fix the login test\nIt fails <on> Mondays.")).startswith("📝 Fix the login test")
    message = house.last_id()
    assert house.labels(message) == [
        "⏱ 1 h",
        "❗ MEDIUM",
        "🏷 Bug fixes",
        "📁 shop",
        "➕ Add",
        "▶️ Add and start",
        "🗑 Drop",
    ]
    return message


async def test_every_field_is_chosen_with_buttons(house: House, draft: int) -> None:
    with house.store.transaction():
        house.store.projects.put("other", factories.project("/srv/other", name=ProjectName("other")))
    for field, choice in (("⏱", "4 h"), ("❗", "HIGH"), ("🏷", "Test coverage"), ("📁", "other")):
        await house.press(draft, field)
        assert house.labels(draft)[-1] == "↩️ Back"
        await house.press(draft, choice)
    assert house.labels(draft)[:4] == ["⏱ 4 h", "❗ HIGH", "🏷 Test coverage", "📁 other"]

    assert (await house.press(draft, "➕ Add")).text == "Added as task_1."

    task = house.task("task_1")
    assert (task.hours, task.priority, task.category) == (4.0, Priority.HIGH, Category.TESTS)
    assert (task.project, task.description, task.chat) == ("other", "It fails <on> Mondays.", ANN.id)
    assert house.text(draft).startswith("⏳ Fix the login test")


async def test_every_choice_of_every_field_can_be_pressed(house: House, draft: int) -> None:
    for field in ("⏱", "❗", "🏷", "📁"):
        await house.press(draft, field)
        choices = house.labels(draft)[:-1]
        assert choices
        for choice in choices:
            await house.press(draft, choice)
            assert house.labels(draft)[-1] == "🗑 Drop", f"{choice} did not lead back to the card"
            await house.press(draft, field)
        await house.press(draft, "Back")
    assert house.troubles() == []


async def test_add_and_start(house: House, draft: int) -> None:
    await house.press(draft, "Add and start")

    assert house.task("task_1").start_now


async def test_the_card_that_a_draft_became_keeps_up(house: House, draft: int) -> None:
    await house.press(draft, "Add and start")
    assert "⏱ starts in a moment" in house.text(draft)

    await house.beat()

    assert house.text(draft).startswith("🔨 Fix the login test")
    assert house.labels(draft) == ["⏹ Stop", "📄 Log"]


async def test_a_draft_that_asks_first_becomes_one_line_and_is_asked_about_once(house: House) -> None:
    await house.ask("Implement a new page #feature")
    draft = house.last_id()

    assert (await house.press(draft, "➕ Add")).text == "Added as task_1."

    assert house.text(draft) == "➕ Implement a new page · /task_1"
    assert house.labels(draft) == []
    await house.beat()
    assert "May I build this?" in house.newest()
    assert house.labels(house.last_id())[:3] == ["✅ Approve", "✏️ Modify", "🚫 Reject"]


@pytest.mark.parametrize(
    "data", ["draft:draft_1:add", "draft:draft_1:start", "draft:draft_1:drop", "choose:draft_1:hours"]
)
async def test_a_draft_is_added_once(house: House, draft: int, data: str) -> None:
    await house.press(draft, "➕ Add")

    await again(house, draft, data, "That draft was added as task_1 already.")


async def test_a_draft_is_dropped_once(house: House, draft: int) -> None:
    assert (await house.press(draft, "Drop")).text == "Dropped."

    assert house.text(draft) == "🗑 Fix the login test"
    assert house.labels(draft) == []
    await again(house, draft, "draft:draft_1:drop", "That draft is gone. Write the task again to start over.")
    await again(house, draft, "draft:draft_1:add", "That draft is gone.")


async def test_a_project_that_is_gone_is_no_choice_any_more(house: House, draft: int) -> None:
    await again(house, draft, "set:draft_1:project:gone", "There is no project “gone” any more.")


@pytest.mark.parametrize("value", ["abc", "nan", "inf", "0", "-1", "1000", "1e400", "1_0"])
async def test_impossible_hours_from_a_forged_button(house: House, draft: int, value: str) -> None:
    before = house.state()
    toast = await house.press_data(draft, f"set:draft_1:hours:{value}")
    if value != "1_0":
        assert toast.show_alert
        assert house.state() == before
    assert house.troubles() == []


# -- lists ----------------------------------------------------------------------------------------------------------


async def test_thirty_tasks_are_paged_in_place(house: House) -> None:
    for number in range(30):
        house.add(f"Task <{number}>", chat=None)
    await house.ask("/queue")
    message, seen = house.last_id(), set[str]()
    assert house.labels(message) == ["◀", "1 / 4", "▶", "🏁 Finished"]

    for page in range(1, 5):
        assert f"{page} / 4" in house.labels(message)
        seen |= {word for word in house.text(message).split() if word.startswith("/task_")}
        await house.press(message, "▶")
    assert len(seen) == 30
    assert "1 / 4" in house.labels(message)
    await house.press(message, "◀")
    assert "4 / 4" in house.labels(message)
    assert (await house.press(message, "4 / 4")).text is None

    for number in range(1, 28):
        house.services.queue.cancel(house.task(f"task_{number}").id, None, house.clock())
    await house.press_data(message, "page:queue:3")
    assert "Queue · 3 tasks" in house.text(message)
    await house.press(message, "Finished")
    assert "Finished · 27 tasks" in house.text(message)
    await house.press(message, "Queue")
    assert "Queue · 3 tasks" in house.text(message)


async def test_next_starts_tasks(house: House) -> None:
    house.add("One", hours=8.0)
    house.add("Two", hours=8.0)
    await house.ask("/next")
    message = house.last_id()

    await house.press(message, "Start task_2")

    assert house.task("task_2").start_now
    assert not house.task("task_1").start_now
    assert "Next" in house.text(message)  # a list stays a list


async def test_the_buttons_of_the_brief(house: House) -> None:
    await house.build(house.add("Good"))
    await house.build(house.add("Bad"), Broke())
    house.add("A new page", category=Category.FEATURE)
    await house.ask("/brief")
    message = house.last_id()

    assert [[button["text"] for button in row] for row in house.keyboard(message)] == [
        ["✅ Approve task_3", "🚫 Reject task_3"],
        ["🔀 Merge task_1", "🔁 Retry task_2"],
        ["📋 Queue"],
    ]
    assert (await house.press(message, "Approve task_3")).text == "task_3 is approved."
    assert "merged" in ((await house.press(message, "Merge task_1")).text or "")
    assert (await house.press(message, "Retry task_2")).text == "Back in the queue."
    assert house.text(message).startswith("☀️ Brief")
    await again(house, message, "task:merge:task_1", "merged already")


async def test_the_retry_of_an_old_brief_tells_how_the_task_stands_now(house: House) -> None:
    await house.build(house.add("Bad"), Broke())
    await house.ask("/brief")
    message = house.last_id()
    assert (await house.press(message, "Retry task_1")).text == "Back in the queue."
    stale = "task_1 has moved on: "

    toast = await house.press(message, "Retry task_1")
    assert (toast.text, toast.show_alert) == (f"{stale}queued now.", True)
    await house.build(house.task("task_1"), Broke())
    assert ((await house.press(message, "Retry task_1")).text or "").startswith(f"{stale}failed now: The checks fail")
    await house.press_data(message, "task:retry:task_1")  # of a button from before builds stood in it
    await house.build(house.task("task_1"))
    before = house.state()
    for data in ("task:retry:task_1", "again:task_1:task_1-1"):
        assert (await house.press_data(message, data)).text == f"{stale}completed now, not merged yet."
    assert house.state() == before
    await house.ask("/merge 1")
    assert ((await house.press(message, "Retry task_1")).text or "").startswith(f"{stale}merged now as ")
    assert (await house.press_data(message, "again:task_1:task_9-1")).show_alert
    assert house.troubles() == []


async def test_the_buttons_of_the_welcome(empty_house: House) -> None:
    await empty_house.ask("/start")
    message = empty_house.last_id()

    await empty_house.press(message, "Brief")
    assert "Nothing happened" in empty_house.newest()
    await empty_house.press(message, "Queue")
    assert "The queue is empty" in empty_house.newest()
    await empty_house.press(message, "sample")
    assert "is ready" in empty_house.newest()
    await again(empty_house, message, "ask:sample", "The sample project is there already.")


# -- old, late, forged, foreign -------------------------------------------------------------------------------------


async def test_buttons_work_after_a_restart(house: House, open_house: Open, question: int) -> None:
    await house.ask("Fix the login test")
    draft = house.last_id()
    reborn = await open_house(like=house)

    assert (await reborn.press(question, "Approve")).text == "task_1 is approved."
    assert (await reborn.press(draft, "Add and start")).text == "Added as task_2."
    assert isinstance(reborn.task("task_1").state, Queued)
    assert "Approved" in reborn.text(question)
    await again(reborn, question, "answer:approval_1:1", "task_1 was approved already.")


async def test_a_press_that_waited_too_long_is_done_and_shown_all_the_same(house: House, question: int) -> None:
    house.api.people.press(question, 0, 0)
    house.clock.advance(minutes=20)
    await house.work()

    assert isinstance(house.task("task_1").state, Queued)
    assert "Approved" in house.text(question)
    assert house.troubles() == []


@pytest.mark.parametrize(
    "data",
    [
        "x",
        "💥" * 16,
        "a" * 64,
        "task",
        "task:",
        "task:merge",
        "task:explode:task_1",
        ":::::",
        "task:merge:",
        "answer:approval_1:maybe",
        "page:queue:one",
        "page:nowhere:0",
        "ask:rm",
        "set:draft_1:colour:red",
        "draft:draft_1:explode",
        "0",
        "null",
        '["task","merge","task_1"]',
    ],
)
async def test_forged_data_is_answered_and_changes_nothing(house: House, question: int, data: str) -> None:
    before = house.state()

    toast = await house.press_data(question, data)

    assert toast.show_alert
    assert "from another version" in (toast.text or "") or "does not exist any more" in (toast.text or "")
    assert house.state() == before
    assert house.troubles() == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("task:merge:task_99", "There is no task_99."),
        ("task:log:<b>", "There is no <b>."),
        ("answer:approval_99:1", "That question is not known any more."),
        ("unlink:task_99:task_1", "There is no task_99."),
        ("draft:draft_99:add", "That draft is gone."),
        ("set:draft_99:hours:1", "That draft is gone."),
    ],
)
async def test_buttons_of_things_that_are_gone(house: House, question: int, data: str, words: str) -> None:
    await again(house, question, data, words)
    assert house.troubles() == []


@pytest.mark.parametrize("number", [-5, 99, 10**30])
async def test_pages_that_are_not_there(house: House, number: int) -> None:
    house.add()
    await house.ask("/queue")

    await house.press_data(house.last_id(), f"page:queue:{number}")

    assert "Queue · 1 task" in house.newest()
    assert house.troubles() == []


async def test_a_stranger_in_the_group_cannot_press(house: House) -> None:
    house.api.people.add_group(GROUP, "Family", [ANN, EVE])
    house.add("A new page", category=Category.FEATURE, chat=ChatId(GROUP))
    await house.beat()
    message = house.last_id(GROUP)
    before = house.state()

    house.api.people.press(message, 0, 0, chat=GROUP, user=EVE.id)
    await house.work()
    assert house.toasts == []
    assert house.state() == before

    house.api.people.press(message, 0, 0, chat=GROUP)
    await house.work()
    assert [toast.text for toast in house.toasts] == ["task_1 is approved."]


async def test_failed_tasks_stay_failed_while_nobody_presses(open_house: Open) -> None:
    house = await open_house()
    register_shop(house.store, house.workspaces)
    await house.build(house.add(), Broke())
    await house.beat()

    assert isinstance(house.task("task_1").state, Failed)
    assert not isinstance(house.task("task_1").state, Running)
