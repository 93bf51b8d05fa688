"""What `jarvis run` can't start with: one clear message, exit code 1, no traceback, and nothing is changed."""

import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.jarvis_process import Jarvis, free_port, until
from tests.end_to_end.telegram_chat import TOKEN, Telegram


async def refusal(jarvis: Jarvis, **settings: str) -> str:
    """What the start says that fails."""
    jarvis.start(**settings)
    await until(lambda: jarvis.process.poll() is not None, "the end of the failing start")
    errors = jarvis.errors()
    assert jarvis.process.poll() == 1, errors
    assert jarvis.said() == ""
    assert "Traceback" not in errors
    assert errors.count("Error: ") == 1
    assert errors.startswith("Error: "), errors
    return errors.removeprefix("Error: ").strip()


def state(jarvis: Jarvis) -> dict[str, bytes]:
    """Everything that the engines have stored."""
    data = [path for path in (jarvis.home / "data").iterdir() if path.is_file() and "local_chat" not in path.name]
    return {str(path): path.read_bytes() for path in data}


async def test_a_second_bot_on_the_same_folder(jarvis: Jarvis) -> None:
    jarvis.start(LOCAL_CHAT_PORT=str(free_port()))
    await jarvis.ready()
    jarvis.process.send_signal(signal.SIGSTOP)  # it would go on to write by itself
    await until(lambda: psutil.Process(jarvis.process.pid).status() == psutil.STATUS_STOPPED, "it stands still")
    before = state(jarvis)
    second = await jarvis.run("run")
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.strip() == (
        f"Error: Jarvis is already running on this folder (process {jarvis.process.pid}): {jarvis.home}. "
        "Stop it first, or set JARVIS_HOME to another folder."
    )
    assert state(jarvis) == before
    jarvis.process.send_signal(signal.SIGCONT)
    assert await jarvis.stop() == 0


async def test_a_port_in_use(jarvis: Jarvis) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = await refusal(jarvis, LOCAL_CHAT_PORT=str(port))
    assert f"Port {port} is already in use." in said
    assert "LOCAL_CHAT_PORT" in said
    assert said.count("\n") == 0


async def test_a_token_that_telegram_does_not_know(jarvis: Jarvis, telegram: Telegram) -> None:
    said = await refusal(jarvis, **{**telegram.settings, "TELEGRAM_BOT_TOKEN": TOKEN[:-4] + "nope"})
    assert "Telegram does not know this token." in said
    assert "TELEGRAM_BOT_TOKEN" in said
    assert TOKEN[:-4] not in said


@pytest.mark.parametrize("token", ["hello", "123456", "123456:", TOKEN + " " + TOKEN])
async def test_a_token_of_a_wrong_form(jarvis: Jarvis, token: str) -> None:
    said = await refusal(jarvis, TELEGRAM_BOT_TOKEN=token)
    assert "TELEGRAM_BOT_TOKEN: this does not look like a bot token." in said
    assert token not in said.replace("123456:ABC", "")
    assert not jarvis.home.exists()


async def test_all_mistakes_in_the_settings_are_named_at_once(jarvis: Jarvis) -> None:
    wrong = {
        "TELEGRAM_API_URL": "api.telegram.org",
        "OWNER_IDS": "7, me",
        "LOCAL_CHAT_PORT": "99999",
        "TIMEZONE": "Middle/Earth",
        "LOG_LEVEL": "chatty",
        "MAX_BUILDS": "0",
        "BUILD_HOURS": "-1",
        "IDLE_MINUTES": "abc",
        "VERIFY_MINUTES": "nan",
        "AGENT_COMMAND": "agent 'unfinished",
        "AGENT_ENV": "TELEGRAM_BOT_TOKEN",
        "APPROVAL_DAYS": "1e99",
    }
    said = await refusal(jarvis, **wrong)
    assert [name for name in wrong if f"\n  {name}=" not in said] == []
    assert said.count("\n") == len(wrong)
    assert not jarvis.home.exists()


async def test_a_project_that_is_no_repository(jarvis: Jarvis, project: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    said = await refusal(jarvis, PROJECTS=f"{plain}", LOCAL_CHAT_PORT=str(free_port()))
    head = "PROJECTS names what can't be used. Change it in .env:\n"
    assert said == f"{head}  {plain} is not in a git repository. Run `git init` there, and commit."
    said = await refusal(jarvis, PROJECTS=f"{tmp_path / 'gone'}, {project}", LOCAL_CHAT_PORT=str(free_port()))
    assert said == f"{head}  There is no folder {tmp_path / 'gone'}."
    assert list(plain.iterdir()) == []
    assert (await jarvis.run("projects", "list")).stdout.startswith("No project is registered")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"LOCAL_CHAT_PORT=80 80\n", "LOCAL_CHAT_PORT=80 80"),
        (b"this is no setting at all\n", "line 1"),
        (b"TIMEZONE='UTC\nLOG_LEVEL=INFO\n", "line 1"),
        (b"\xff\xfe\x00\x01\n", ".env"),
        (None, ".env"),
    ],
)
async def test_a_broken_env_file(jarvis: Jarvis, content: bytes | None, named: str) -> None:
    env = jarvis.folder / ".env"
    if content is None:
        env.mkdir()
    else:
        env.write_bytes(content)
    assert named in await refusal(jarvis)
    assert not jarvis.home.exists()


@pytest.mark.parametrize("place", ["autonomous", "autonomous/data", "autonomous/logs"])
async def test_a_file_where_a_folder_has_to_be(jarvis: Jarvis, place: str) -> None:
    path = jarvis.folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("keep me")
    said = await refusal(jarvis, LOCAL_CHAT_PORT=str(free_port()))
    assert str(path) in said
    assert said.count("\n") == 0
    assert path.read_text() == "keep me"
    command = await jarvis.run("build-scheduler", "list")
    assert "Traceback" not in command.stderr


async def test_a_folder_that_can_not_be_made(jarvis: Jarvis) -> None:
    said = await refusal(jarvis, JARVIS_HOME="/proc/jarvis", LOCAL_CHAT_PORT=str(free_port()))
    assert "/proc/jarvis" in said
    assert "JARVIS_HOME" in said


async def test_data_that_can_not_be_read(jarvis: Jarvis, project: Path) -> None:
    assert (await jarvis.run("projects", "add", str(project))).returncode == 0
    assert (await jarvis.run("autonomous-queue", "add", "Keep me")).returncode == 0
    for path in (jarvis.home / "data").iterdir():
        if path.suffix != ".lock":
            path.write_bytes(b"something else\n" * 100)
    before = state(jarvis)
    said = await refusal(jarvis, LOCAL_CHAT_PORT=str(free_port()))
    assert str(jarvis.home / "data") in said
    assert state(jarvis) == before
