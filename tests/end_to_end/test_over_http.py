"""The whole way over HTTP: Telegram in this process, the bot in another one, and real builds."""

import re
from pathlib import Path

from tests.end_to_end.jarvis_process import Jarvis, until
from tests.end_to_end.telegram_chat import STRANGER, Telegram


async def test_from_the_first_start_to_the_merged_task(jarvis: Jarvis, telegram: Telegram, project: Path) -> None:
    jarvis.start(**telegram.settings)
    code = re.search(r"/start (\w+)", await jarvis.ready())
    assert code is not None
    telegram.api.people.send("/queue", user=STRANGER, chat=STRANGER)
    telegram.api.people.send("/start 00000000", user=STRANGER, chat=STRANGER)
    assert "Hello Olivia" in (await telegram.ask(f"/start {code[1]}")).text
    telegram.api.people.send(f"/start {code[1]}", user=STRANGER, chat=STRANGER)

    added = await jarvis.run("projects", "add", str(project), "--name", "shop", "--verify", "test -s a.txt")
    assert added.returncode == 0, added.stderr
    task = ["Count further", "", "0.1", "Documentation", "LOW", "--project", "shop", "--now"]
    commands = ["--run", "echo two >> a.txt", "--verify", "grep two a.txt"]
    done = await jarvis.run("autonomous-queue", "add", *task, *commands)
    assert (done.returncode, done.stderr) == (0, "")
    assert "task_1" in done.stdout

    report = await telegram.hear("Count further is built", "Merge")
    assert "Proven by its checks." in report.text
    telegram.api.people.press_data(report.number, "task:merge:task_1", user=STRANGER)
    assert "+two" in (await telegram.ask("/diff 1")).text
    assert telegram.toasts == []
    assert "task_1 is merged" in await telegram.press(report, "Merge")
    await telegram.hear("Count further is merged")
    assert (project / "a.txt").read_text() == "one\ntwo\n"
    assert "Jarvis-Task: task_1\nJarvis-Run: task_1-1" in jarvis.git(project, "log", "-1", "--format=%B")
    assert jarvis.git(project, "status", "--porcelain") == ""
    assert jarvis.git(project, "worktree", "list").count("\n") == 1
    assert "Count further" in (await telegram.ask("/brief")).text

    assert not any(message.from_bot for message in telegram.messages(STRANGER))
    ignored = [line for line in jarvis.errors().splitlines() if f"person={STRANGER}" in line]
    assert len(ignored) == 4
    assert await jarvis.stop() == 0
    assert jarvis.said().count("\n") < 10, "the console is for the owner, not for the log"


async def test_a_merge_leaves_uncommitted_work_as_it_is(bot: Jarvis, telegram: Telegram, project: Path) -> None:
    await telegram.add("Add a line", "echo two >> a.txt")
    report = await telegram.hear("is built", "Merge")
    (project / "b.txt").write_text("half a thought\n")
    (project / "notes.txt").write_text("mine\n")
    before = _bytes(project)
    index = bot.git(project, "ls-files", "--stage")

    assert "uncommitted work" in await telegram.press(report, "Merge")
    assert _bytes(project) == before
    assert bot.git(project, "ls-files", "--stage") == index
    assert bot.git(project, "show", "main:a.txt") == "one\ntwo\n"

    merged = await telegram.hear("is merged", "Update my checkout")
    assert await telegram.press(merged, "Update my checkout") == "Your checkout is up to date."
    assert _bytes(project) == {**before, "a.txt": b"one\ntwo\n"}
    assert bot.git(project, "status", "--porcelain") == " M b.txt\n?? notes.txt\n"


async def test_every_way_of_a_result_by_button(bot: Jarvis, telegram: Telegram, project: Path) -> None:
    await telegram.add("Add a line", "echo two >> a.txt")
    report = await telegram.hear("Add a line is built", "Merge")
    first = bot.git(project, "rev-parse", "main")
    branch = bot.git(project, "rev-parse", "jarvis/task-1-add-a-line")

    await telegram.press(report, "Diff")
    await telegram.hear(r"🔍 /task_1\n[^$]*\+two")
    assert "Discarded" in await telegram.press(report, "Discard")
    discarded = await telegram.hear("was discarded", "Restore")
    assert bot.git(project, "branch", "--list", "jarvis/*") == ""
    await telegram.press(discarded, "Diff")
    await telegram.hear("from its bundle in the trash")
    assert await telegram.press(discarded, "Restore") == "It is back on its branch."
    waiting = await telegram.hear("Add a line is built", "Merge")
    assert bot.git(project, "rev-parse", "jarvis/task-1-add-a-line") == branch

    assert "task_1 is merged" in await telegram.press(waiting, "Merge")
    merged = await telegram.hear("is merged", "Rollback")
    assert bot.git(project, "branch", "--list", "jarvis/*") == ""
    (project / "b.txt").write_text("half a thought\n")
    assert "task_1 is rolled back" in await telegram.press(merged, "Rollback")
    assert (project / "a.txt").read_text() == "one\ntwo\n"
    behind = await telegram.hear("is rolled back", "Update my checkout")
    assert await telegram.press(behind, "Update my checkout") == "Your checkout is up to date."
    assert (project / "a.txt").read_text() == "one\n"
    assert bot.git(project, "status", "--porcelain") == " M b.txt\n"
    assert bot.git(project, "diff", first.strip(), "main") == ""

    back = await telegram.hear("is rolled back", "Retry")
    assert await telegram.press(back, "Retry") == "Back in the queue."
    again = await telegram.hear("Add a line is built", "Merge")
    assert again.number != report.number
    assert "task_1 is merged" in await telegram.press(again, "Merge")
    assert bot.git(project, "show", "main:a.txt") == "one\ntwo\n"
    assert bot.git(project, "worktree", "list").count("\n") == 1


