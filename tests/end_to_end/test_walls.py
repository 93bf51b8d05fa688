"""Hostile tasks given in the chat, with each kind of walls: what they can't reach, and what the owner is told."""

import os
from pathlib import Path

import pytest

from core.model.build import Level
from core.runtime.confinement import available
from tests.end_to_end.jarvis_process import Jarvis, until
from tests.end_to_end.telegram_chat import OWNER, TOKEN, Telegram

SECRET = TOKEN.partition(":")[2]


@pytest.fixture(params=[Level.LANDLOCK, Level.BUBBLEWRAP], ids=lambda level: level.value)
async def walled(request: pytest.FixtureRequest, jarvis: Jarvis, telegram: Telegram, project: Path) -> Jarvis:
    """The bot runs with these walls, its token in `.env` and not in the environment."""
    if request.param not in available():
        pytest.skip(f"{request.param.value} does not work on this machine")
    settings = telegram.settings
    (jarvis.folder / ".env").write_text(f"TELEGRAM_BOT_TOKEN={settings.pop('TELEGRAM_BOT_TOKEN')}\n")
    limits = {"BUILD_PROCESSES": "60", "BUILD_MEMORY_GB": "0.3", "BUILD_DISK_GB": "0.1", "IDLE_MINUTES": "0.5"}
    confinement = request.param.value
    jarvis.start(OWNER_IDS=str(OWNER), PROJECTS=str(project), CONFINEMENT=confinement, **limits, **settings)
    await jarvis.ready()
    await telegram.ask("/start")
    return jarvis


async def test_a_task_that_looks_for_the_token_finds_nothing(walled: Jarvis, telegram: Telegram, project: Path) -> None:
    folder, bot = walled.folder, walled.process.pid
    look = (
        f"cat '{folder}/.env'; cat '{walled.home}'/data/* '{walled.home}'/logs/*; cat /proc/{bot}/environ;"
        f" grep -ra AF-q '{folder}' 2>/dev/null; for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; done; env;"
        f" kill -9 {bot}; cp '{folder}/.env' stolen.txt; echo two >> a.txt"
    )
    await telegram.add("Look around", look, asks=True)
    await telegram.hear("Look around is built", "Merge")

    assert SECRET not in (walled.home / "runs" / "task_1-1" / "output.log").read_text(errors="replace")
    assert walled.git(project, "diff", "--name-only", "main", "jarvis/task-1-look-around") == "a.txt\n"
    assert walled.runs
    assert "Look around" in (await telegram.ask("/finished")).text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("f() { f | f & }; f; sleep 60", "Stopped at its limit of 60 processes."),
        (
            "python3 -c 'b = bytearray(500_000_000); b[::4096] = b[::4096]; import time; time.sleep(60)'",
            "Stopped at its limit of 300 MB of memory.",
        ),
        ("while :; do head -c 9000000 /dev/zero >> more.bin; done", "Stopped at its limit of 100 MB of disk space."),
    ],
    ids=["fork bomb", "memory", "disk"],
)
async def test_a_task_that_takes_too_much_is_stopped_and_told(
    command: str, said: str, walled: Jarvis, telegram: Telegram, project: Path
) -> None:
    await telegram.add("Take all", command)
    failed = await telegram.hear("❌ Take all · /task_1\n", "Retry")

    assert said in failed.text
    await until(lambda: [each.pid for each in walled.processes()] == [walled.process.pid], "the end of all of it")
    assert list((walled.home / "worktrees").iterdir()) == []
    await telegram.add("Then this", "echo two >> a.txt")
    await telegram.hear("Then this is built", "Merge")


async def test_a_task_that_attacks_the_repository_changes_nothing_of_it(
    walled: Jarvis, telegram: Telegram, project: Path
) -> None:
    before = (walled.git(project, "rev-parse", "main"), (project / ".git" / "config").read_bytes())
    attack = (
        f"cd '{project}' && echo x > a.txt; git -C '{project}' commit -qam forged; rm -rf '{project}/.git' ; "
        f"git -C '{project}' config core.hooksPath /tmp; git -C '{project}' update-ref -d refs/heads/main; "
        f'cd "$OLDPWD"; git config core.fsmonitor "touch {walled.folder}/pwned"; echo two >> a.txt'
    )
    script = walled.outside / "attack.sh"
    script.write_text(attack)  # in the chat its words would be asked about
    await telegram.add("Attack", f"sh '{script}'")
    report = await telegram.hear("Attack is built", "Merge")

    assert (walled.git(project, "rev-parse", "main"), (project / ".git" / "config").read_bytes()) == before
    assert (project / "a.txt").read_text() == "one\n"
    assert "task_1 is merged" in await telegram.press(report, "Merge")
    assert (project / "a.txt").read_text() == "one\ntwo\n"
    assert not (walled.folder / "pwned").exists()


async def test_a_task_without_network(walled: Jarvis, telegram: Telegram) -> None:
    port = telegram.settings["TELEGRAM_API_URL"].rpartition(":")[2]
    connect = (
        f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 3)' && echo x > reached.txt"
    )
    for title, mark in (("Online", ""), ("Offline", " #offline")):
        telegram.api.people.send(f"/add {title} 0.1h !high #bug{mark}\nrun: {connect}; echo two >> a.txt; true")
        await telegram.hear(f"{title} is built", "Merge")

    assert "reached.txt" in (await telegram.ask("/diff 1")).text
    assert "reached.txt" not in (await telegram.ask("/diff 2")).text


async def test_walls_that_do_not_stand_are_told_at_the_start_and_in_the_chat(
    jarvis: Jarvis, telegram: Telegram, project: Path
) -> None:
    fake = jarvis.folder / "bin"
    fake.mkdir()
    (fake / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (fake / "bwrap").chmod(0o755)
    path = f"{fake}{os.pathsep}{os.environ['PATH']}"
    jarvis.start(OWNER_IDS=str(OWNER), PROJECTS=str(project), CONFINEMENT="bubblewrap", PATH=path, **telegram.settings)
    said = await jarvis.ready()
    await telegram.ask("/start")
    reason = "CONFINEMENT=bubblewrap is set, but bubblewrap does not work on this machine."
    assert f"But nothing will be built: {reason}" in said
    assert reason in (await telegram.ask("/add Fix it 0.1h !high #bug\nrun: echo two > a.txt")).text
