"""Cleaning up below the roots, and bringing it back: with writers, readers, and links that lead out."""

import fcntl
import gzip
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.errors import Refused
from core.model.config import Config
from core.model.ids import RepairId
from core.model.problem import Fix, FixKind, Repair, RepairState
from core.runtime.housekeeping import Done, Housekeeping

NOW = datetime.now(UTC)  # noqa: TID251 - files get real times
OLD = (NOW - timedelta(days=40)).timestamp()
ONE = RepairId("repair_1")
WRITER = """
import sys
append, path = sys.argv[1] == "append", sys.argv[2]
with open(path, "a" if append else "r+", buffering=1) as log:
    log.seek(0, 2)
    for number in range(200_000):
        log.write(f"line {number:06d} of the writer\\n")
        if number == 5_000:
            print("going", flush=True)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path


def keeper(place: Path) -> Housekeeping:
    root = (place / "logs",)
    home = place / "home"
    home.mkdir(exist_ok=True)
    return Housekeeping(Config(home=home, zone=ZoneInfo("UTC"), log_roots=root, database_roots=root))


def do(keeping: Housekeeping, fix: Fix, number: RepairId = ONE) -> tuple[Done, Repair]:
    kept = keeping.keep_at(number, fix)
    done = keeping.act(fix, kept)
    return done, Repair(id=number, fix=fix, at=NOW, state=RepairState.DONE, kept=kept, stamp=done.stamp)


def old_log(path: Path, text: str = "a line\n" * 1000) -> Path:
    path.write_text(text)
    os.utime(path, (OLD, OLD))
    return path


def large_log(path: Path) -> Path:
    path.write_text("a line that says something\n" * 500_000)
    return path


def database(path: Path, journal: str = "DELETE", rows: int = 1000) -> Path:
    """With 20 rows of those that were there once."""
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA journal_mode={journal}")
    base.execute("CREATE TABLE t (x BLOB)")
    base.executemany("INSERT INTO t VALUES (?)", [(os.urandom(4000),) for _ in range(rows)])
    base.execute("DELETE FROM t WHERE rowid > 20")
    base.commit()
    base.close()
    return path


# -- logs that nobody writes to ---------------------------------------------------------------------------------------


def test_an_old_log_goes_to_the_trash_and_comes_back(place: Path) -> None:
    log = old_log(place / "logs" / "app.log.3")
    log.chmod(0o640)
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)

    done, repair = do(keeping, fix)

    assert (fix.kind, fix.path) == (FixKind.TRASH, "app.log.3")
    assert not log.exists()
    assert done.freed > 0
    assert keeping.restore(repair) == str(log)
    assert log.read_text() == "a line\n" * 1000
    assert log.stat().st_mtime == pytest.approx(OLD)
    assert log.stat().st_mode & 0o777 == 0o640


def test_nothing_is_overwritten_when_it_comes_back(place: Path) -> None:
    log = old_log(place / "logs" / "app.log")
    keeping = keeper(place)
    _, repair = do(keeping, keeping.plan(NOW)[0])
    log.write_text("new")

    with pytest.raises(Refused, match="exists already"):
        keeping.restore(repair)

    assert log.read_text() == "new"
    assert sorted(path.name for path in log.parent.iterdir()) == ["app.log"]


def test_a_log_that_somebody_has_open_stays(place: Path) -> None:
    log = old_log(place / "logs" / "app.log")
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)

    with log.open("a"), pytest.raises(Refused):
        do(keeping, fix)

    assert log.exists()
    assert list((place / "home" / "trash" / "files").iterdir()) == []


def test_what_is_no_log_or_is_fresh_stays(place: Path) -> None:
    old_log(place / "logs" / "letter.txt")
    old_log(place / "logs" / "blog")
    (place / "logs" / "app.log").write_text("fresh\n")

    assert keeper(place).plan(NOW) == []


def test_an_old_log_without_a_byte_stays_since_the_trash_would_take_more(place: Path) -> None:
    log = old_log(place / "logs" / "app.log")
    log.write_text("")
    os.utime(log, (OLD, OLD))

    assert keeper(place).plan(NOW) == []


def test_a_tree_that_is_deeper_than_the_stack_is_walked_as_far_as_paths_reach(place: Path) -> None:
    old_log(place / "logs" / "app.log")
    here = os.open(place / "logs", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)

    assert [fix.path for fix in keeper(place).plan(NOW)] == ["app.log"]
    subprocess.run(["rm", "-rf", str(place / "logs")], check=True)  # what pytest cleans up with can't


# -- logs that are written to -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["append", "at its own place"])
def test_a_log_is_rotated_again_and_again_while_it_is_written_to_and_no_line_is_lost(place: Path, mode: str) -> None:
    log = place / "logs" / "app.log"
    log.touch()
    keeping = keeper(place)
    fix = Fix(kind=FixKind.ROTATE, root=str(log.parent), path="app.log", frees=0)
    repairs: list[Repair] = []

    with subprocess.Popen([sys.executable, "-c", WRITER, mode, str(log)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        while writer.poll() is None:
            try:
                repairs.append(do(keeping, fix, RepairId(f"repair_{len(repairs)}"))[1])
            except Refused:  # not a line since the last time
                continue

    assert writer.returncode == 0
    assert len(repairs) >= 2
    pieces = [gzip.decompress(Path(repair.kept).read_bytes()) for repair in repairs]
    said = b"".join([*pieces, log.read_bytes().lstrip(b"\0")])
    assert said.decode().splitlines() == [f"line {number:06d} of the writer" for number in range(200_000)]
    assert all(piece.endswith(b"\n") for piece in pieces)


def test_two_do_not_rotate_one_log_at_once(place: Path) -> None:
    log = large_log(place / "logs" / "app.log")
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)

    with log.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="locked"):
            do(keeping, fix)

    assert log.stat().st_size > 10_000_000


def test_rotation_gives_the_space_back(place: Path) -> None:
    log = large_log(place / "logs" / "app.log")
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)

    with log.open("a") as writer:
        done, repair = do(keeping, fix)
        writer.write("after\n")

    assert done.freed > 10_000_000
    assert log.stat().st_blocks * 512 < 100_000
    assert log.read_bytes().lstrip(b"\0") == b"after\n"
    assert keeping.plan(NOW) == []
    assert Path(keeping.restore(repair)).read_text() == "a line that says something\n" * 500_000


def test_a_log_that_nobody_has_open_is_simply_empty_afterwards(place: Path) -> None:
    log = large_log(place / "logs" / "app.log")
    keeping = keeper(place)

    do(keeping, keeping.plan(NOW)[0])

    assert log.stat().st_size == 0


# -- databases --------------------------------------------------------------------------------------------------------


def test_a_database_is_vacuumed_while_somebody_has_it_open(place: Path) -> None:
    path = database(place / "logs" / "app.db")
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)
    reader = sqlite3.connect(path)
    before = reader.execute("SELECT count(*), sum(length(x)) FROM t").fetchone()

    done, repair = do(keeping, fix)

    assert fix.kind is FixKind.VACUUM
    assert done.freed > 3_000_000
    assert reader.execute("SELECT count(*), sum(length(x)) FROM t").fetchone() == before
    reader.close()
    keeping.restore(repair)
    assert path.stat().st_size > 3_000_000
    assert sqlite3.connect(path).execute("SELECT count(*), sum(length(x)) FROM t").fetchone() == before


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_reader_in_the_middle_of_a_query_is_not_disturbed(
    place: Path, journal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.runtime.sqlite_files.PATIENCE", 0.2)
    path = database(place / "logs" / "app.db")
    keeping = keeper(place)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute(f"PRAGMA journal_mode={journal}")
    fix = Fix(kind=FixKind.VACUUM, root=str(path.parent), path="app.db", frees=0)
    reader.execute("BEGIN")
    rows = reader.execute("SELECT rowid FROM t")
    first = rows.fetchone()

    if journal == "DELETE":  # nothing has changed, no backup is left over
        with pytest.raises(Refused, match="locked"):
            do(keeping, fix)
        assert list((place / "home" / "trash" / "files").iterdir()) == []
    else:
        assert do(keeping, fix)[1].kept

    assert [first, *rows.fetchall()] == [(number,) for number in range(1, 21)]
    reader.close()
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_that_has_changed_since_is_not_put_back(place: Path) -> None:
    path = database(place / "logs" / "app.db")
    keeping = keeper(place)
    _, repair = do(keeping, keeping.plan(NOW)[0])
    with sqlite3.connect(path) as base:
        base.execute("INSERT INTO t VALUES ('precious')")

    with pytest.raises(Refused, match="changed since"):
        keeping.restore(repair)

    assert sqlite3.connect(path).execute("SELECT count(*) FROM t WHERE x = 'precious'").fetchone() == (1,)


def test_a_damaged_database_is_left_alone(place: Path) -> None:
    path = database(place / "logs" / "app.db")
    broken = bytearray(path.read_bytes())
    broken[4096:12288] = b"\xff" * 8192
    path.write_bytes(broken)
    fix = Fix(kind=FixKind.VACUUM, root=str(path.parent), path="app.db", frees=0)

    with pytest.raises(Refused):
        do(keeper(place), fix)

    assert path.read_bytes() == broken
    assert list((place / "home" / "trash" / "files").iterdir()) == []


# -- traps ------------------------------------------------------------------------------------------------------------


def test_links_of_any_kind_lead_nowhere(place: Path) -> None:
    outside = place / "outside"
    outside.mkdir()
    target = old_log(outside / "precious.log")
    base = database(outside / "precious.db")
    logs = place / "logs"
    (logs / "link.log").symlink_to(target)
    (logs / "folder").symlink_to(outside)
    (logs / "link.db").symlink_to(base)
    os.link(target, logs / "hard.log")
    os.mkfifo(logs / "pipe.log")
    keeping = keeper(place)

    assert keeping.plan(NOW) == []
    for path, kind in [
        ("link.log", FixKind.TRASH),
        ("folder/precious.log", FixKind.TRASH),
        ("folder/precious.log", FixKind.ROTATE),
        ("hard.log", FixKind.ROTATE),
        ("pipe.log", FixKind.ROTATE),
        ("../outside/precious.log", FixKind.TRASH),
        (str(target), FixKind.TRASH),
        ("link.db", FixKind.VACUUM),
        ("folder/precious.db", FixKind.VACUUM),
    ]:
        with pytest.raises(Refused):
            do(keeping, Fix(kind=kind, root=str(logs), path=path, frees=0))
    assert target.read_text() == "a line\n" * 1000


def test_a_folder_that_became_a_link_meanwhile_is_noticed(place: Path) -> None:
    inner = place / "logs" / "inner"
    inner.mkdir()
    old_log(inner / "app.log")
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)
    outside = place / "outside"
    outside.mkdir()
    target = old_log(outside / "app.log", "precious\n")
    inner.rename(place / "logs" / "away")
    inner.symlink_to(outside)

    with pytest.raises(Refused, match="without links"):
        do(keeping, fix)

    assert target.read_text() == "precious\n"


def test_what_comes_back_does_not_follow_a_link_either(place: Path) -> None:
    inner = place / "logs" / "inner"
    inner.mkdir()
    old_log(inner / "app.log")
    keeping = keeper(place)
    _, repair = do(keeping, keeping.plan(NOW)[0])
    outside = place / "outside"
    outside.mkdir()
    inner.rmdir()
    inner.symlink_to(outside)

    with pytest.raises(Refused):
        keeping.restore(repair)

    assert list(outside.iterdir()) == []


def test_a_root_that_the_settings_do_not_name_is_refused(place: Path) -> None:
    other = place / "other"
    other.mkdir()
    old_log(other / "app.log")

    with pytest.raises(Refused, match="do not allow"):
        do(keeper(place), Fix(kind=FixKind.TRASH, root=str(other), path="app.log", frees=0))


def test_our_own_data_are_never_touched(place: Path) -> None:
    home = place / "logs" / "home"
    home.mkdir()
    old_log(home / "decisions.log")
    config = Config(home=home, zone=ZoneInfo("UTC"), log_roots=(place / "logs",))

    assert Housekeeping(config).plan(NOW) == []
