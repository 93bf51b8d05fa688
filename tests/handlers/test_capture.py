"""New tasks from the chat: the one-line grammar, and free text as a draft."""

import pytest

from bot.local.models import Upload
from core.audit import QUEUE
from core.model.ids import ChatId, ProjectName
from core.model.task import Category, NeedsApproval, Priority, Task
from handlers import parsing
from handlers.views.message import escape
from tests import factories
from tests.handlers.conftest import ANN, House, Open

GROUP = -100


async def added(house: House, text: str) -> Task:
    await house.ask(text)
    return house.store.tasks.all()[-1]


async def test_everything_on_one_line(house: House) -> None:
    first = await added(house, "/add First thing")
    task = await added(
        house,
        "/add Speed up the search 1.5h !high #perf #web @shop >1\n"
        "It takes seconds.\n\nrun: make fast\nverify: make test\nOver there.",
    )

    assert task.title == "Speed up the search"
    assert (task.hours, task.priority, task.category) == (1.5, Priority.HIGH, Category.PERFORMANCE)
    assert (task.project, task.tags, task.depends) == ("shop", ("web",), (first.id,))
    assert (task.command, task.verify) == ("make fast", "make test")
    assert task.description == "It takes seconds.\n\nOver there."
    assert task.chat == ANN.id
    assert house.woken


async def test_the_record_says_who_asked_for_it_and_who_wanted_it_now_or_again(house: House) -> None:
    await added(house, "/add Fix one test")
    await house.press((await house.say("Fix another test"))[-1].message_id, "Add")
    await house.ask("/go 1")
    await house.press((await house.say("/task_2"))[-1].message_id, "Start now")
    await house.ask("/cancel 1")
    await house.ask("/retry 1")

    wanted = [line.entry for line in house.store.audit.all() if line.log == QUEUE]
    assert [(entry["action"], entry["task"], entry["actor"]) for entry in wanted] == [
        (action, f"task_{number}", f"person {ANN.id}")
        for action, number in (
            ("added", 1),
            ("added", 2),
            ("start now", 1),
            ("start now", 2),
            ("cancelled", 1),
            ("retried", 1),
        )
    ]


@pytest.mark.parametrize(
    ("line", "title", "hours"),
    [
        ("Fix it", "Fix it", 1.0),
        ("Fix it 30m", "Fix it", 0.5),
        ("Fix it 2h", "Fix it", 2.0),
        ("Fix it 1h30m", "Fix it", 1.5),
        ("Fix it 0,5h #web", "Fix it", 0.5),
        ("Fix it in 2", "Fix it in 2", 1.0),
        ("Fix issue #12", "Fix issue #12", 1.0),
        ("Fix a > b & c @ home!", "Fix a > b & c @ home!", 1.0),
        ("  Fix    it  ", "Fix it", 1.0),
    ],
)
async def test_titles_and_hours(house: House, line: str, title: str, hours: float) -> None:
    task = await added(house, f"/add {line}")

    assert (task.title, task.hours) == (title, hours)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Fix it 0h", "must be more than 0 hours"),
        ("Fix it -1h", "must be more than 0 hours"),
        ("Fix it 1000h", "1000 hours is more than one task may take (12). Split it into phases"),
        ("Fix it " + "9" * 400 + "m", "is not a number of hours"),
        ("Fix it !urgent", "“urgent” is no priority."),
        ("Fix it !high !low", "Name one priority, not 2."),
        ("Fix it #bug #docs", "Name one category, not 2."),
        ("Fix it @nowhere", "There is no project “nowhere”. Registered: shop."),
        ("Fix it @a @b", "Name one project, not 2."),
        ("Fix it >99", "There is no task_99 to wait for."),
        ("Fix it >abc", "“abc” is no task."),
        ("Fix it >1", "task_1 can't wait for itself."),
        ("2h", "The task needs a title"),
        ("#bug", "The task needs a title"),
        ("x" * 2000, "The title has 2,000 characters; 200 are enough."),
        ("<b>Fix</b> @<i>", "There is no project"),
    ],
)
async def test_what_is_refused_says_why_and_shows_how(house: House, line: str, words: str) -> None:
    before = house.state()
    if line.endswith("@<i>"):
        line = "<b>Fix</b> @a<i>"

    answer = await house.ask(f"/add {line}")

    assert words in answer
    assert "For example:\n/add Fix the login test 0.5h !high #bug @shop" in answer
    assert house.state() == before
    assert house.troubles() == []


