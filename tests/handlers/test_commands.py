"""Every command: what it answers, and what it says to a missing, an extra or an unknown argument."""

import msgspec
import pytest

from core.model.build import Broke
from core.model.ids import ChatId
from core.model.task import Cancelled, Category, Completed, Discarded, Merged, NeedsApproval, Queued, Running
from handlers import commands
from handlers.services import Services
from tests.handlers.conftest import ANN, SHOP, House, Open, register_shop

ON_RESULTS = ("diff", "log", "merge", "update", "rollback", "discard", "restore", "push")
ON_A_TASK = ("task", "go", "modify", *ON_RESULTS, "retry", "cancel")
WITHOUT_ARGUMENTS = (
    "queue",
    "brief",
    "next",
    "schedule",
    "finished",
    "stats",
    "week",
    "month",
    "fix",
    "night",
    "evening",
    "questions",
    "status",
    "stop_all",
    "trust",
    "notifications",
)
ELSEWHERE = (
    "problems",
    "patterns",
    "approve",
    "reject",
    "pause",
    "resume",
    "rules",
    "audit",
    "add",
    "overnight",
    "context",
    "place",
    "settings",
    "agents",
    "projects",
    "sample",
    "help",
    "start",
    "weekend",
    "correct",
    "improve",
    "lessons",
)
"""Have tests of their own."""


def test_every_command_is_either_on_a_task_or_takes_nothing_or_is_tested_by_itself() -> None:
    names = {command.name for command in commands.table()}

    assert names == {*ON_A_TASK, *WITHOUT_ARGUMENTS, *ELSEWHERE}


def test_descriptions_fit_into_the_menu() -> None:
    for command in commands.table():
        assert 1 <= len(command.description) <= 256
        assert command.name == command.name.lower()
        assert len(command.name) <= 32


async def test_the_menu_is_accepted(house: House) -> None:
    await house.app.bot.set_my_commands(commands.menu())

    assert [command["command"] for command in house.api.call("getMyCommands", {}).result] == [
        command.name for command in commands.table()
    ]


async def test_help_tells_every_command(house: House) -> None:
    text = await house.ask("/help")

    for command in commands.table():
        assert f"/{command.name} – {command.description}" in text


async def test_start_says_hello_and_offers_the_sample_while_there_is_no_project(empty_house: House) -> None:
    text = await empty_house.ask("/start")

    assert text.startswith("👋 Hello")
    assert empty_house.labels(empty_house.last_id()) == ["🎁 Make the sample project", "📋 Queue", "☀️ Brief"]


async def test_nobody_is_greeted_by_name_on_the_page_of_this_machine(house: House) -> None:
    assert (await house.ask("/start")).startswith("👋 Hello. I am Jarvis.")

    house.app.bot_data[Services] = msgspec.structs.replace(house.services, is_local=False)
    assert (await house.ask("/start")).startswith("👋 Hello Ann. I am Jarvis.")


async def test_start_without_the_offer(house: House) -> None:
    await house.ask("/start")

    assert house.labels(house.last_id()) == ["📋 Queue", "☀️ Brief"]


async def test_sample_is_made_once(empty_house: House) -> None:
    assert "is ready" in await empty_house.ask("/sample")
    before = empty_house.state()

    assert await empty_house.ask("/sample") == (
        "The sample project is there already. /queue and /finished show its tasks."
    )
    assert empty_house.state() == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("queue", "The queue is empty. Write me what to build, or use /add."),
        ("finished", "Nothing yet."),
        ("next", "Nothing is ready to be built."),
        ("schedule", "Plan · autonomous until Wed 07:30"),
        ("stats", "Queue in numbers · 0 tasks"),
        ("brief", "Nothing happened since"),
        ("week", "Nothing was built this week yet."),
        ("month", "Nothing was built this month yet."),
        ("projects", "shop"),
    ],
)
async def test_the_lists_of_an_empty_house(house: House, name: str, words: str) -> None:
    assert words in await house.ask(f"/{name}")


async def test_a_quiet_brief_is_two_lines(house: House) -> None:
    assert len((await house.ask("/brief")).splitlines()) == 2


