"""Jarvis mends itself: a weakness becomes a task, is built, proven and merged, and runs after a restart, not before."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.model.build import Level
from core.runtime.confinement import available
from tests.conftest import Git
from tests.end_to_end.jarvis_process import ROOT, until
from tests.end_to_end.telegram_chat import OWNER, Telegram
from tests.end_to_end.test_supervisor import Service

OLD, NEW = "Jarvis is ready, and listens in Telegram.", "Jarvis is ready, and mended."
AGENT = f"""\
#!/bin/sh
cat > /dev/null
touch OUTSIDE/started
while ! test -e OUTSIDE/gate; do sleep 0.05; done
echo broken > REPOSITORY/.git/jarvis/run
echo broken >> REPOSITORY/bot/run.py
sed -i 's/{OLD}/{NEW}/' bot/run.py
echo '{{}}'
"""


class Own:
    """Jarvis run by its supervisor from a checkout that is a project of its own."""

    def __init__(self, folder: Path, owner: Git) -> None:
        self.service = Service(folder / "jarvis", owner)
        self.home = folder / "home"
        self.outside = folder / "outside"
        self.outside.mkdir()
        self.settings: dict[str, str] = {}
        for room in ("bot", "core", "handlers", "storage"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / room, self.service.folder / room, ignore=ignored)

    async def start(self, commit: str) -> None:
        """Run the service until it says that this commit runs well."""
        told = self.service.log().count(f"{commit[:10]} runs well")
        self.service.start(environment=self.settings)
        await until(lambda: self.service.log().count(f"{commit[:10]} runs well") > told, f"{commit} to run")

    def cli(self, *arguments: str) -> str:
        """A command in a shell, beside the bot."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bot", *arguments],
            cwd=self.service.folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    """Serves until the bot has ended."""
    made = Telegram()
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def own(tmp_path: Path, owner: Git, telegram: Telegram) -> AsyncIterator[Own]:
    if not set(available()) - {Level.NONE}:
        pytest.skip("what Jarvis does to itself is confined, and that does not work on this machine")
    made = Own(tmp_path / "own", owner)
    program = tmp_path / "mend"
    program.write_text(AGENT.replace("REPOSITORY", str(made.service.folder)).replace("OUTSIDE", str(made.outside)))
    program.chmod(0o755)
    made.settings = {
        "OWNER_IDS": str(OWNER),
        "JARVIS_HOME": str(made.home),
        "OWN_PROJECT": "jarvis",
        "AGENT_COMMAND": str(program),
        "WRITABLE_PATHS": str(made.outside),
        "TIMEZONE": "UTC",
        **telegram.settings,
    }
    yield made
    made.service.clean_up()


@pytest.mark.slow
async def test_three_failures_from_a_shell_become_a_version_that_runs_after_a_restart(
    own: Own, telegram: Telegram
) -> None:
    first = own.service.commit_all()
    await own.start(first)
    await telegram.ask("/start")
    verify = f"{sys.executable} -c 'import bot.run'"
    own.cli("projects", "add", str(own.service.folder), "--name", "jarvis", "--verify", verify)
    await telegram.ask("/lessons jarvis never use tabs")

    for _ in range(3):
        own.cli("self-improver", "log-failure", "weather", "timed out")
    suggested = await telegram.ask("/improve")
    assert "weather · unreliable: 3 failures within 7 days, last: timed out" in suggested.text
    assert await telegram.press(suggested, "Do it") == "It is task_1 now."
    await telegram.ask("/go 1")
    await until((own.outside / "started").exists, "the build")
    own.service.kill()
    await own.start(first)  # the bot was ended, and the build goes on
    (own.outside / "gate").touch()
    built = await telegram.hear("is built", "Merge")
    prompt = (own.home / "runs" / "task_1-1" / "prompt.md").read_text()
    assert "- never use tabs" in prompt
    assert "3 failures within 7 days, last: timed out" in prompt

    assert "task_1 is merged" in (await telegram.ask("/merge 1")).text, built
    run = own.service.folder / "bot" / "run.py"
    merged = own.service.head()
    assert merged != first
    assert NEW in run.read_text()
    assert "broken" not in run.read_text() + (own.service.folder / ".git" / "jarvis" / "run").read_text()
    copy = own.service.folder / ".git" / "jarvis" / "releases" / first / "bot" / "run.py"
    assert OLD in copy.read_text()
    assert own.service.log().count("starting") == 2
    assert "/task_1 is not merged yet" not in (await telegram.ask("/improve")).text

    assert own.service.stop() == 0
    measured = {each["operation"] for each in json.loads(own.cli("self-improver", "stats", "--json"))["operations"]}
    assert {"chat /merge", "shipping merge", "git merge", "queue schedule builds"} < measured
    assert {"build process submit", "telegram sendMessage", "telegram editMessageText", "press improve"} < measured
    await own.start(merged)
    assert NEW in (own.service.folder / "out.txt").read_text()
    assert "measured from the next day on" in (await telegram.ask("/improve")).text
