"""What happened survives the end of the process, however it ended."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.local.core import BotApi
from bot.local.models import Upload, User

JARVIS = User(id=4711, first_name="Jarvis", is_bot=True, username="jarvis_bot")
VISITOR = User(id=7, first_name="Vera")
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def open_api(path: Path) -> BotApi:
    return BotApi(JARVIS, VISITOR, lambda: MOMENT, path)


def fill(api: BotApi) -> dict[str, object]:
    """Something of everything; returns what must be seen again."""
    first = api.call("sendMessage", {"chat_id": 7, "text": "one"}).result
    api.call("editMessageText", {"chat_id": 7, "message_id": first["message_id"], "text": "edited"})
    gone = api.call("sendMessage", {"chat_id": 7, "text": "gone"}).result
    api.call("deleteMessage", {"chat_id": 7, "message_id": gone["message_id"]})
    document = api.people.upload(Upload(name="a.txt", content=b"abc"))["document"]
    poll = api.call(
        "sendPoll", {"chat_id": 7, "question": "?", "is_anonymous": False, "options": [{"text": "a"}, {"text": "b"}]}
    ).result
    api.people.vote(poll["message_id"], [1])
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    buttons = api.call("sendMessage", {"chat_id": 7, "text": "?", "reply_markup": markup}).result
    api.people.press(buttons["message_id"])
    api.people.add_group(-1001, "Team", [VISITOR])
    api.people.send("/hi", chat=-1001)
    api.call("setMyCommands", {"commands": [{"command": "add", "description": "Add"}]})
    api.call("sendMessage", {"chat_id": 7, "text": "reply?", "reply_markup": {"force_reply": True}})
    return view(api) | {"file": document["file_id"]}


def view(api: BotApi) -> dict[str, object]:
    return {
        "private": [(m.body, m.keyboard) for m in api.history(7)[0]],
        "group": [m.body for m in api.history(-1001)[0]],
        "updates": api.call("getUpdates", {}).result,
        "commands": api.commands(7),
        "chats": [c.to_json() for c in api.chats()],
        "votes": [tally.votes for tally in api.backend.state.polls.values()],
    }


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    api = open_api(path)
    before = fill(api)
    api.close()
    again = open_api(path)
    file = again.file(str(before.pop("file")))
    assert view(again) == before
    assert file is not None
    assert again.read_file(file) == b"abc"
    (query,) = [u["callback_query"]["id"] for u in view(again)["updates"] if "callback_query" in u]  # type: ignore[attr-defined]
    assert again.call("answerCallbackQuery", {"callback_query_id": query}).ok


def test_numbers_go_on_and_confirmed_updates_stay_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    api = open_api(path)
    first = api.people.send("one")["message_id"]
    second = api.people.send("two")["message_id"]
    updates = api.call("getUpdates", {}).result
    api.call("getUpdates", {"offset": updates[-1]["update_id"] + 1})
    api.call("deleteMessage", {"chat_id": 7, "message_id": second})
    for _ in range(2):
        api.close()
        api = open_api(path)
    assert api.call("getUpdates", {}).result == []
    assert api.people.send("three")["message_id"] == second + 1 == first + 2
    assert api.call("getUpdates", {}).result[0]["update_id"] == updates[-1]["update_id"] + 1


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_tail_is_dropped(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "chat.jsonl"
    api = open_api(path)
    api.people.send("kept")
    api.call("sendMessage", {"chat_id": 7, "text": "torn"})
    api.close()
    os.truncate(path, path.stat().st_size - cut)
    again = open_api(path)
    assert [m.body["text"] for m in again.history(7)[0]] == ["kept"]
    assert again.damaged_journal is None


def test_an_unreadable_line_is_kept_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    api = open_api(path)
    api.people.send("one")
    api.close()
    content = path.read_bytes() + b"rubbish\n"
    path.write_bytes(content)
    again = open_api(path)
    assert [m.body["text"] for m in again.history(7)[0]] == ["one"]
    assert again.damaged_journal is not None
    assert again.damaged_journal.read_bytes() == content


def test_opening_compacts_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    api = open_api(path)
    sent = api.call("sendMessage", {"chat_id": 7, "text": "0"}).result
    for number in range(1, 500):
        api.call("editMessageText", {"chat_id": 7, "message_id": sent["message_id"], "text": str(number)})
    api.close()
    large = path.stat().st_size
    open_api(path).close()
    assert path.stat().st_size < large / 50


def test_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "chat.jsonl"
    api = open_api(path)
    api.people.upload(Upload(name="a.txt", content=b"abc"))
    folder = path.with_name("chat.jsonl.files")
    modes = {entry: entry.stat().st_mode & 0o777 for entry in [path, folder, *folder.rglob("*")]}
    assert {mode for entry, mode in modes.items() if entry.is_file()} == {0o600}
    assert {mode for entry, mode in modes.items() if entry.is_dir()} == {0o700}
    assert sum(entry.is_file() for entry in modes) == 2


CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from bot.local.core import BotApi
from bot.local.models import User

api = BotApi(
    User(id=4711, first_name="Jarvis", is_bot=True, username="jarvis_bot"),
    User(id=7, first_name="Vera"),
    lambda: datetime(2026, 3, 1, 12, tzinfo=UTC),
    Path(sys.argv[1]),
)
number = 0
while True:
    number += 1
    api.people.send(f"in {number}")
    api.call("sendMessage", {"chat_id": 7, "text": f"out {number}"})
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 50, 300])
def test_kill_9_loses_nothing_acknowledged(tmp_path: Path, after: int) -> None:
    path = tmp_path / "chat.jsonl"
    with subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = 0
        while acknowledged < after:
            acknowledged = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *(int(line) for line in child.stdout if line.endswith("\n"))])
    api = open_api(path)
    texts = [m.body["text"] for m in api.history(7, limit=2000)[0]]
    expected = [f"{way} {n}" for n in range(1, acknowledged + 1) for way in ("in", "out")]
    assert texts[: len(expected)] == expected[-2000:]
    assert len(texts) - len(expected) <= 2
    assert api.backend.state.updates[0].content["text"] == "in 1"
    assert len(api.backend.state.updates) >= acknowledged