async def test_the_lists_of_a_busy_house(house: House) -> None:
    task = house.add("Write the guide", hours=0.5)
    asked = house.add("A new page", category=Category.FEATURE)
    done = await house.build(house.add("Fix it", start_now=True, category=Category.BUG))

    queue = await house.ask("/queue")
    assert f"/{task.id} Write the guide" in queue
    assert "30 min · Documentation · score 6.0" in queue
    assert f"/{asked.id} A new page" in queue
    assert f"/{done.id} Fix it" in await house.ask("/finished")
    assert "Write the guide" not in await house.ask("/next")  # it runs
    assert f"/{asked.id} A new page: needs approval" in await house.ask("/schedule")
    assert "completed: 1" in await house.ask("/stats")
    brief = await house.ask("/brief")
    assert "Shipped, with proof" in brief
    assert "Proven: 1 failed, 3 passed → 4 passed · +3 −1" in brief
    assert f"/{asked.id} A new page: its category is New features" in brief


@pytest.mark.parametrize("name", WITHOUT_ARGUMENTS)
async def test_an_extra_argument_is_refused(house: House, name: str) -> None:
    assert await house.ask(f"/{name} 12") == f"/{name} takes nothing after it. Just send /{name}"


@pytest.mark.parametrize("name", ON_A_TASK)
async def test_a_missing_argument_is_asked_for(house: House, name: str) -> None:
    assert await house.ask(f"/{name}") == f"Which task? For example: /{name} task_12"


@pytest.mark.parametrize("name", ON_A_TASK)
async def test_one_task_at_a_time(house: House, name: str) -> None:
    house.add()
    before = house.state()

    assert await house.ask(f"/{name} 1 2") == f"One task at a time, please: /{name} 1"
    assert house.state() == before


@pytest.mark.parametrize("name", ON_A_TASK)
@pytest.mark.parametrize("task", ["99", "task_99", "TASK_99", "#99", "000099"])
async def test_an_unknown_task(house: House, name: str, task: str) -> None:
    assert await house.ask(f"/{name} {task}") == "There is no task_99. /queue lists the tasks."


@pytest.mark.parametrize("name", ON_A_TASK)
@pytest.mark.parametrize("word", ["abc", "-1", "1.5", "<b>", "task_", "9" * 30, "💥"])
async def test_what_is_no_task(house: House, name: str, word: str) -> None:
    answer = await house.ask(f"/{name} {word}")

    assert answer == f"“{word[:40]}” is no task. Write its number, like task_12; /queue lists them."


@pytest.mark.parametrize("name", ON_A_TASK)
async def test_every_command_on_a_task_that_was_just_added(house: House, name: str) -> None:
    house.add()
    answer = await house.ask(f"/{name} 1")

    expected = {
        "task": "⏳ Write docs",
        "go": "/task_1 starts as soon as a slot is free.",
        "modify": "✏️ Write docs",
        "diff": "task_1 has not been built yet.",
        "log": "task_1 has not been built yet.",
        "merge": "task_1 has not been built yet.",
        "update": "task_1 has not been built yet.",
        "rollback": "task_1 has not been built yet.",
        "discard": "task_1 has not been built yet.",
        "restore": "task_1 has not been built yet.",
        "push": "task_1 has not been built yet.",
        "retry": "task_1 is queued; only what has ended and is not merged can be built again.",
        "cancel": "/task_1 is cancelled.",
    }
    assert answer.startswith(expected[name])


async def test_the_id_itself_is_a_command(house: House) -> None:
    house.add("Write the guide", description="All of it.", hours=4.0, tags=["web"])

    for text in ("/task_1", "/task_1@jarvis_bot", "/task 1", "/TASK 1"):
        card = await house.ask(text)
        assert card.splitlines()[0] == "⏳ Write the guide"
        assert "4 h (overnight) · Documentation · MEDIUM" in card
        assert "score MEDIUM 3 × 1/4 h = 0.75" in card
        assert "#web" in card
        assert "All of it." in card


async def test_go_starts_a_task(house: House) -> None:
    house.add(hours=8.0)
    await house.ask("/go 1")

    assert house.woken
    await house.beat()
    assert isinstance(house.task("task_1").state, Running)
    assert await house.ask("/go 1") == "task_1 is in progress already."


async def test_go_on_a_task_that_needs_an_approval_says_so(house: House) -> None:
    house.add("A new page", category=Category.FEATURE)

    assert await house.ask("/go 1") == "/task_1 needs your approval first; then it starts as soon as a slot is free."


async def test_go_on_a_task_that_waits_for_another_says_so(house: House) -> None:
    first = house.add()
    house.add("Then this", depends=[first.id])

    assert await house.ask("/go 2") == "/task_2 waits for /task_1; then it starts as soon as a slot is free."


async def test_go_without_an_agent_says_what_is_missing(open_house: Open) -> None:
    house = await open_house(agent_templates=())
    register_shop(house.store, house.workspaces)
    house.add()

    assert "Nothing can build task_1: no agent is installed" in await house.ask("/go 1")


