"""The child that draws: real processes, also slow, failing and stopped ones."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import structlog

from handlers import pictures
from handlers.views.pictures import Bar, BarKind, Bars, Lane, Picture, Series, Timeline

START = datetime(2026, 10, 24, 20, tzinfo=UTC)
PICTURE = Bars(title="Hours", unit="h", labels=("Mon",), series=(Series(name="night", values=(2.5,)),))
PNG = r"\211PNG\r\n\032\n"
ROOT = Path(__file__).parents[2]


def shell(script: str, *arguments: object) -> tuple[str, ...]:
    return ("/bin/sh", "-c", script, *map(str, arguments))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def failed(logged: list[structlog.typing.EventDict], picture: Picture = PICTURE, **how: object) -> str:
    """The reason that the log gives for a picture that was not drawn."""
    assert await pictures.drawn(picture, **how) is None  # type: ignore[arg-type]
    (entry,) = logged
    assert (entry["event"], entry["log_level"]) == ("picture not drawn", "warning")
    return str(entry["error"])


async def test_a_picture_is_drawn_elsewhere(logged: list[structlog.typing.EventDict]) -> None:
    bar = Bar(label="日本語 🚀 $x$", start=START, end=START + timedelta(hours=1), kind=BarKind.DONE)
    lanes = (Lane(name="slot 1", bars=(bar,)),)
    picture = Timeline(title="Night", zone="Europe/Berlin", start=START, end=START + timedelta(hours=11), lanes=lanes)

    png = await pictures.drawn(picture)

    assert png is not None
    assert png.startswith(b"\x89PNG")
    assert logged == []


def test_drawing_has_nothing_to_complain_about() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-m", "handlers.views.drawing"],
        input=msgspec.json.encode(PICTURE),
        env=pictures.environment(),
        capture_output=True,
        check=True,
    )

    assert done.stderr == b""


def test_the_bot_does_not_load_the_drawing_library() -> None:
    code = "import sys, bot.app, bot.wiring, bot.outbox, handlers.replies; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


async def test_a_slow_child_is_stopped(logged: list[structlog.typing.EventDict], tmp_path: Path) -> None:
    command = shell('echo $$ > "$0"; exec sleep 600', tmp_path / "pid")

    assert await failed(logged, command=command, limit=1.0) == "not ready after 1 s"

    assert not is_alive(int((tmp_path / "pid").read_text()))


async def test_the_child_ends_with_who_waits_for_it(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    waiting = asyncio.create_task(pictures.drawn(PICTURE, command=shell('echo $$ > "$0"; exec sleep 600', started)))
    pid = int(await asyncio.to_thread(started.read_text))

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert not is_alive(pid)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo first >&2; echo last words >&2; exit 3", "exit status 3: last words"),
        (f"printf '{PNG}'; exit 1", "exit status 1: "),
        ("echo no picture", "exit status 0: "),
        ("kill -9 $$", "exit status -9: "),
    ],
)
async def test_a_failing_child_is_a_line_in_the_log(
    logged: list[structlog.typing.EventDict], script: str, reason: str
) -> None:
    assert await failed(logged, command=shell(script)) == reason


async def test_a_missing_program_is_a_line_in_the_log(logged: list[structlog.typing.EventDict]) -> None:
    assert "No such file" in await failed(logged, command=("/nowhere/python",))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"labels": ()}, "ValueError: a series needs one value for each label"),
        ({"series": (Series(name="", values=(float("nan"),)),)}, "Expected `float`, got `null`"),
        ({"title": "\ud800"}, "surrogates not allowed"),
    ],
)
async def test_what_cannot_be_drawn_is_a_line_in_the_log(
    logged: list[structlog.typing.EventDict], change: dict[str, object], reason: str
) -> None:
    assert reason in await failed(logged, msgspec.structs.replace(PICTURE, **change))


async def test_one_is_drawn_at_a_time(tmp_path: Path) -> None:
    # A second child would find the folder there, and fail.
    alone = shell(f'mkdir "$0" || exit 1; sleep 0.05; rmdir "$0"; printf \'{PNG}\'', tmp_path / "busy")

    drawn = await asyncio.gather(*(pictures.drawn(PICTURE, command=alone) for _ in range(4)))

    assert None not in drawn


async def test_the_child_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "4711:secret")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")

    printed = await pictures.drawn(PICTURE, command=shell(f"printf '{PNG}'; env"))

    assert printed is not None
    assert b"secret" not in printed
    assert b"MPLCONFIGDIR=" in printed


def test_the_list_of_fonts_is_kept_for_the_next_drawing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert pictures.cache_folder() == tmp_path / ".cache" / "jarvis-pictures"

    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    folder = pictures.cache_folder()
    assert folder.is_dir()
    assert not folder.is_relative_to(tmp_path / "file")
    assert pictures.cache_folder() == folder
