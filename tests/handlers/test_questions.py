"""Questions from the chat: several at once, changed in a dialogue, made into rules, seen; and stopping everything."""

from datetime import timedelta

import pytest

from bot.local.models import User
from core.model.build import Broke
from core.model.category import Category
from core.model.decision import Finding, Verdict
from core.model.ids import ChatId, UserId
from core.model.task import Cancelled, Completed, Merged, NeedsApproval, Priority, Queued, Running, Task
from tests.handlers.conftest import ANN, House, Open

BEN = User(id=8, first_name="Ben")
SECRET = Finding(verdict=Verdict.ESCALATE, rule="result: secret", reason="it adds a secret", path="a.py", line=3)
CI = Finding(verdict=Verdict.ASK, rule="result: sensitive: ci", reason="it changes ci", path="x.yml")


@pytest.fixture
async def question(house: House) -> int:
    house.add("A new page", category=Category.FEATURE)
    await house.beat()
    return house.last_id()


def find(house: House, words: str) -> int:
    return next(m.message_id for m in reversed(house.history()) if words in str(m.body.get("text")))


# -- what the question shows ------------------------------------------------------------------------------------------


async def test_the_question_shows_what_a_person_needs(house: House) -> None:
    house.add("Drop the <users> table", category=Category.FEATURE, description="Nobody needs it.", hours=2.0)
    await house.beat()

    text = house.newest()
    assert text.startswith(
        "🚨 Drop the <users> table · /task_1\nMay I build this? I ask because it speaks of deleting data."
    )
    assert "risk high · 2 h · New features · MEDIUM · project shop" in text
    assert "Nobody needs it." in text
    assert "Without an answer I drop it 10 Mar 20:00." in text
    assert house.labels(house.last_id()) == ["✅ Approve", "✏️ Modify", "🚫 Reject", "🔎 Details", "👀 Seen"]


async def test_an_escalation_is_repeated_until_somebody_has_seen_it(house: House) -> None:
    house.add("Drop the users table")
    await house.beat()
    first = house.last_id()
    house.clock.advance(minutes=31)
    house.services.approvals.remind(house.clock())
    await house.beat()
    assert house.newest().startswith("🔔 Again (1 of 3):\n🚨 Drop the users table")

    assert (await house.press(first, "Seen")).text == "Good. I won't repeat it; it still waits for your answer."
    house.clock.advance(hours=5)
    assert house.services.approvals.remind(house.clock()) == []
    assert "👀 Seen" not in house.labels(first)
    assert isinstance(house.task("task_1").state, NeedsApproval)


async def test_an_answer_updates_every_message_that_asked(house: House, question: int) -> None:
    house.clock.advance(days=1)
    house.services.approvals.remind(house.clock())
    await house.beat()
    again = house.last_id()
    assert house.newest().startswith("🔔 Still waiting for your word:")

    await house.press(again, "Approve")

    for message in (question, again):
        assert house.labels(message) == []
        assert "Approved by Ann" in house.text(message) or "Approved" in house.text(message)


async def test_a_question_that_expires_is_told(house: House, question: int) -> None:
    house.clock.advance(days=8)
    await house.beat()

    assert "Nobody answered whether I may build it" in house.newest()
    assert house.labels(house.last_id()) == ["🔁 Retry"]
    assert (await house.press_data(question, "answer:approval_1:1")).text == "The question about task_1 has expired."


# -- several at once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["/approve all", "approve all", "Approve everything!", "/approve 1 2"])
async def test_all_in_one_go(house: House, said: str) -> None:
    house.add("A new page", category=Category.FEATURE)
    house.add("Enable the linter", category=Category.CONFIG)

    answer = await house.ask(said)

    assert "task_1" in answer
    assert "task_2" in answer
    assert all(isinstance(house.task(f"task_{number}").state, Queued) for number in (1, 2))


@pytest.mark.parametrize("said", ["/reject all config", "reject all config changes", "reject config"])
async def test_those_of_a_category(house: House, said: str) -> None:
    house.add("A new page", category=Category.FEATURE)
    house.add("Enable the linter", category=Category.CONFIG)

    assert await house.ask(said) == "Rejected: /task_2."
    assert isinstance(house.task("task_1").state, NeedsApproval)


