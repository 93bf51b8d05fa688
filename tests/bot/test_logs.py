"""A secret can't get into the logs, whichever way it tries."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bot import logs

TOKEN = "123456789:AAH-secret_secret_secret_secret_12"
OTHER = "987654321:BBH-unknown_unknown_unknown_12"
ODD = "a very odd secret"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore", "apscheduler", "tornado.access")}
    for name in levels:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logs.configure("DEBUG", tmp_path / "logs", [TOKEN, ODD, ""])
    yield tmp_path / "logs"
    for handler in root.handlers:
        handler.close()
    root.handlers[:], level = before
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)
    structlog.reset_defaults()


def fail(secret: str) -> None:
    raise ValueError(f"https://api.telegram.org/bot{secret}/getMe failed")


def with_traceback(secret: str) -> None:
    try:
        fail(secret)
    except ValueError:
        logging.getLogger("telegram").exception("request failed")


def structured_traceback(secret: str) -> None:
    try:
        fail(secret)
    except ValueError:
        structlog.get_logger("bot").exception("request failed")


WAYS: dict[str, Callable[[str], object]] = {
    "message": lambda secret: logging.getLogger("httpx").info(f"POST https://api.telegram.org/bot{secret}/getMe"),
    "arguments": lambda secret: logging.getLogger("httpx").info("POST %s %d", f"/bot{secret}/getMe", 200),
    "mapping": lambda secret: logging.getLogger("x").info("%(url)s", {"url": secret}),
    "extra": lambda secret: logging.getLogger("x").info("hello", extra={"url": secret}),
    "exception": with_traceback,
    "exception object": lambda secret: structlog.get_logger("x").error("bad", exc_info=ValueError(secret)),
    "structured exception": structured_traceback,
    "event": lambda secret: structlog.get_logger("x").info(f"hello {secret}"),
    "field": lambda secret: structlog.get_logger("x").info("hello", url=f"/bot{secret}"),
    "nested field": lambda secret: structlog.get_logger("x").info("hello", data={"a": [secret, (secret,)]}),
    "name of a field": lambda secret: structlog.get_logger("x").info("hello", **{secret: 1}),
    "logger's name": lambda secret: logging.getLogger(f"x.{secret}").warning("hello"),
    "wrong arguments": lambda secret: logging.getLogger("x").info("%d", secret),
    "object": lambda secret: logging.getLogger("x").info(ValueError(secret)),
    "debug": lambda secret: logging.getLogger("httpcore").debug("send %r", (b"GET", secret.encode())),
}


@pytest.mark.parametrize("secret", [TOKEN, OTHER, ODD], ids=["ours", "another token", "no token"])
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_gets_through(folder: Path, capfd: pytest.CaptureFixture[str], way: str, secret: str) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler for handler in root.handlers if isinstance(handler.formatter, logs.Redacting)]

    WAYS[way](secret)

    written = (folder / "jarvis.log").read_text()
    out, err = capfd.readouterr()
    assert written.strip()
    assert secret not in written + out + err
    assert secret.partition(":")[2] == "" or secret.partition(":")[2] not in written + out + err
    assert "[hidden]" in written or way == "extra"
    assert all(json.loads(line) for line in written.splitlines())


def test_the_file_has_one_json_object_a_line(folder: Path) -> None:
    logging.getLogger("a").info("first\nsecond %s", "line")
    structlog.get_logger("b").warning("mit Umlaut äöü 🚀", number=3, path=folder)
    structured_traceback("x")

    lines = [json.loads(line) for line in (folder / "jarvis.log").read_text().splitlines()]

    assert [line["event"] for line in lines] == ["first\nsecond line", "mit Umlaut äöü 🚀", "request failed"]
    assert [line["level"] for line in lines] == ["info", "warning", "error"]
    assert [line["logger"] for line in lines] == ["a", "b", "bot"]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert "ValueError" in lines[2]["exception"]


def test_a_secret_that_is_made_later_is_hidden_too(folder: Path) -> None:
    logs.hide("made-later")
    logging.getLogger("x").info("it is made-later")

    assert "made-later" not in (folder / "jarvis.log").read_text()


def test_the_folder_is_private(folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0


def test_what_looks_like_no_token_stays() -> None:
    assert logs.redact("at 12:30, port 8080:80, id 123:short", []) == "at 12:30, port 8080:80, id 123:short"