async def test_a_conflict_is_reported_and_changes_nothing(bot: Jarvis, telegram: Telegram, project: Path) -> None:
    await telegram.add("Replace the line", "echo theirs > a.txt")
    report = await telegram.hear("is built", "Merge")
    (project / "a.txt").write_text("ours\n")
    bot.git(project, "commit", "--quiet", "--all", "-m", "meanwhile")
    before = (_bytes(project), bot.git(project, "for-each-ref"))

    alert = await telegram.press(report, "Merge")
    assert "does not merge cleanly into main: both sides changed a.txt" in alert
    assert (_bytes(project), bot.git(project, "for-each-ref")) == before
    assert bot.git(project, "status", "--porcelain") == ""
    assert bot.git(project, "worktree", "list").count("\n") == 1


async def test_a_base_branch_that_vanished_is_named(bot: Jarvis, telegram: Telegram, project: Path) -> None:
    await telegram.add("Before", "echo two >> a.txt")
    report = await telegram.hear("Before is built", "Merge")
    bot.git(project, "switch", "--quiet", "--create", "trunk")
    bot.git(project, "branch", "--quiet", "-D", "main")
    before = bot.git(project, "for-each-ref")

    assert "main to merge into does not exist any more" in await telegram.press(report, "Merge")
    await telegram.add("After", "echo three >> a.txt")
    failed = await telegram.hear("❌ After · /task_2\n", "Retry")
    assert re.search(r"branch “?main”? .*(gone|exist)", failed.text), failed.text
    assert bot.git(project, "for-each-ref") == before


async def test_a_verification_that_hangs_is_ended(jarvis: Jarvis, telegram: Telegram, project: Path) -> None:
    jarvis.start(OWNER_IDS="7", PROJECTS=str(project), VERIFY_MINUTES="0.02", **telegram.settings)
    await jarvis.ready()
    await telegram.add("Hang", "echo two >> a.txt", verify="! grep two a.txt || sleep 1000")
    failed = await telegram.hear("❌ Hang · /task_1\n", "Retry")
    assert "The checks fail with this change: passed → ended at the time limit." in failed.text
    await _only_the_bot_is_left(jarvis)


async def test_stop_ends_a_build_that_ignores_sigterm(bot: Jarvis, telegram: Telegram, outside: Path) -> None:
    stubborn = "trap '' TERM; echo $$ >> pids; while :; do sleep 0.05; done"
    script = outside / "stubborn.sh"
    script.write_text(f"cd '{outside}'\n( {stubborn} ) &\nsetsid sh -c '({stubborn}) & {stubborn}' &\n{stubborn}\n")
    await telegram.add("Never end", f"sh '{script}'")
    pids = outside / "pids"
    await until(lambda: pids.exists() and pids.read_text().count("\n") == 4, "four stubborn processes")

    running = await telegram.hear("Never end", "Stop")
    assert await telegram.press(running, "Stop") == "Stopping …"
    ended = await telegram.hear("Never end.*\nStopped on request", "Retry")
    assert "🚫" in ended.text
    await _only_the_bot_is_left(bot)
    assert "cancelled" in (await telegram.ask("/task_1")).text


async def test_a_fourth_build_waits_for_a_slot(bot: Jarvis, telegram: Telegram, outside: Path) -> None:
    for number in range(1, 5):
        await telegram.add(f"Job {number}", _gated(outside, number))
    await until(lambda: len(list(outside.glob("started-*"))) == 3, "three builds that run")
    queue = (await telegram.ask("/queue")).text
    assert queue.count("🔨") == 3
    waiting = re.search(r"⏳ /task_(\d)", queue)
    assert waiting is not None, queue
    assert not (outside / f"started-{waiting[1]}").exists()

    (outside / f"gate-{waiting[1]}").touch()
    first = next(number for number in "1234" if number != waiting[1])
    (outside / f"gate-{first}").touch()
    await telegram.hear(f"Job {waiting[1]} is built")
    for number in range(1, 5):
        (outside / f"gate-{number}").touch()
    for number in range(1, 5):
        await telegram.hear(f"Job {number} is built")


def _gated(folder: Path, number: int) -> str:
    """A command that says that it began, and ends when it is let go."""
    return (
        f"touch '{folder}/started-{number}'; while ! test -e '{folder}/gate-{number}'; do sleep 0.05; done; "
        f"echo {number} > {number}.txt"
    )


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


async def _only_the_bot_is_left(jarvis: Jarvis) -> None:
    def others() -> list[str]:
        return [repr(process) for process in jarvis.processes() if process.pid != jarvis.process.pid]

    await until(lambda: not others(), "the end of all processes of the build")