async def test_what_is_urgent_is_left_for_a_look_of_its_own(house: House) -> None:
    house.add("A new page", category=Category.FEATURE)
    house.add("Drop the users table")

    answer = await house.ask("/approve all")

    assert answer == "Approved: /task_1.\n/task_2: please answer it separately, it needs a look."
    assert (
        await house.ask("/approve all")
        == "Nothing was answered.\n/task_2: please answer it separately, it needs a look."
    )


async def test_nothing_waits(house: House) -> None:
    assert await house.ask("/approve all") == "No question waits for such an answer."
    assert await house.ask("/questions") == "No question waits for you."
    assert await house.ask("/approve all gardening") != ""
    assert (await house.ask("/approve")).startswith("Which task? For example: /approve task_12")
    assert (
        await house.ask("/approve nonsense")
        == "“nonsense” is no task. Write its number, like task_12; /queue lists them."
    )


async def test_the_list_of_questions(house: House, question: int) -> None:
    house.add("Drop the users table")

    text = await house.ask("/questions")

    assert text.splitlines()[1].startswith("🚨 /task_2")
    assert text.splitlines()[2].startswith("✋ /task_1")
    await house.press(house.last_id(), "✅ task_1")
    assert isinstance(house.task("task_1").state, Queued)


@pytest.mark.parametrize("said", ["approve of the design in the footer", "Reject wrong passwords at login"])
async def test_other_sentences_stay_tasks(house: House, said: str) -> None:
    house.add("A new page", category=Category.FEATURE)

    assert (await house.ask(said)).startswith("📝")
    assert isinstance(house.task("task_1").state, NeedsApproval)


# -- the dialogue -----------------------------------------------------------------------------------------------------


async def test_hours_and_priority_by_button(house: House, question: int) -> None:
    await house.press(question, "Modify")
    dialogue = house.last_id()
    assert house.labels(dialogue) == ["Title", "Description", "Hours", "Priority", "✖️ Leave it"]
    await house.press(dialogue, "Hours")
    await house.press(dialogue, "Back")
    await house.press(dialogue, "Hours")
    await house.press(dialogue, "2 h")

    assert house.text(dialogue) == "✏️ /task_1 is changed, and in the queue."
    assert house.task("task_1").hours == 2.0
    assert "Changed by" in house.text(question)
    assert house.labels(question) == []


async def test_a_new_title_is_written_as_a_reply(house: House, question: int) -> None:
    await house.press(question, "Modify")
    await house.press(house.last_id(), "Title")
    asked = house.last_id()
    assert house.text(asked) == "Write the new title of /task_1 as a reply to this message."

    assert await house.ask("A map", reply_to=asked) == "✏️ /task_1 is changed, and in the queue."

    assert house.task("task_1").title == "A map"
    assert isinstance(house.task("task_1").state, Queued)
    assert await house.ask("A map", reply_to=asked) == "That is what task_1 says already."


async def test_the_dialogue_goes_on_after_a_restart(house: House, question: int, open_house: Open) -> None:
    await house.press(question, "Modify")
    await house.press(house.last_id(), "Description")
    asked = house.last_id()
    reborn = await open_house(like=house)

    assert "in the queue" in await reborn.ask("With a legend.", reply_to=asked)
    assert reborn.task("task_1").description == "With a legend."


async def test_leaving_it_changes_nothing(house: House, question: int) -> None:
    before = house.task("task_1")
    await house.press(question, "Modify")
    await house.press(house.last_id(), "Leave it")

    assert house.newest() == "✏️ /task_1 stays as it is."
    assert house.task("task_1") == before


async def test_a_forged_value_is_refused(house: House, question: int) -> None:
    before = house.task("task_1")
    for data in ("change:task_1:hours:99", "change:task_1:priority:GREAT", "change:task_1:hours:x", "change:task_9"):
        assert (await house.press_data(question, data)).text
    assert house.task("task_1") == before
    assert house.troubles() == []


async def test_modify_by_command(house: House) -> None:
    house.add("Write docs")
    await house.say("/modify 1")
    await house.press(house.last_id(), "Priority")
    await house.press(house.last_id(), "HIGH")

    assert house.task("task_1").priority is Priority.HIGH


# -- rules ------------------------------------------------------------------------------------------------------------


