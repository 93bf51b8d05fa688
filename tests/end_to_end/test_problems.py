"""A small disk that a program fills while the bot runs: foretold, told once, fixed, verified, reported, taken back."""

import asyncio
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import metrics
from core.model.metrics import Sample
from core.runtime.clock import utc_now
from storage import open_store
from tests.end_to_end.jarvis_process import Jarvis, until
from tests.end_to_end.telegram_chat import OWNER, Telegram

WRITER = """
import os, sys, time
log, goal = sys.argv[1:]
number = 0
with open(log, "a", buffering=1 << 16) as file:
    while os.path.exists(goal):
        disk = os.statvfs(log)
        used = 100 - 100 * disk.f_bavail / disk.f_blocks
        for _ in range(600 if used < float(open(goal).read() or 0) else 1):
            file.write(f"line {number:09d} of a program that writes on and on\\n")
            number += 1
        file.flush()
        time.sleep(0.01)
print(number)
"""
"""Fills the disk up to the percentage in a file, then goes on slowly, until that file is gone."""


@pytest.fixture
def service(jarvis: Jarvis) -> Iterator[Path]:
    """A program's folder on a disk of its own, of 40 MB; needs the right to mount."""
    folder = jarvis.folder / "service"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    (folder / "logs").mkdir()
    yield folder
    jarvis.end()
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Writer:
    """A program that writes to its log all the time."""

    def __init__(self, log: Path, goal: Path) -> None:
        self.log = log
        self._goal = goal
        self.fill_to(0)
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(log), str(goal)], cwd="/", stdout=subprocess.PIPE, text=True
        )

    def fill_to(self, percent: int) -> None:
        """From now on."""
        fresh = self._goal.with_name("goal.next")
        fresh.write_text(str(percent))
        fresh.replace(self._goal)

    def stop(self) -> int:
        """Returns how many lines it has written."""
        self._goal.unlink()
        return int(self._process.communicate(timeout=20)[0])


def used(folder: Path) -> float:
    disk = os.statvfs(folder)
    return 100 - 100 * disk.f_bavail / disk.f_blocks


def traps(service: Path, outside: Path) -> tuple[Path, sqlite3.Connection]:
    """What must not be touched, and a database that is mostly empty with somebody who has it open."""
    precious = outside / "precious.log"
    precious.write_text("precious\n" * 2_000_000)
    long_ago = (utc_now() - timedelta(days=40)).timestamp()
    os.utime(precious, (long_ago, long_ago))
    (service / "logs" / "link.log").symlink_to(precious)
    (service / "logs" / "folder").symlink_to(outside)
    old = service / "logs" / "app.log.7"
    old.write_text("said long ago\n")
    os.utime(old, (long_ago, long_ago))
    reader = sqlite3.connect(service / "app.db", isolation_level=None)
    reader.execute("PRAGMA journal_mode=WAL")
    reader.execute("CREATE TABLE t (x)")
    reader.executemany("INSERT INTO t VALUES (?)", [(os.urandom(2000),) for _ in range(1000)])
    reader.execute("DELETE FROM t WHERE rowid > 10")
    reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return precious, reader


def remember(jarvis: Jarvis, service: Path) -> None:
    """A week in which the disk filled every day and was cleaned up every day, an hour ago for the last time."""
    now, bottom = utc_now(), used(service)
    store = open_store(jarvis.home, utc_now)
    with store.transaction():
        for hours in range(1, 8 * 24):
            value = bottom + (-hours % 24) * 3.8
            sample = Sample(at=now - timedelta(hours=hours), values={f"disk:{service}": value})
            store.metrics.put(metrics.key(sample), sample)
    store.close()


async def start(jarvis: Jarvis, telegram: Telegram, service: Path) -> None:
    now = utc_now()
    jarvis.start(
        OWNER_IDS=str(OWNER),
        WATCH_PATHS=str(service),
        LOG_ROOTS=str(service / "logs"),
        DATABASE_ROOTS=str(service),
        SLEEP_HOURS=f"{now - timedelta(hours=7):%H:%M}-{now + timedelta(minutes=30):%H:%M}",
        # Whatever the machine is like that runs this.
        MEMORY_LIMIT="100",
        SWAP_LIMIT="100",
        LOAD_LIMIT="1000",
        **telegram.settings,
    )
    await jarvis.ready()
    await telegram.ask("/start")


async def foretold(telegram: Telegram, service: Path) -> str:
    """Look, as the bot does by itself every ten minutes, until it sees the disk fill."""
    while True:
        said = (await telegram.ask("/problems")).text
        assert used(service) < 80, said
        if f"Disk of {service}" in said:
            return said
        await asyncio.sleep(1)  # two measurements of one second would be one