@pytest.mark.parametrize(
    "title",
    [
        "<b>bold</b> & <script>alert(1)</script>",
        "&lt;not a tag&gt; &amp;",
        "🚀👩‍👩‍👧 emoji",
        "תקן את הבדיקה של הכניסה",
        "إصلاح اختبار تسجيل الدخول",
        "a*b_c`d[e](f)",
        '"quotes" and \\backslashes\\',
    ],
)
async def test_titles_are_shown_as_they_were_written(house: House, title: str) -> None:
    task = await added(house, f"/add {title}")

    assert task.title == title
    assert house.newest().startswith("➕ ")
    assert title in house.newest()
    for text in ("/queue", "/task 1", "/schedule", "/brief", "/next"):
        await house.ask(text)
    assert title in await house.ask("/queue")
    assert house.troubles() == []


async def test_direction_overrides_are_taken_out(house: House) -> None:
    assert (await added(house, "/add Fix \u202egnp.exe\u202c now")).title == "Fix gnp.exe now"


async def test_a_very_long_description_is_kept_and_its_beginning_shown(house: House) -> None:
    text = "words & <tags> " * 250
    task = await added(house, f"/add Fix it\n{text}")

    assert task.description == text.strip()
    assert "words & <tags>" in house.newest()
    assert house.newest().endswith("…")


async def test_add_without_anything_asks_for_the_title(house: House) -> None:
    for text in ("/add", "/add@jarvis_bot  "):
        assert await house.ask(text) == "What should I do? Write it in a sentence."
        assert house.message(house.last_id()).keyboard == {
            "force_reply": True,
            "input_field_placeholder": "Fix the login test",
        } or (house.message(house.last_id()).keyboard or {}).get("force_reply")

    assert (await house.ask("Fix the login test", reply_to=house.last_id())).startswith("📝 Fix the login test")


async def test_add_on_the_next_line(house: House) -> None:
    assert (await added(house, "/add\nFix it\nSoon.")).description == "Soon."


async def test_a_task_that_asks_first_is_answered_with_one_line_and_asked_about_once(house: House) -> None:
    assert await house.ask("/add Rotate the API keys #bug") == "➕ Rotate the API keys · /task_1"
    assert isinstance(house.task("task_1").state, NeedsApproval)
    assert house.labels(house.last_id()) == []

    await house.beat()

    assert "I ask because it concerns security." in house.newest()
    keyboards = [label for message in house.history() for label in house.labels(message.message_id)]
    assert keyboards.count("✅ Approve") == 1


async def test_a_dangerous_command_asks_first(house: House) -> None:
    await house.ask("/add Tidy up #docs\nrun: make && git push")

    await house.beat()

    assert "I ask because its command reaches other machines." in house.newest()


async def test_the_card_of_a_new_task_becomes_its_progress_and_one_message_tells_the_end(house: House) -> None:
    await house.ask("/add Write the guide 30m #docs")
    card = house.last_id()
    assert "⏱ starts in a moment" in house.text(card)

    await house.beat()
    assert house.text(card).startswith("🔨 Write the guide · /task_1\nworking · 0 s of about 30 min\n")
    assert house.labels(card) == ["⏹ Stop", "📄 Log"]
    assert house.last_id() == card

    house.executor.end(house.executor.launched[0])
    await house.beat()
    assert house.text(card) == "✅ Write the guide · /task_1 · built in 0 s"
    assert house.labels(card) == []
    assert house.last_id() == card + 1
    assert "🔀 Merge" in house.labels(card + 1)


async def test_the_card_of_a_task_that_waits_says_why(house: House) -> None:
    await house.ask("/add Write the book 8h #docs")

    assert "⏱ too long for the overnight window" in house.newest()


async def test_only_the_newest_card_of_a_task_in_a_chat_keeps_up(house: House) -> None:
    await house.ask("/add Write the guide 30m #docs")
    older = house.last_id()
    await house.ask("/task_1")
    newer = house.last_id()

    await house.ask("/cancel 1")

    assert house.text(newer).startswith("🚫 ")
    assert house.text(older).startswith("⏳ ")


