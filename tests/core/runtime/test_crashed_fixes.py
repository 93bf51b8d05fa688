"""Clean-ups that are killed at every step, by every line of ours: nothing is lost, and all can still be taken back."""

import gzip
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest

from core.errors import Refused
from core.model.problem import Fix, FixKind, Repair, RepairState
from core.runtime.housekeeping import Housekeeping
from tests.core.runtime.test_housekeeping import NOW, ONE, database, do, keeper, old_log

TEXT = "".join(f"line {number}\n" for number in range(2000))
OURS = ("log_files.py", "sqlite_files.py", "safe_files.py")


def killed_at(step: int, act: Callable[[], object]) -> bool:
    """Do it in a process of its own that dies at that different line of ours; False: it ended before."""
    child = os.fork()
    if child == 0:
        seen: set[tuple[str, int]] = set()

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            if not frame.f_code.co_filename.endswith(OURS):
                return None
            if event == "line":
                seen.add((frame.f_code.co_filename, frame.f_lineno))
            if len(seen) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        try:
            act()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


class Checked(NamedTuple):
    """Something to do, and what has to be so after it, wherever it was killed."""

    act: Callable[[], object]
    check: Callable[[], None]


def at_every_step(tmp_path: Path, prepare: Callable[[Path], Checked], stride: int = 1) -> int:
    """`prepare` makes a folder's files and returns what to kill and to check after; returns the number of steps."""
    for step in range(1, 1000, stride):
        folder = tmp_path / str(step)
        (folder / "logs").mkdir(parents=True)
        checked = prepare(folder)
        killed = killed_at(step, checked.act)
        checked.check()
        if not killed:
            return step
    raise AssertionError("it never came to its end")


def begun(keeping: Housekeeping, fix: Fix, stamp: str = "") -> Repair:
    return Repair(id=ONE, fix=fix, at=NOW, state=RepairState.BEGUN, kept=keeping.keep_at(ONE, fix), stamp=stamp)


def test_a_log_on_its_way_to_the_trash_is_here_or_there(tmp_path: Path) -> None:
    def prepare(folder: Path) -> Checked:
        log = old_log(folder / "logs" / "app.log", TEXT)
        keeping = keeper(folder)
        (fix,) = keeping.plan(NOW)

        def check() -> None:
            if not log.exists():
                assert keeping.restore(begun(keeping, fix)) == str(log)
            assert log.read_text() == TEXT

        return Checked(lambda: do(keeping, fix), check)

    assert at_every_step(tmp_path, prepare) > 40


def test_a_log_that_comes_back_is_whole_or_not_there(tmp_path: Path) -> None:
    def prepare(folder: Path) -> Checked:
        log = old_log(folder / "logs" / "app.log", TEXT)
        keeping = keeper(folder)
        _, repair = do(keeping, keeping.plan(NOW)[0])

        def check() -> None:
            assert not log.exists() or log.read_text() == TEXT
            assert keeping.restore(repair) == str(log)
            assert log.read_text() == TEXT
            assert [path.name for path in log.parent.iterdir()] == ["app.log"]
            assert log.stat().st_nlink == 1

        return Checked(lambda: keeping.restore(repair), check)

    assert at_every_step(tmp_path, prepare) > 30


def test_a_line_of_a_log_that_was_rotated_is_there_once_or_twice_but_never_lost(tmp_path: Path) -> None:
    def prepare(folder: Path) -> Checked:
        log = folder / "logs" / "app.log"
        log.write_text(TEXT)
        keeping = keeper(folder)
        fix = Fix(kind=FixKind.ROTATE, root=str(log.parent), path="app.log", frees=0)
        writer = log.open("a", buffering=1)

        def check() -> None:
            writer.write("after\n")
            writer.close()
            left = log.read_bytes().lstrip(b"\0").decode()
            kept = Path(keeping.keep_at(ONE, fix))
            try:
                copied = gzip.decompress(kept.read_bytes()).decode() if kept.exists() else ""
            except EOFError:
                copied = ""
            assert left in ("after\n", f"{TEXT}after\n")
            assert left.startswith(TEXT) or copied == TEXT

        return Checked(lambda: do(keeping, fix), check)

    assert at_every_step(tmp_path, prepare) > 60


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_database_is_whole_wherever_its_vacuum_or_its_return_ends(tmp_path: Path, journal: str) -> None:
    def rows(path: Path) -> object:
        base = sqlite3.connect(path)
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = base.execute("SELECT count(*), sum(length(x)) FROM t").fetchone()
        base.close()
        return found

    def prepare(folder: Path) -> Checked:
        path = database(folder / "logs" / "app.db", journal, rows=100)
        keeping = keeper(folder)
        fix = Fix(kind=FixKind.VACUUM, root=str(path.parent), path="app.db", frees=0)

        def act() -> None:
            _, repair = do(keeping, fix)
            keeping.restore(repair)

        def check() -> None:
            assert rows(path) == (20, 80_000)
            keeping.purge(begun(keeping, fix))
            assert [each.name for each in (folder / "home" / "trash" / "files").glob("*")] == []
            done, repair = do(keeping, fix)
            if done.stamp:
                keeping.restore(repair)
            assert rows(path) == (20, 80_000)

        return Checked(act, check)

    assert at_every_step(tmp_path, prepare, stride=3) > 50


def test_what_was_restored_before_a_crash_counts_as_restored(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    log = old_log(tmp_path / "logs" / "app.log", TEXT)
    keeping = keeper(tmp_path)
    _, repair = do(keeping, keeping.plan(NOW)[0])
    keeping.restore(repair)

    assert keeping.restore(repair) == str(log)
    log.write_text(TEXT + "more\n")
    with pytest.raises(Refused, match="exists already"):
        keeping.restore(repair)