async def repairs(jarvis: Jarvis) -> list[dict[str, str]]:
    listed = (await jarvis.run("problem-predictor", "restore", "--json")).stdout
    found: list[dict[str, str]] = json.loads(listed)
    return found


async def test_a_disk_that_a_program_fills(
    jarvis: Jarvis, telegram: Telegram, service: Path, outside: Path, tmp_path: Path
) -> None:
    precious, reader = traps(service, outside)
    writer = Writer(service / "logs" / "app.log", tmp_path / "goal")
    remember(jarvis, service)
    await start(jarvis, telegram, service)

    # Foretold before it is full, then told once, whoever looks.
    writer.fill_to(92)
    assert "Disk of" in await foretold(telegram, service)
    assert not telegram.said("🔴")
    await until(lambda: used(service) > 91, "the disk is nearly full")
    writer.fill_to(0)
    for _ in range(2):
        await jarvis.run("problem-predictor", "scan")
    alarm = await telegram.hear(r"^🔴 Disk of .*service: 9\d %, limit 80 %", "🧹 Fix")

    # Fixed with two presses, and measured again.
    await telegram.press(alarm, "Fix")
    await telegram.press(await telegram.hear("Nothing is done yet", "Do it"), "Do it")
    fixed = await telegram.hear("^Freed", "↩️ app.log")
    assert used(service) < 15
    assert f"Disk of {service}: " in fixed.text
    done = {one["fix"]["path"]: one for one in await repairs(jarvis)}  # type: ignore[index]
    assert set(done) == {"app.log", "app.log.7", "app.db"}
    assert {one["state"] for one in done.values()} == {"done"}
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (10,)
    assert "🔴" not in (await telegram.ask("/problems")).text
    assert len(telegram.said("🔴")) == 1
    brief = (await telegram.ask("/brief")).text
    assert "🧹 Cleaned up" in brief

    # Each taken back.
    pieces = [gzip.decompress(Path(done["app.log"]["kept"]).read_bytes())]
    assert "app.log.repair" in await telegram.press(fixed, "↩️ app.log")
    for path in ("app.log.7", "app.db"):
        assert "Restored" in (await telegram.ask(f"/restore {done[path]['id']}")).text
    restored = service / "logs" / f"app.log.{done['app.log']['id']}"
    assert restored.read_bytes() == pieces[0]
    assert (service / "logs" / "app.log.7").read_text() == "said long ago\n"
    assert reader.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0] > 2e6
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (10,)
    restored.unlink()

    # The night does it by itself, before its builds.
    writer.fill_to(70)
    await until(lambda: used(service) > 69, "it fills again")
    writer.fill_to(0)
    await jarvis.run("overnight-runner", "start")
    await until(lambda: used(service) < 20, "the night has cleaned up")
    await until(lambda: "prepared" in (jarvis.home / "logs" / "overnight_execution.log").read_text(), "prepared")
    (again,) = [one for one in await repairs(jarvis) if one["id"] not in {each["id"] for each in done.values()}]
    assert "🧹 Cleaned up" in (await telegram.ask("/brief")).text

    # No line is lost, nothing outside is touched.
    pieces.append(gzip.decompress(Path(again["kept"]).read_bytes()))
    lines = writer.stop()
    pieces.append(writer.log.read_bytes().lstrip(b"\0"))
    said = b"".join(pieces).decode().splitlines()
    assert said == [f"line {number:09d} of a program that writes on and on" for number in range(lines)]
    assert precious.read_text() == "precious\n" * 2_000_000
    assert shutil.disk_usage(service).used < 10_000_000
    reader.close()


async def test_two_shells_that_clean_up_at_once_do_it_once(jarvis: Jarvis) -> None:
    logs = jarvis.folder / "logs"
    logs.mkdir()
    text = "a line that says something\n" * 500_000
    (logs / "app.log").write_text(text)
    jarvis.settings["LOG_ROOTS"] = str(logs)

    done = await asyncio.gather(*(jarvis.run("problem-predictor", "fix", "--json") for _ in range(3)))

    told = sorted((json.loads(one.stdout) for one in done), key=lambda one: len(one["repairs"]))
    assert [len(one["repairs"]) for one in told] == [0, 0, 1]
    assert [one["state"] for one in await repairs(jarvis)] == ["done"]
    assert gzip.decompress((logs / "app.log.repair_1.gz").read_bytes()).decode() == text