async def test_approve_and_reject(house: House) -> None:
    for number, (command, said, kind) in enumerate(
        (("approve", "approved", Queued), ("reject", "rejected", object)), 1
    ):
        house.add("A new page", category=Category.FEATURE)
        await house.beat()
        assert await house.ask(f"/{command} {number}") == f"/task_{number} is {said}."
        assert isinstance(house.task(f"task_{number}").state, kind)
        before = house.state()
        assert await house.ask(f"/{command} {number}") == f"task_{number} was {said} already."
        assert house.state() == before


async def test_the_way_of_a_result(house: House) -> None:
    task = await house.build(house.add())

    assert "words" in await house.ask("/diff 1")
    assert "No output yet." in await house.ask("/log 1")
    assert await house.ask("/merge 1") == "🎉 /task_1 is merged."
    state = house.task(task.id).state
    assert isinstance(state, Completed)
    assert isinstance(state.delivery, Merged)
    assert state.delivery.by == ANN.id
    before = house.state()
    assert await house.ask("/merge 1") == "task_1 is merged already."
    assert await house.ask("/discard 1") == "task_1 is merged, so there is no branch left to discard."
    assert "only what has ended and is not merged can be built again." in await house.ask("/retry 1")
    assert house.state() == before


async def test_a_merge_beside_uncommitted_work_is_caught_up_with_update(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()
    house.workspaces.repositories[SHOP].uncommitted = {"mine.txt"}

    assert await house.ask("/merge 1") == (
        "🎉 /task_1 is merged. ⚠️ Update your checkout before you commit there: it has uncommitted work."
    )
    assert house.labels(house.last_id()) == ["⬇️ Update my checkout", "🔍 Diff", "📄 Log", "↩️ Rollback"]
    assert "Update it before you commit there, or that commit undoes the merge." in house.text(news)

    assert await house.ask("/update 1") == "Your checkout is up to date; your uncommitted work is still there."
    assert house.labels(news) == ["🔍 Diff", "📄 Log", "↩️ Rollback"]
    before = house.state()
    assert await house.ask("/update 1") == "Your checkout is up to date already."
    assert house.state() == before


async def test_a_result_that_does_not_convince_is_built_again(house: House) -> None:
    await house.build(house.add())
    news = house.last_id()

    assert await house.ask("/retry 1") == "/task_1 is back in the queue."

    assert "(an earlier try)" in house.text(news)
    assert house.labels(news) == []
    await house.beat()
    state = house.task("task_1").state
    assert isinstance(state, Running)
    assert state.build == "task_1-2"


async def test_the_brief_says_what_became_of_each_result(house: House) -> None:
    await house.build(house.add("Early"))
    house.clock.advance(hours=25)
    await house.build(house.add("Late", start_now=True))
    await house.build(house.add("Merged", start_now=True))
    await house.ask("/merge 3")

    brief = (await house.ask("/brief")).splitlines()

    assert [line.rpartition(" · ")[2] for line in brief if line.startswith(("• /task_2 ", "• /task_3 "))] == [
        "waits for your merge",
        "merged",
    ]
    earlier = brief.index("🔀 Waits for your merge since before")
    assert brief[earlier + 1] == "• /task_1 Early"
    assert not any("/task_2" in line for line in brief[earlier:])
    together, *_ = house.keyboard(house.last_id())[0]
    assert together["text"] == "🔀 Merge all 2 proven"
    merges = [button["text"] for button in house.keyboard(house.last_id())[1]]
    assert sorted(merges) == ["🔀 Merge task_1", "🔀 Merge task_2"]


async def test_the_brief_has_no_earlier_ones_when_all_are_news(house: House) -> None:
    await house.build(house.add())

    assert "since before" not in await house.ask("/brief")


async def test_stats_leave_out_what_was_discarded(house: House) -> None:
    await house.build(house.add(hours=2.0))
    assert "hours shipped: 2" in await house.ask("/stats")

    await house.ask("/discard 1")

    assert "hours shipped: 0" in await house.ask("/stats")


async def test_next_leaves_out_what_cannot_be_built(open_house: Open) -> None:
    house = await open_house(agent_templates=())
    house.add("Somewhere", command="true")

    assert "Nothing is ready to be built." in await house.ask("/next")
    register_shop(house.store, house.workspaces)
    house.add("With a command", command="true")
    house.add("Without one")

    text = await house.ask("/next")

    assert "With a command" in text
    assert "Somewhere" not in text
    assert "Without one" not in text


async def test_discard_and_retry(house: House) -> None:
    task = await house.build(house.add())

    assert await house.ask("/discard 1") == (
        "/task_1 is discarded; its commits are kept in task_1-1.bundle for 30 days. /restore task_1 brings them back."
    )
    state = house.task(task.id).state
    assert isinstance(state, Completed)
    assert isinstance(state.delivery, Discarded)
    assert await house.ask("/discard 1") == "task_1 is discarded already."
    assert await house.ask("/retry 1") == "/task_1 is back in the queue."


async def test_a_conflict_is_told_and_changes_nothing(house: House) -> None:
    task = await house.build(house.add())
    house.workspaces.commit(SHOP, "main", "task_1-1.txt", "other words\n")
    before = house.state()

    assert "does not merge cleanly into main" in await house.ask("/merge 1")
    assert house.state() == before
    assert house.task(task.id) == task


async def test_cancel_stops_a_build(house: House) -> None:
    house.add()
    await house.beat()

    assert await house.ask("/cancel 1") == "/task_1 is being stopped."
    await house.beat()
    assert isinstance(house.task("task_1").state, Cancelled)
    assert await house.ask("/cancel 1") == "task_1 is cancelled already."


async def test_retry_of_something_rejected_asks_again(house: House) -> None:
    house.add("A new page", category=Category.FEATURE)
    await house.ask("/reject 1")

    assert await house.ask("/retry 1") == "/task_1 needs your approval."
    assert isinstance(house.task("task_1").state, NeedsApproval)


async def test_logs_are_shown_or_sent_as_a_file(house: House) -> None:
    await house.build(house.add())
    path = house.executor.log_file(house.store.builds.all()[0].id)
    path.parent.mkdir(parents=True)
    path.write_text("<working> & done\n")
    assert "<working> & done" in await house.ask("/log 1")

    path.write_bytes(b"x\xff\n" * 10_000)
    assert await house.ask("/log 1") == "📄 Log of /task_1"
    document = house.message(house.last_id()).body["document"]
    assert (document["file_name"], document["file_size"]) == ("task_1-1.log", 30_000)


async def test_a_long_diff_is_a_file(house: House) -> None:
    task = house.add()
    await house.beat()
    build = house.store.builds.all()[0]
    commit = house.workspaces.commit(SHOP, build.spec.branch, "long.txt", "<line> & more\n" * 1000)
    house.executor.end(build.id, commit=commit)
    await house.beat()

    assert await house.ask("/diff 1") == "🔍 The change of /task_1: 1 file, +1000 −0"
    assert house.message(house.last_id()).body["document"]["file_name"] == f"{task.id}.html"


@pytest.mark.parametrize("text", ["/nonsense", "/Queue2", "/<b>", "/add_", "/task_x"])
async def test_an_unknown_command_points_to_help(house: House, text: str) -> None:
    before = house.state()

    answer = await house.ask(text)

    assert answer.endswith("/help lists what I can do.") or answer.startswith("📝")
    assert house.state()["tasks"] == before["tasks"]


async def test_commands_are_understood_in_any_case_and_with_the_name_of_the_bot(house: House) -> None:
    for text in ("/QUEUE", "/queue@jarvis_bot", "/Queue@JARVIS_BOT"):
        assert "The queue is empty" in await house.ask(text)


async def test_a_command_in_an_edited_message_is_not_run_again(house: House) -> None:
    await house.say("/add Fix it")
    message = house.history()[0].message_id
    before = house.state(), house.last_id()

    house.api.people.edit(message, "/add Fix it twice")
    await house.work()

    assert (house.state(), house.last_id()) == before


async def test_commands_in_a_group_are_answered_in_the_group(house: House) -> None:
    house.api.people.add_group(-100, "Family", [ANN])

    assert "The queue is empty" in await house.ask("/queue", chat=-100)
    assert await house.say("/queue@other_bot", chat=-100) == []


async def test_the_brief_is_safe_to_send_however_much_there_is_to_tell(house: House) -> None:
    for number in range(12):
        house.add(f"<i>Fail & {number}</i> " + "🚀" * 150, start_now=True)
    for _ in range(4):
        await house.beat()
        for build in house.builds.active():
            house.executor.end(build.id, Broke())
        await house.beat()
    for number in range(12):
        house.add(f"Ask {number} " + "🚀" * 150, category=Category.FEATURE, chat=ChatId(ANN.id))

    (brief,) = await house.say("/brief")

    assert "… and" in brief.body["text"]
    assert "document" not in brief.body