async def test_always_makes_a_rule(house: House, question: int) -> None:
    toast = await house.press(question, "Always in shop")

    assert toast.text == "Approved. New features in shop runs by itself from now on; /rules takes it back."
    assert isinstance(house.add("Another page", category=Category.FEATURE).state, Queued)
    text = await house.ask("/rules")
    assert "New features in project shop runs by itself" in text
    await house.press(house.last_id(), "🗑 New features")
    assert isinstance(house.add("A third page", category=Category.FEATURE).state, NeedsApproval)


@pytest.mark.parametrize("said", ["don't auto-approve docs in project shop", "/rules ask before docs in shop"])
async def test_a_rule_in_words(house: House, said: str) -> None:
    assert (
        await house.ask(said)
        == "📏 Noted: Documentation in project shop asks first. What is escalated stays escalated."
    )
    assert isinstance(house.add().state, NeedsApproval)

    await house.press(house.last_id(), "Take it back")
    assert isinstance(house.add("Write more docs").state, Queued)


async def test_nonsense_is_no_rule(house: House) -> None:
    assert (await house.ask("/rules be nice")).startswith(
        "Write it like this: /rules ask before infrastructure in shop"
    )
    assert "no category" in await house.ask("don't auto-approve gardening")


# -- results ----------------------------------------------------------------------------------------------------------


async def test_a_result_shows_what_to_look_at(house: House) -> None:
    house.found[:] = [CI]
    await house.build(house.add())

    news = find(house, "is built")
    assert "👀 Worth a look before you merge\n• it changes ci (x.yml)" in house.text(news)
    assert await house.ask("yes", reply_to=news) == "🎉 /task_1 is merged."


async def test_an_escalated_result_is_merged_by_its_question(house: House) -> None:
    house.found[:] = [SECRET]
    await house.build(house.add())
    question = find(house, "Look before you merge")
    assert "it adds a secret (a.py:3)" in house.text(question)

    assert (await house.press(question, "Merge")).text == "🎉 task_1 is merged."

    state = house.task("task_1").state
    assert isinstance(state, Completed)
    assert isinstance(state.delivery, Merged)
    assert house.labels(question) == []


# -- who answers ------------------------------------------------------------------------------------------------------


async def test_twenty_presses_from_two_people_have_one_effect(open_house: Open) -> None:
    house = await open_house(owners=frozenset({UserId(ANN.id), UserId(BEN.id)}))
    house.api.people.add_user(BEN)
    house.api.people.add_group(-5, "Team", [ANN, BEN])
    house.add("A new page", category=Category.FEATURE, chat=ChatId(-5), project=None)
    await house.beat()
    message = house.last_id(-5)
    for number in range(20):
        house.api.people.press(message, 0, 2 if number % 3 == 2 else 0, chat=-5, user=(ANN, BEN)[number % 2].id)

    await house.work()

    texts = [toast.text for toast in house.toasts]
    assert texts[0] == "task_1 is approved."
    assert len(texts) == 20
    assert all("already" in str(text) for text in texts[1:])
    assert isinstance(house.task("task_1").state, Queued)
    assert house.troubles() == []


async def test_an_owner_may_answer_in_a_foreign_group_and_a_stranger_in_none(house: House, question: int) -> None:
    eve = User(id=99, first_name="Eve")
    house.api.people.add_user(eve)
    house.api.people.add_group(-7, "Others", [ANN, eve])
    house.api.people.send("/approve 1", chat=-7, user=eve.id)
    await house.work()
    assert isinstance(house.task("task_1").state, NeedsApproval)

    assert await house.ask("/approve 1", chat=-7) == "/task_1 is approved."


# -- stopping ---------------------------------------------------------------------------------------------------------


async def test_pause_status_resume(house: House) -> None:
    house.add("Write docs")
    assert (await house.ask("/pause")).startswith("⏸ All work is paused. Nothing starts")
    await house.beat()
    assert isinstance(house.task("task_1").state, Queued)
    assert (await house.ask("/status")).startswith("Status\n⏸ All work is paused since 20:00")

    await house.press(house.last_id(), "Resume")
    await house.beat()
    assert isinstance(house.task("task_1").state, Running)
    assert await house.ask("/resume") == "Nothing is paused, so there is nothing to resume."


