"""A real agent program in the real bot: tasks from the chat, with keys from `.env`, and a model that fails."""

import os
from pathlib import Path

import pytest

from tests.agents import programs
from tests.agents.model_endpoint import Fault, Model
from tests.end_to_end.conftest import jarvis, telegram
from tests.end_to_end.conftest import project as project_of_jarvis
from tests.end_to_end.jarvis_process import Jarvis
from tests.end_to_end.telegram_chat import OWNER, Telegram

__all__ = ["jarvis", "project_of_jarvis", "telegram"]

pytestmark = pytest.mark.slow


@pytest.fixture
async def bot(
    jarvis: Jarvis, telegram: Telegram, project_of_jarvis: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> Jarvis:
    """With gemini on the PATH and the scripted model as its own."""
    program = programs.find("gemini")
    if program is None:
        pytest.skip("gemini is not installed: python -m tests.agents.programs gemini")
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (jarvis.folder / ".env").write_text(f"GEMINI_API_KEY=key-in-the-file\nGOOGLE_GEMINI_BASE_URL={address}\n")
    settings = {"IDLE_MINUTES": "0.15", "RETRY_MINUTES": "0.02", **telegram.settings}
    jarvis.start(OWNER_IDS=str(OWNER), PROJECTS=str(project_of_jarvis), **settings)
    await jarvis.ready()
    await telegram.ask("/start")
    return jarvis


async def test_tasks_of_a_real_agent(bot: Jarvis, telegram: Telegram, model: Model, project_of_jarvis: Path) -> None:
    version = programs.VERSIONS["gemini"]["npm"].rpartition("@")[2]
    assert f"gemini {version}\n      ✅ ready, taken first" in (await telegram.ask("/agents")).text

    telegram.api.people.send("/add Say hello 0.1h !high #bug\nCreate hello.txt\nverify: true")
    report = await telegram.hear("Say hello is built", "Merge")
    assert "360 tokens" in report.text
    assert (await telegram.ask("/log 1")).text == "📄 Log of /task_1\n▸ $ echo hello > hello.txt\nAll done."
    assert "task_1 is merged" in await telegram.press(report, "Merge")
    assert (project_of_jarvis / "hello.txt").read_text() == "hello\n"

    model.fault = Fault.ERROR_500
    telegram.api.people.send("/add Model down 0.1h !high #bug\nCreate more.txt")
    told = await telegram.hear("🔁 Model down is tried again")
    assert "The agent could not work, model error" in told.text
    model.fault, model.command = Fault.NONE, "echo x > more.txt"
    await telegram.hear("Model down is built", "Merge")

    model.fault = Fault.LIMIT_429
    telegram.api.people.send("/add Limit 0.1h !high #bug\nCreate last.txt")
    await telegram.hear("🔁 Limit is tried again")
    assert "the usage limit of gemini is reached until" in (await telegram.ask("/task 3")).text
    assert "⏳ its usage limit is reached until" in (await telegram.ask("/agents")).text
    assert b"key-in-the-file" not in b"".join(path.read_bytes() for path in bot.home.rglob("*") if path.is_file())
