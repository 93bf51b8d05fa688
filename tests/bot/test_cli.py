"""`jarvis`: the verbs on real data; exit codes, JSON, and what bad input is told."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot import cli
from core.model.ids import UserId
from core.model.task import Completed, Failed, Priority
from core.runtime.clock import utc_now
from core.runtime.instance import LOCK
from core.runtime.locks import try_lock
from storage import open_store
from tests.conftest import Git

ADD = ("autonomous-queue", "add")


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Jarvis = Callable[..., Done]


@pytest.fixture
def jarvis(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jarvis:
    """Runs `jarvis` in this process, through its real entry point, on a home of its own."""
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in list(os.environ):
        if name.startswith(("TELEGRAM_", "AGENT_", "OWNER_", "JARVIS_", "MAX_", "PROJECTS", "PUSH", "GIT_", "TRASH_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("JARVIS_HOME", str(home))
    monkeypatch.setenv("TIMEZONE", "UTC")

    def run(*words: str) -> Done:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["jarvis", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Done(int(end.value.code or 0), out, err)

    return run


def printed(done: Done) -> Any:
    assert done.code == 0, done
    return json.loads(done.out)


# -- adding ---------------------------------------------------------------------------------------------------------


def test_add_as_in_the_document(jarvis: Jarvis) -> None:
    done = jarvis(*ADD, "Optimize the search", "It is slow.", "2.5", "Performance optimization", "HIGH")

    assert done.code == 0
    assert done.out.splitlines() == [
        "Added task_1: Optimize the search (queued)",
        "It has no project, so it can't be built: name one with --project (see jarvis projects list).",
    ]


def test_add_understands_the_lines_that_the_chat_understands(jarvis: Jarvis, repository: Path) -> None:
    jarvis("projects", "add", str(repository))
    text = "What should be done.\nrun: make fix\nverify: make test\nMore."

    made = printed(jarvis(*ADD, "First", text, "1", "docs", "--json"))
    other = printed(jarvis(*ADD, "Second", text, "1", "docs", "--run", "make other", "--json"))

    assert (made["description"], made["command"], made["verify"]) == (
        "What should be done.\nMore.",
        "make fix",
        "make test",
    )
    assert (other["command"], other["verify"]) == ("make other", "make test")


def test_add_says_when_it_starts_or_what_keeps_it(jarvis: Jarvis, repository: Path, home: Path) -> None:
    jarvis("projects", "add", str(repository))

    now = jarvis(*ADD, "First", "", "1", "docs", "--run", "true", "--now")
    assert now.out.splitlines() == [
        "Added task_1: First (queued)",
        "It starts as soon as the bot runs: jarvis run. Without it: jarvis autonomous-queue schedule",
    ]
    lock = try_lock(home / LOCK)
    assert lock is not None
    with lock:  # as a bot that runs
        again = jarvis(*ADD, "Again", "", "1", "docs", "--run", "true", "--now")
    assert again.out.splitlines()[1:] == ["It starts in a moment."]
    blocked = jarvis(*ADD, "Second", "", "1", "docs", "--run", "true", "--depends", "1")
    assert blocked.out.splitlines()[1:] == ["It waits: blocked by task_1."]
    bare = jarvis(*ADD, "Third", "", "1", "docs")
    assert bare.out.splitlines()[1:] == ["It waits: no agent is installed; “jarvis agents list” tells how to get one."]


@pytest.mark.parametrize("written", ["1", "task_1", "/task_1", "#1", "TASK_1"])
def test_what_a_task_waits_for_can_be_written_as_in_the_chat(jarvis: Jarvis, written: str) -> None:
    jarvis(*ADD, "First")

    assert printed(jarvis(*ADD, "Second", "--depends", written, "--json"))["depends"] == ["task_1"]


def test_every_option_of_add(jarvis: Jarvis, home: Path, repository: Path) -> None:
    jarvis("projects", "add", str(repository))
    jarvis(*ADD, "First")

    given = "--depends task_1 --project shop --verify y --tag Web --tag ui --now --agent shell --json"
    task = printed(jarvis(*ADD, "Second", "Words", "0.5", "bug", "low", "--run", "make x", *given.split()))

    assert task["id"] == "task_2"
    store = open_store(home, utc_now)
    (_, second) = store.tasks.all()
    store.close()
    assert (second.hours, second.priority, second.depends) == (0.5, Priority.LOW, ("task_1",))
    assert (second.command, second.verify, second.tags) == ("make x", "y", ("web", "ui"))
    assert (second.project, second.start_now, second.agent) == ("shop", True, "shell")


def test_a_task_that_asks_says_where_it_is_answered(jarvis: Jarvis) -> None:
    done = jarvis(*ADD, "A new page", "", "1", "feature")

    assert "(needs approval)" in done.out
    assert "It waits for your approval, in the chat or here: jarvis approvals approve task_1\n" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Fix", "d", "-1"], "The estimate must be more than 0 hours"),
        (["Fix", "d", "-0.5h"], "The estimate must be more than 0 hours"),
        (["Fix", "d", "0"], "The estimate must be more than 0 hours"),
        (["Fix", "d", "abc"], "“abc” is not a number of hours. Write it like 0.5, 2h or 30m."),
        (["Fix", "d", "nan"], "is not a number of hours"),
        (["Fix", "d", "1e400"], "is not a number of hours"),
        (["Fix", "d", "9" * 5000], "is not a number of hours"),
        (["Fix", "d", "1000"], "Split it into phases"),
        (
            ["Fix", "d", "1", "nonsense"],
            "“nonsense” is no category. Choose one of: Performance optimization, New features",
        ),
        (["Fix", "d", "1", "bug", "urgent"], "Choose one of: CRITICAL, HIGH, MEDIUM, LOW, BACKLOG."),
        (["x" * 10_000], "The title has 10,000 characters"),
        ([" "], "The task needs a title"),
        (
            ["Fix", "--project", "nope"],
            "There is no project “nope”. Registered: none yet; add one with: jarvis projects add",
        ),
        (["Fix", "--depends", "task_9"], "There is no task_9 to wait for."),
        (["Fix", "--depends", "99"], "There is no task_99 to wait for."),
        (["Fix", "--depends", "abc"], "“abc” is no task."),
        (["Fix", "--tag", "two words"], "can't be a tag"),
    ],
)
def test_what_is_refused_says_why_and_adds_nothing(jarvis: Jarvis, words: list[str], said: str) -> None:
    done = jarvis(*ADD, *words)

    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("Error: ")
    assert said in done.err
    assert printed(jarvis("build-scheduler", "list", "--all", "--json")) == []


@pytest.mark.parametrize(
    "words",
    [
        ADD,
        (*ADD, "a", "b", "1", "bug", "HIGH", "extra"),
        (*ADD, "a", "--no-such-option"),
        (*ADD, "a", "b", "1", "--colour", "red"),
        ("autonomous-queue", "nonsense"),
        ("nonsense",),
        ("build-scheduler", "list", "extra"),
        ("projects", "add"),
        ("projects", "remove"),
    ],
)
def test_wrong_usage_is_exit_code_2(jarvis: Jarvis, words: tuple[str, ...]) -> None:
    done = jarvis(*words)

    assert done.code == 2
    assert "Usage: " in done.err or "Error: " in done.err
    assert printed(jarvis("build-scheduler", "list", "--all", "--json")) == []


def test_bytes_that_are_no_text_are_no_reason_to_fail(jarvis: Jarvis) -> None:
    assert printed(jarvis(*ADD, "caf\udce9 corner", "\udcff", "--json"))["title"] == "caf corner"


@pytest.mark.parametrize("title", ["<b>bold</b> & [red]not red[/red]", "תקן את הבדיקה", "🚀 %s {} \\n"])
def test_titles_are_printed_as_they_are(jarvis: Jarvis, title: str) -> None:
    jarvis(*ADD, title)

    assert title in jarvis("build-scheduler", "list").out
    assert title in jarvis("build-scheduler", "schedule").out


# -- reading --------------------------------------------------------------------------------------------------------

READING = [
    ("build-scheduler", "list"),
    ("build-scheduler", "list", "--all"),
    ("build-scheduler", "next"),
    ("build-scheduler", "schedule"),
    ("build-scheduler", "stats"),
    ("autonomous-queue", "progress"),
    ("autonomous-queue", "report"),
    ("autonomous-queue", "schedule"),
    ("overnight-runner", "brief"),
    ("projects", "list"),
]


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_every_verb_prints_text_and_json(jarvis: Jarvis, words: tuple[str, ...], full: bool) -> None:
    if full:
        jarvis(*ADD, "One", "", "2.5", "docs", "HIGH")
        jarvis(*ADD, "Two", "", "1", "feature", "LOW", "--depends", "task_1")

    text, parsed = jarvis(*words), printed(jarvis(*words, "--json"))

    assert text.code == 0
    assert text.out.strip()
    assert text.err == ""
    assert isinstance(parsed, list | dict)


def test_underscores_work_as_in_the_names_of_the_modules(jarvis: Jarvis) -> None:
    assert jarvis("build_scheduler", "list").out == jarvis("build-scheduler", "list").out
    assert jarvis("autonomous_queue", "add", "Fix").code == 0
    assert jarvis("overnight_runner", "brief").code == 0


def test_the_list_is_sorted_by_score_and_aligned(jarvis: Jarvis) -> None:
    jarvis(*ADD, "Later", "", "4", "docs", "HIGH")
    jarvis(*ADD, "Sooner", "", "0.5", "docs", "MEDIUM")

    head, first, second = jarvis("build-scheduler", "list").out.splitlines()

    assert head.split() == ["task", "state", "score", "hours", "size", "category", "title"]
    assert first.split()[:4] == ["task_2", "queued", "6.00", "0.5"]
    assert second.split()[:4] == ["task_1", "queued", "1.00", "4"]
    assert head.index("score") == first.index("6.00") == second.index("1.00")


def test_the_brief_has_no_markup(jarvis: Jarvis) -> None:
    jarvis(*ADD, "A <new> page", "", "1", "feature")

    out = jarvis("overnight-runner", "brief").out

    assert "task_1 A <new> page: its category is New features" in out
    assert "<b>" not in out
    assert "/task_" not in out


def test_empty_lists_say_what_to_do(jarvis: Jarvis) -> None:
    assert jarvis("build-scheduler", "list").out.strip() == (
        "The queue is empty. Add a task: jarvis autonomous-queue add ..."
    )
    assert jarvis("autonomous-queue", "progress").out.strip() == "No build is running."
    assert jarvis("projects", "list").out.strip() == "No project is registered: jarvis projects add PATH"


def test_every_command_explains_itself(jarvis: Jarvis) -> None:
    for group in cli.GROUPS:
        assert len(jarvis(group, "--help").out.splitlines()) > 2
    runner = CliRunner()
    shown = runner.invoke(cli.jarvis, ["--help"])
    assert shown.exit_code == 0
    assert all(group in shown.output for group in cli.GROUPS)


# -- projects -------------------------------------------------------------------------------------------------------


def test_projects_are_added_changed_and_removed(jarvis: Jarvis, repository: Path) -> None:
    added = jarvis("projects", "add", str(repository), "--verify", "test -f a.txt")
    assert added.code == 0
    assert added.out.strip() == f"Registered shop: {repository}, branch main, checked by “test -f a.txt”."
    assert "Trying “test -f a.txt” once" in added.err
    assert printed(jarvis("projects", "list", "--json"))[0]["name"] == "shop"

    assert jarvis("projects", "remove", "shop").out.strip() == "shop is no longer registered."
    again = jarvis("projects", "remove", "shop")
    assert (again.code, again.err.strip()) == (1, "Error: There is no project “shop”.")


def test_checks_that_fail_are_told(jarvis: Jarvis, repository: Path) -> None:
    done = jarvis("projects", "add", str(repository), "--verify", "echo 2 failed; false")

    assert done.out.splitlines()[1:] == ["Its checks fail there now (2 failed), so they can't prove much yet."]
    silent = jarvis("projects", "add", str(repository), "--verify", "exit 3")
    assert silent.out.splitlines()[1:] == ["Its checks fail there now (exit code 3), so they can't prove much yet."]


def test_what_is_not_named_again_stays(jarvis: Jarvis, repository: Path) -> None:
    jarvis("projects", "add", str(repository), "--verify", "test -f a.txt")

    assert "checked by “test -f a.txt”" in jarvis("projects", "add", str(repository), "--base", "main").out
    again = printed(jarvis("projects", "add", str(repository), "--verify", "test -s a.txt", "--json"))
    assert again["project"]["verify"] == "test -s a.txt"
    assert again["trial"]["passed"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["/nonexistent/place"], "There is no folder /nonexistent/place."),
        (["{parent}"], "is not in a git repository"),
        (["{path}", "--base", "gone"], "has no branch “gone”"),
        (["{path}", "--verify", "no-such-program"], "can't be run"),
        (["{path}", "--name", "a/b"], "can't be a project's name"),
    ],
)
def test_projects_that_are_refused(jarvis: Jarvis, repository: Path, words: list[str], said: str) -> None:
    done = jarvis("projects", "add", *(word.format(path=repository, parent=repository.parent) for word in words))

    assert done.code == 1
    assert said in done.err
    assert printed(jarvis("projects", "list", "--json")) == []


def test_remove_speaks_json_too(jarvis: Jarvis, repository: Path) -> None:
    jarvis("projects", "add", str(repository))

    assert printed(jarvis("projects", "remove", "shop", "--json")) == {"removed": "shop"}


# -- settings and other processes -----------------------------------------------------------------------------------


def test_bad_settings_are_told_by_every_command(jarvis: Jarvis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_BUILDS", "many")
    monkeypatch.setenv("TIMEZONE", "Berlin")

    done = jarvis("build-scheduler", "list")

    assert done.code == 1
    assert "MAX_BUILDS=many" in done.err
    assert "TIMEZONE=Berlin" in done.err


def test_a_home_that_is_a_file_is_told(jarvis: Jarvis, home: Path) -> None:
    home.write_text("in the way")

    done = jarvis("build-scheduler", "list")

    assert done.code == 1
    assert done.err.startswith("Error: ")


def test_adding_while_another_process_has_the_data_open(jarvis: Jarvis, home: Path) -> None:
    store = open_store(home, utc_now)
    assert store.tasks.all() == []

    assert jarvis(*ADD, "From outside").code == 0

    assert [task.title for task in store.tasks.all()] == ["From outside"]
    store.close()


def spawn(home: Path, folder: Path, *words: str) -> "subprocess.Popen[str]":
    root = str(Path(cli.__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "JARVIS_HOME": str(home), "TIMEZONE": "UTC", "PYTHONPATH": root,
                   "HOME": str(folder), "LANG": "C.UTF-8"}  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_several_processes_at_once_lose_nothing(home: Path, tmp_path: Path) -> None:
    running = [spawn(home, tmp_path, *ADD, f"Task {number}", "", "1", "docs", "--json") for number in range(4)]
    ids = [json.loads(process.communicate(timeout=60)[0])["id"] for process in running]

    assert sorted(ids) == [f"task_{number}" for number in range(1, 5)]
    store = open_store(home, utc_now)
    assert sorted(task.title for task in store.tasks.all()) == [f"Task {number}" for number in range(4)]
    store.close()


def test_exit_codes_of_the_real_process(home: Path, tmp_path: Path) -> None:
    cases = {("build-scheduler", "stats"): 0, (*ADD, "Fix", "d", "-1"): 1, ("nonsense",): 2, (): 2}
    running = {words: spawn(home, tmp_path, *words) for words in cases}

    for words, process in running.items():
        out, err = process.communicate(timeout=60)
        assert process.returncode == cases[words], (words, out, err)
        assert "Traceback" not in err


def test_schedule_starts_a_real_build_that_the_next_call_takes_in(
    jarvis: Jarvis, home: Path, repository: Path, owner: Git
) -> None:
    jarvis("projects", "add", str(repository))
    jarvis(*ADD, "Write b", "", "0.1", "docs", "--run", "echo two > b.txt", "--now")
    assert jarvis("autonomous-queue", "schedule").out.strip() == "Started task_1-1 on branch jarvis/task-1-write-b"

    store, deadline = open_store(home, utc_now), time.monotonic() + 60
    while not isinstance(store.tasks.all()[0].state, Completed | Failed):
        assert time.monotonic() < deadline, store.tasks.all()[0].state
        jarvis("autonomous-queue", "schedule")
    (task,) = store.tasks.all()
    store.close()

    assert isinstance(task.state, Completed)
    assert owner(repository, "show", "jarvis/task-1-write-b:b.txt") == "two\n"
    assert "Built, but not proven" in jarvis("overnight-runner", "brief").out


def test_owners_come_from_the_settings(jarvis: Jarvis, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.cli.output import installation

    monkeypatch.setenv("OWNER_IDS", "7")
    with installation() as at:
        assert at.people.is_owner(UserId(7))
        assert not at.people.is_owner(UserId(8))


# -- decisions --------------------------------------------------------------------------------------------------------


def test_questions_are_listed_and_answered(jarvis: Jarvis) -> None:
    jarvis(*ADD, "A new page", "", "1", "New features")
    jarvis(*ADD, "Drop the users table")
    listed = json.loads(jarvis("approvals", "list", "--json").out)
    assert [(one["task"], one["escalated"]) for one in listed] == [("task_1", False), ("task_2", True)]

    assert jarvis("approvals", "approve", "--all").out == "Approved: task_1\n"
    assert jarvis("approvals", "reject", "2").out == "Rejected: task_2\n"
    again = jarvis("approvals", "approve", "1")
    assert (again.code, again.err) == (1, "Error: task_1 was approved already.\n")
    assert jarvis("approvals", "approve").code == 2
    assert jarvis("approvals", "list").out == "No question waits.\n"


def test_rules_in_words(jarvis: Jarvis) -> None:
    assert jarvis("rules", "add", "ask", "before", "docs").out == "rule_1: Documentation asks first\n"
    assert "rule_1" in jarvis("rules", "list").out
    assert json.loads(jarvis(*ADD, "Write docs", "", "1", "docs", "--json").out)["state"]["state"] == "needs approval"
    assert jarvis("rules", "remove", "rule_1").out == "Taken back: Documentation asks first\n"
    assert jarvis("rules", "remove", "rule_1").code == 1
    assert jarvis("rules", "add", "be nice").code == 1


def test_pause_and_resume(jarvis: Jarvis) -> None:
    assert jarvis("autonomous-queue", "pause").out.startswith("All work is paused.")
    assert jarvis("autonomous-queue", "pause", "nowhere").code == 1
    assert jarvis("autonomous-queue", "stop-all", "--json").out == "[]\n"
    assert jarvis("autonomous-queue", "resume").out == "Going on.\n"
    assert jarvis("autonomous-queue", "resume").code == 1


def test_what_was_done_is_on_record(jarvis: Jarvis, home: Path) -> None:
    jarvis(*ADD, "A new page", "", "1", "New features")
    jarvis("approvals", "approve", "1")

    entries = json.loads(jarvis("audit", "--json").out)
    assert [(one["action"], one["actor"]) for one in entries] == [
        ("added", "command line"),
        ("asked", "rule category: New features"),
        ("approved", "command line"),
    ]
    assert "approved" in jarvis("audit", "task_1").out
    assert jarvis("audit", "nonsense").code == 1
    lines = (home / "logs" / "queue_actions.log").read_text().splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["added", "approved"]