async def test_marks_and_commands_work_in_free_text_too(house: House) -> None:
    first = house.add()
    text = "Speed up the search 2h !high #perf #web @shop >1\nIt takes seconds.\nrun: make fast\nverify: make test"

    answer = await house.ask(text)
    assert answer.startswith("📝 Speed up the search\nIt takes seconds.")
    await house.press(house.last_id(), "➕ Add")

    task = house.task("task_2")
    assert (task.title, task.description) == ("Speed up the search", "It takes seconds.")
    assert (task.hours, task.priority, task.category) == (2.0, Priority.HIGH, Category.PERFORMANCE)
    assert (task.project, task.tags, task.depends) == ("shop", ("web",), (first.id,))
    assert (task.command, task.verify, task.chat) == ("make fast", "make test", ANN.id)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fix it 0h", "must be more than 0 hours"),
        ("Fix it !urgent", "“urgent” is no priority."),
        ("Fix it @nowhere", "There is no project “nowhere”. /projects lists them."),
        ("Fix it >abc", "“abc” is no task."),
        ("#bug", "The task needs a title"),
    ],
)
async def test_wrong_marks_in_free_text_are_told(house: House, text: str, words: str) -> None:
    before = house.state()

    assert words in await house.ask(text)
    assert house.state() == before
    assert house.troubles() == []


@pytest.mark.parametrize(
    "text", ["no", "Yes", "ok", "approve", "👍", "no, thanks", "thank you!", "No worries", "never mind"]
)
async def test_a_mere_answer_to_nothing_is_no_task(house: House, text: str) -> None:
    assert (await house.ask(text)).startswith("👌 That changes nothing.")

    assert house.store.drafts.all() == []


async def test_a_long_row_of_no_problem_is_read_at_once(house: House) -> None:
    assert (await house.ask("no problem\n" * 40 + "with it")).startswith("📝 no problem\n")
    assert "447 characters" in await house.ask("no problem " * 40 + "with it")


@pytest.mark.parametrize("text", ["Say yes", "no logs on Sundays", "Stop the timer", "ok button is too small"])
async def test_what_only_begins_like_an_answer_is_a_draft(house: House, text: str) -> None:
    assert (await house.ask(text)).startswith(f"📝 {text}")


async def test_free_text_becomes_a_draft(house: House) -> None:
    answer = await house.ask("<i>Make</i> the search faster\nPlease & thanks.")

    assert answer.startswith("📝 <i>Make</i> the search faster\nPlease & thanks.")
    assert "Shall I add this task?" in answer
    assert house.store.tasks.all() == []


async def test_a_draft_warns_about_what_is_missing(open_house: Open) -> None:
    house = await open_house(agent_templates=())

    answer = await house.ask("Fix it")

    assert "No coding agent is installed yet" in answer
    assert "No project is registered yet" in answer


async def test_a_draft_does_not_say_that_no_project_is_registered_when_there_are_two(house: House) -> None:
    with house.store.transaction():
        house.store.projects.put("other", factories.project("/srv/other", name=ProjectName("other")))

    answer = await house.ask("Fix it")

    assert "No project is registered" not in answer
    assert "Choose a project" in answer


@pytest.mark.parametrize("text", ["x" * 4000, "\u200b\u200b\n"])
async def test_free_text_that_is_no_task_is_refused(house: House, text: str) -> None:
    before = house.state()
    answers = await house.say(text) if text.strip() else []

    assert house.state() == before
    assert all("title" in answer.body["text"] for answer in answers)


async def test_what_is_no_text_is_answered(house: House) -> None:
    file = Upload(name="a.txt", content=b"x", mime="text/plain")
    house.api.people.upload(file, caption="/add Fix it")
    await house.work()
    assert house.newest() == "I can only read text. Write me what to do, in a sentence."
    assert house.store.tasks.all() == []


async def test_text_in_a_group_is_left_alone_unless_it_answers_the_bot(house: House) -> None:
    house.api.people.add_group(GROUP, "Family", [ANN], bot_status="administrator")

    assert await house.say("Fix the login test", chat=GROUP) == []
    await house.ask("/add", chat=GROUP)
    answer = await house.ask("Fix the login test", chat=GROUP, reply_to=house.last_id(GROUP))
    assert answer.startswith("📝 Fix the login test")


async def test_a_question_in_a_group_is_answered_there(house: House) -> None:
    house.api.people.add_group(GROUP, "Family", [ANN])
    await house.ask("/add A new page #feature", chat=GROUP)
    await house.beat()
    assert "May I build this?" in house.newest(GROUP)

    assert await house.ask("yes", chat=GROUP, reply_to=house.last_id(GROUP)) == "/task_1 is approved."


def test_the_example_that_is_shown_works() -> None:
    line, *rest = parsing.USAGE_ADD.split("<code>")[1].removesuffix("</code>").splitlines()

    task = parsing.new_task("\n".join([line.removeprefix("/add "), *rest]), ChatId(7))

    assert (task.title, task.hours, task.priority, task.category) == (
        "Fix the login test",
        0.5,
        Priority.HIGH,
        Category.BUG,
    )
    assert (task.command, task.verify) == ("make fix", "make test")
    assert escape(task.title) == task.title