async def test_pause_a_project_and_stop_its_builds(house: House) -> None:
    task = house.add("Write docs")
    await house.beat()
    text = await house.ask("/pause shop")
    assert text.endswith("/task_1 goes on to the end.")

    assert (await house.press(house.last_id(), "Stop running")).text == "Stopping 1 …"
    await house.beat()
    assert isinstance(house.task(task.id).state, Cancelled)
    assert await house.ask("/resume shop") == "▶️ Going on with shop."
    assert await house.ask("/pause a b") == "/pause takes the name of one project, or nothing for everything."


async def test_stop_all(house: House) -> None:
    task: Task = house.add("Write docs")
    await house.beat()

    assert (await house.ask("/stop_all")).startswith("⏹ All work is paused. Stopping /task_1")
    await house.beat()
    assert isinstance(house.task(task.id).state, Cancelled)


async def test_the_status_tells_of_a_session_that_was_stopped(house: House) -> None:
    await house.ask("/overnight start")
    assert "stopped" not in await house.ask("/status")
    await house.ask("/overnight stop")

    second = (await house.ask("/status")).splitlines()[1]

    assert second.startswith("⏹ This session was stopped: nothing more starts before ")
    await house.ask("/overnight start")
    assert "stopped" not in await house.ask("/status")


# -- the record -------------------------------------------------------------------------------------------------------


async def test_the_record_of_today_of_a_task_and_its_way_back(house: House) -> None:
    await house.build(house.add("A new <page>"))
    await house.say("/merge 1")
    house.services.audit.flush()

    text = await house.ask("/audit")
    assert "added /task_1 “A new <page>”" in text
    assert "merged /task_1 — Ann" in text or "merged /task_1 — person 7" in text
    await house.press(house.last_id(), "Roll back task_1")
    house.services.audit.flush()
    assert "rolled back" in await house.ask("/audit 1")
    await house.ask("/lessons use tabs")
    house.services.audit.flush()
    assert "lesson “use tabs” — " in await house.ask("/audit")
    assert await house.ask("/audit 1 2") == "One thing at a time: /audit today, /audit week, or /audit task_12"
    house.clock.advance(days=30)
    assert await house.ask("/audit week") == "Nothing is on record for week."


async def test_trust_in_numbers(house: House) -> None:
    assert (await house.ask("/trust")).startswith("Nothing has been decided yet.")
    await house.build(house.add())
    await house.say("/merge 1")
    await house.build(house.add("Write more docs"), Broke())

    assert "Documentation in shop\nby itself: 1 of 1 stood" in await house.ask("/trust")


async def test_a_suggestion_is_taken_by_button(house: House) -> None:
    for number in range(12):
        house.add(f"A new page {number}", category=Category.FEATURE)
    await house.ask("/approve all")
    house.services.trust.suggest(house.clock())
    await house.beat()
    message = find(house, "Shall New features in shop run without asking")

    assert (await house.press(message, "Yes")).text == "That holds from now on; /rules takes it back."
    assert house.labels(message) == []
    assert isinstance(house.add("Another page", category=Category.FEATURE).state, Queued)


# -- what comes into a chat -------------------------------------------------------------------------------------------


async def test_news_by_kind(house: House) -> None:
    await house.ask("/notifications")
    card = house.last_id()
    assert house.labels(card)[:3] == ["🚨 Escalations: 🔔 on", "✋ Questions: 🔔 on", "🔨 Builds: 🔔 on"]
    await house.press(card, "Questions")
    await house.press(card, "Questions")
    assert house.labels(card)[1] == "✋ Questions: 🚫 off"
    before = house.last_id()
    house.add("A new page", category=Category.FEATURE)
    await house.beat()
    assert house.last_id() == before
    refused = (await house.press_data(card, "notify:escalations:off")).text
    assert refused == "Escalations can't be switched off; they can come without a sound."

    house.add("Drop the users table")
    await house.beat()
    assert "Drop the users table" in house.newest()


@pytest.mark.parametrize(("hours", "silent"), [(2.98, False), (3.0, True), (10.99, True), (11.0, False)])
async def test_the_night_is_silent_but_for_escalations(house: House, hours: float, silent: bool) -> None:
    house.clock.advance(seconds=timedelta(hours=hours).total_seconds())
    house.add("A new page", category=Category.FEATURE)
    house.add("Drop the users table")
    await house.beat()

    sent = {m.body["text"][:1]: m for m in house.history() if "May I build" in str(m.body.get("text"))}
    assert sent["✋"].silent is silent
    assert sent["🚨"].silent is False
