"""Clean-ups among files that are not what they seem: nothing outside is touched, and one bad file stops no other."""

import contextlib
import fcntl
import gzip
import os
import random
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.errors import Refused
from core.model.config import Config
from core.model.ids import BuildId, RepairId
from core.model.problem import Fix, FixKind
from core.runtime.clock import utc_now
from core.runtime.housekeeping import Housekeeping
from core.runtime.local_executor import LocalExecutor
from core.runtime.probe import Surveyor, measure
from core.runtime.safe_files import files_below
from tests.core.runtime.test_housekeeping import NOW, OLD, ONE, database, do, keeper, large_log, old_log, place

__all__ = ["place"]

LINES = "a line that says something\n"


def fix_of(kind: FixKind, path: Path) -> Fix:
    return Fix(kind=kind, root=str(path.parent), path=path.name, frees=0)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def turning_into_a_link(folder: Path, outside: Path) -> Iterator[None]:
    """Another process swaps the folder for a link to another one, and back, for the length of the block."""
    swap = """
import os, random, sys, time
folder, outside = sys.argv[1:]
while os.path.exists(outside):
    os.rename(folder, folder + ".away")
    os.symlink(outside, folder)
    time.sleep(random.random() / 500)
    os.unlink(folder)
    os.rename(folder + ".away", folder)
    time.sleep(random.random() / 500)
"""
    with subprocess.Popen([sys.executable, "-c", swap, str(folder), str(outside)]) as swapping:
        try:
            yield
        finally:
            swapping.kill()


# -- names and kinds --------------------------------------------------------------------------------------------------


def test_odd_names_are_cleaned_up_or_left_alone_and_hold_nothing_up(place: Path) -> None:
    logs = place / "logs"
    odd = ["-rf.log", "a\nb.log", "ü.log", "%s {x} 'q' \"q\".log", f"{'x' * 245}.log"]
    for name in odd:
        old_log(logs / name, f"{name}\n")
    Path(os.fsdecode(os.fsencode(logs) + b"/\xff.log")).write_text(LINES)
    os.utime(os.fsencode(logs) + b"/\xff.log", (OLD, OLD))
    os.mkfifo(logs / "pipe.log")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(logs / "door.log"))
    keeping = keeper(place)

    repairs = [do(keeping, fix, RepairId(f"repair_{n}"))[1] for n, fix in enumerate(keeping.plan(NOW))]

    assert sorted(repair.fix.path for repair in repairs) == sorted(odd)
    assert names(logs) == ["door.log", "pipe.log", "\udcff.log"]
    for repair in repairs:
        assert Path(keeping.restore(repair)).read_text() == f"{repair.fix.path}\n"


def test_a_log_that_is_no_text_is_left_alone(place: Path) -> None:
    journal = place / "logs" / "000003.log"  # as key-value databases call their journals
    journal.write_bytes(b"\x12\x34\x56\x78\x20\x00\x01" + os.urandom(11_000_000))
    old = old_log(place / "logs" / "other.log")
    old.write_bytes(b"\x00\x01binary\x00\n")
    os.utime(old, (OLD, OLD))
    packed = place / "logs" / "app.log.2.gz"
    packed.write_bytes(gzip.compress(LINES.encode()))
    os.utime(packed, (OLD, OLD))

    assert [fix.path for fix in keeper(place).plan(NOW)] == ["app.log.2.gz"]


def test_a_large_file_of_holes_takes_no_space_and_is_no_large_log(place: Path) -> None:
    with (place / "logs" / "app.log").open("wb") as log:
        log.truncate(5_000_000_000)

    assert keeper(place).plan(NOW) == []


def test_a_log_with_a_hole_before_its_lines_is_rotated_without_it(place: Path) -> None:
    log = place / "logs" / "app.log"
    with log.open("wb") as file:  # somebody has truncated it, and its writer went on at its own place
        file.seek(3_000_000_000)
        file.write(LINES.encode() * 500_000)
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)

    _, repair = do(keeping, fix)

    assert gzip.decompress(Path(repair.kept).read_bytes()) == LINES.encode() * 500_000
    assert log.stat().st_size == 0


def test_the_last_line_without_an_end_stays(place: Path) -> None:
    log = large_log(place / "logs" / "app.log")
    with log.open("a") as file:
        file.write("half a li")
    keeping = keeper(place)

    do(keeping, keeping.plan(NOW)[0])

    assert log.read_bytes().lstrip(b"\0") == b"half a li"


def test_a_log_without_a_single_line_end_is_refused_and_stays(place: Path) -> None:
    log = place / "logs" / "app.log"
    log.write_text("x" * 11_000_000)
    keeping = keeper(place)

    with pytest.raises(Refused, match="no whole line"):
        do(keeping, keeping.plan(NOW)[0])

    assert log.stat().st_size == 11_000_000


def test_folders_within_folders_without_end_are_not_followed_to_their_end(place: Path) -> None:
    handle = os.open(place / "logs", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    old_log(place / "logs" / "app.log")

    assert [path for path, _ in files_below(place / "logs")] == ["app.log"]
    subprocess.run(["rm", "-rf", str(place / "logs")], check=True)


# -- the way to a file ------------------------------------------------------------------------------------------------


def test_a_root_that_became_a_link_is_not_followed(place: Path) -> None:
    keeping = keeper(place)
    old_log(place / "logs" / "app.log")
    (fix,) = keeping.plan(NOW)
    outside = place / "outside"
    outside.mkdir()
    precious = old_log(outside / "app.log", "precious\n")
    base = database(outside / "app.db")
    (place / "logs").rename(place / "away")
    (place / "logs").symlink_to(outside)

    assert keeping.plan(NOW) == []
    with pytest.raises(Refused, match="without links"):
        do(keeping, fix)
    with pytest.raises(Refused, match="without links"):
        do(keeping, fix_of(FixKind.VACUUM, place / "logs" / base.name))
    assert precious.read_text() == "precious\n"


@pytest.mark.parametrize("kind", ["loop", "gone", "file"])
def test_a_root_that_is_nothing_is_no_trouble(place: Path, kind: str) -> None:
    root = place / "root"
    if kind == "loop":
        root.symlink_to(root)
    elif kind == "file":
        root.write_text("no folder")
    config = Config(home=place, zone=ZoneInfo("UTC"), log_roots=(root,), database_roots=(root,), watch_paths=(root,))

    assert Housekeeping(config).plan(NOW) == []
    assert "disk" in Surveyor(config, lambda now: measure(place, now)).sample(NOW).values


def test_overlapping_roots_name_each_file_once_and_never_what_is_ours(place: Path) -> None:
    inner = place / "logs" / "inner"
    home = place / "logs" / "home"
    for folder in (inner, home):
        folder.mkdir()
        old_log(folder / "app.log")
    roots = (place / "logs", inner, place / "logs", home)

    (fix,) = Housekeeping(Config(home=home, zone=ZoneInfo("UTC"), log_roots=roots)).plan(NOW)

    assert (fix.root, fix.path) == (str(place / "logs"), "inner/app.log")


def test_folders_that_turn_into_links_all_the_time_lead_nowhere(place: Path) -> None:
    """Somebody swaps the folder for a link to another one while we plan, rotate, and put away."""
    logs, outside = place / "logs", place / "outside"
    for folder in (logs / "inner", outside):
        folder.mkdir()
        old_log(folder / "app.log", LINES)
        (folder / "large.log").write_text(LINES * 1000)
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    keeping, rng = keeper(place), random.Random(7)
    with turning_into_a_link(logs / "inner", outside):
        for number in range(1000):
            kind = rng.choice([FixKind.TRASH, FixKind.ROTATE])
            fix = Fix(kind=kind, root=str(logs), path=rng.choice(["inner/app.log", "inner/large.log"]), frees=0)
            with contextlib.suppress(Refused):
                _, repair = do(keeping, fix, RepairId(f"repair_{number}"))
                keeping.restore(repair)

    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before


def test_what_was_set_aside_before_is_never_overwritten(place: Path) -> None:
    log = large_log(place / "logs" / "app.log")
    older = place / "logs" / "app.log.repair_1.gz"  # of an installation whose numbers began anew since
    older.write_bytes(b"precious")
    keeping = keeper(place)

    with pytest.raises(Refused, match="exists"):
        do(keeping, keeping.plan(NOW)[0])

    assert older.read_bytes() == b"precious"
    assert log.read_text() == LINES * 500_000


@pytest.mark.parametrize("kind", [FixKind.TRASH, FixKind.VACUUM])
def test_what_lies_in_the_trash_already_is_never_overwritten_nor_deleted(place: Path, kind: FixKind) -> None:
    old_log(place / "logs" / "app.log")
    database(place / "logs" / "app.db")
    keeping = keeper(place)
    fix = next(one for one in keeping.plan(NOW) if one.kind is kind)
    older = Path(keeping.keep_at(ONE, fix))
    older.parent.mkdir(parents=True)
    older.write_bytes(b"precious")  # the data were brought back to a state before that clean-up

    with pytest.raises(Refused, match="exists"):
        do(keeping, fix)

    assert older.read_bytes() == b"precious"


def test_a_file_that_may_not_be_deleted_stays_and_leaves_no_copy(place: Path) -> None:
    log = old_log(place / "logs" / "app.log")
    if subprocess.run(["chattr", "+i", str(log)], capture_output=True, check=False).returncode != 0:
        pytest.skip("this file system has no immutable files, or we may not make one")
    keeping = keeper(place)
    try:
        with pytest.raises(Refused):
            do(keeping, keeping.plan(NOW)[0])
    finally:
        subprocess.run(["chattr", "-i", str(log)], check=True)

    assert log.exists()
    assert list((place / "home" / "trash" / "files").iterdir()) == []


def test_logs_of_others_are_left_alone(place: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(old_log(place / "logs" / "app.log"), 65534, -1)

    assert keeper(place).plan(NOW) == []


# -- who else is there ------------------------------------------------------------------------------------------------


def test_who_opens_an_old_log_while_it_is_put_away_keeps_it(place: Path) -> None:
    log = old_log(place / "logs" / "app.log", LINES * 400_000)
    keeping = keeper(place)
    (fix,) = keeping.plan(NOW)
    writer = "import sys; log = open(sys.argv[1], 'a'); log.write('late\\n'); log.close()"
    outcome: list[object] = []

    def act() -> None:
        try:
            outcome.append(do(keeping, fix))
        except Refused as error:
            outcome.append(error)

    acting = threading.Thread(target=act)
    acting.start()
    subprocess.run([sys.executable, "-c", writer, str(log)], check=True)
    acting.join()

    assert log.read_text().endswith("late\n"), outcome


def test_two_that_clean_up_at_once_do_it_one_after_the_other(place: Path) -> None:
    keeping = keeper(place)
    order = []

    def other() -> None:
        with keeping.alone():
            order.append("other")

    with keeping.alone():
        waiting = threading.Thread(target=other)
        waiting.start()
        with (place / "home" / "trash" / "files" / "lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        order.append("first")
    waiting.join()

    assert order == ["first", "other"]


def test_measuring_takes_no_lock_from_a_vacuum(place: Path) -> None:
    """SQLite's locks end when any thread of the process closes the file, even one that has only looked into it."""
    path = database(place / "logs" / "app.db", rows=8000)
    keeping = keeper(place)
    config = Config(home=place, zone=ZoneInfo("UTC"), database_roots=(place / "logs",))
    surveyor = Surveyor(config, lambda now: measure(place, now))
    over = threading.Event()
    looked = []

    def look() -> None:
        while not over.is_set():
            looked.append(surveyor.sample(utc_now()).values[f"databases:{path.parent}"])

    looking = threading.Thread(target=look)
    looking.start()
    write = """
import sqlite3, sys
base = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
for number in range(200):
    base.execute("INSERT INTO t VALUES (?)", (f"row {number}",))
"""
    try:
        with subprocess.Popen([sys.executable, "-c", write, str(path)]) as writer, contextlib.suppress(Refused):
            do(keeping, fix_of(FixKind.VACUUM, path))
        assert writer.returncode == 0
    finally:
        over.set()
        looking.join()

    base = sqlite3.connect(path)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert base.execute("SELECT count(*) FROM t WHERE typeof(x) = 'text'").fetchone() == (200,)
    assert looked


# -- databases --------------------------------------------------------------------------------------------------------


def test_a_plan_leaves_nothing_beside_a_database(place: Path) -> None:
    database(place / "logs" / "app.db", "WAL")

    (fix,) = keeper(place).plan(NOW)

    assert fix.frees > 3_000_000
    assert names(place / "logs") == ["app.db"]


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_backup_is_one_file_and_goes_with_all_of_it(place: Path, journal: str) -> None:
    path = database(place / "logs" / "app.db", journal)
    keeping, trash = keeper(place), place / "home" / "trash" / "files"
    _, repair = do(keeping, keeping.plan(NOW)[0])

    assert names(trash) == ["repair_1.sqlite"]
    keeping.restore(repair)
    assert names(trash) == ["repair_1.sqlite"]
    keeping.purge(repair)
    assert names(trash) == []
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == (journal.lower(),)


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm"])
def test_a_link_beside_a_database_leads_nowhere(place: Path, end: str) -> None:
    path = database(place / "logs" / "app.db", "DELETE" if end == "-journal" else "WAL")
    precious = place / "precious"
    precious.write_bytes(b"precious" * 1000)
    Path(f"{path}{end}").symlink_to(precious)
    keeping = keeper(place)

    assert keeping.plan(NOW) == []
    with pytest.raises(Refused):
        do(keeping, fix_of(FixKind.VACUUM, path))
    assert precious.read_bytes() == b"precious" * 1000


def test_a_database_whose_writer_is_at_work_is_left_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.runtime.sqlite_files.PATIENCE", 0.2)
    path = database(place / "logs" / "app.db")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    writer.execute("INSERT INTO t VALUES ('mine')")

    with pytest.raises(Refused, match="locked"):
        do(keeper(place), fix_of(FixKind.VACUUM, path))

    writer.execute("COMMIT")
    assert writer.execute("SELECT count(*) FROM t").fetchone() == (21,)
    assert names(place / "home" / "trash" / "files") == []


def test_a_database_is_not_put_back_under_a_reader_and_nobody_waits_for_ever(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.runtime.sqlite_files.PATIENCE", 0.2)
    path = database(place / "logs" / "app.db")
    keeping = keeper(place)
    _, repair = do(keeping, keeping.plan(NOW)[0])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM t").fetchone()

    with pytest.raises(Refused):
        keeping.restore(repair)

    reader.execute("ROLLBACK")
    assert path.stat().st_size < 1_000_000
    keeping.restore(repair)
    assert path.stat().st_size > 3_000_000


def test_what_a_crashed_program_left_half_written_is_rolled_back_first(place: Path) -> None:
    path = database(place / "logs" / "app.db")
    crash = """
import os, sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA cache_size=1")
base.execute("BEGIN")
base.execute("UPDATE t SET x = zeroblob(4000)")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", crash, str(path)], check=True)
    assert Path(f"{path}-journal").exists()
    keeping = keeper(place)

    do(keeping, keeping.plan(NOW)[0])

    base = sqlite3.connect(path)
    assert base.execute("SELECT count(*) FROM t WHERE x = zeroblob(4000)").fetchone() == (0,)


def test_what_is_no_database_by_its_content_is_left_alone(place: Path) -> None:
    (place / "logs" / "secret.db").write_bytes(os.urandom(2_000_000))
    (place / "logs" / "short.db").write_bytes(b"SQLite format 3\0")
    torn = database(place / "logs" / "torn.db")
    os.truncate(torn, 2_000_000)
    keeping = keeper(place)

    for path in sorted((place / "logs").iterdir()):
        before = path.read_bytes()
        with pytest.raises(Refused):
            do(keeping, fix_of(FixKind.VACUUM, path))
        assert path.read_bytes() == before
    assert names(place / "home" / "trash" / "files") == []


def test_a_change_in_the_log_of_a_database_counts_as_one(place: Path) -> None:
    path = database(place / "logs" / "app.db", "WAL")
    keeping = keeper(place)
    _, repair = do(keeping, keeping.plan(NOW)[0])
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("INSERT INTO t VALUES ('precious')")

    with pytest.raises(Refused, match="changed since"):
        keeping.restore(repair)

    assert writer.execute("SELECT count(*) FROM t").fetchone() == (21,)


# -- small disks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["logs", "home/trash/files"])
def test_a_full_disk_changes_nothing_and_leaves_nothing(place: Path, where: str) -> None:
    with small_disk(place / where, "9m" if where == "logs" else "40k") as disk:
        log, base = old_log(place / "logs" / "old.log"), database(place / "logs" / "app.db")
        noise = "".join(random.Random(1).choices("abcdefgh\n", k=500_000))
        log.write_text(noise)
        os.utime(log, (OLD, OLD))
        now = place / "logs" / "now.log"
        now.write_text(noise)
        keeping = keeper(place)
        with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(b"x" * 4096):
                pass
        rest = set(disk.iterdir())
        before = base.read_bytes()

        tried = [(FixKind.VACUUM, base)]
        tried.append((FixKind.ROTATE, now) if where == "logs" else (FixKind.TRASH, log))
        for kind, path in tried:
            with pytest.raises(Refused, match=r"room|space|full"):
                do(keeping, fix_of(kind, path))

        assert (log.read_text(), now.read_text(), base.read_bytes()) == (noise, noise, before)
        assert set(disk.iterdir()) == rest


def test_the_trash_may_lie_on_another_disk(place: Path) -> None:
    with small_disk(place / "logs", "30m"):
        old_log(place / "logs" / "old.log")
        base = database(place / "logs" / "app.db")
        keeping = keeper(place)
        repairs = [do(keeping, fix, RepairId(f"repair_{n}"))[1] for n, fix in enumerate(keeping.plan(NOW))]

        assert len(repairs) == 2
        assert [path.name for path in (place / "logs").iterdir()] == ["app.db"]
        for repair in repairs:
            keeping.restore(repair)
        assert (place / "logs" / "old.log").read_text() == "a line\n" * 1000
        assert base.stat().st_size > 3_000_000


def test_no_room_to_restore_is_said_and_it_can_be_tried_again(place: Path) -> None:
    with small_disk(place / "logs", "3m") as disk:
        log = old_log(disk / "app.log", LINES * 60_000)
        keeping = keeper(place)
        _, repair = do(keeping, keeping.plan(NOW)[0])
        (disk / "ballast").write_bytes(b"x" * 2_500_000)

        with pytest.raises(Refused, match="space"):
            keeping.restore(repair)

        assert [path.name for path in disk.iterdir()] == ["ballast"]
        (disk / "ballast").unlink()
        keeping.restore(repair)
        assert log.read_text() == LINES * 60_000


def test_a_disk_that_may_only_be_read_is_not_planned_for(place: Path) -> None:
    with small_disk(place / "logs", "30m") as disk:
        old_log(disk / "app.log")
        database(disk / "app.db")
        assert len(keeper(place).plan(NOW)) == 2
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        assert keeper(place).plan(NOW) == []
        for kind, name in ((FixKind.TRASH, "app.log"), (FixKind.ROTATE, "app.log"), (FixKind.VACUUM, "app.db")):
            with pytest.raises(Refused):
                do(keeper(place), fix_of(kind, disk / name))


# -- our own ----------------------------------------------------------------------------------------------------------


def test_our_own_old_logs_are_packed_where_they_are_and_come_back(place: Path) -> None:
    keeping = keeper(place)
    run = place / "home" / "runs" / "task_1-1"
    for folder, ended in ((run, True), (run.with_name("task_2-1"), False)):
        folder.mkdir(parents=True)
        log = folder / "output.log"
        log.write_text("said by the agent\n" * 50_000)
        week = (NOW - timedelta(days=8)).timestamp()
        os.utime(log, (week, week))
        if ended:
            (folder / "result.json").write_text("{}")

    (fix,) = keeping.plan(NOW)
    done, repair = do(keeping, fix, ONE)

    assert (fix.kind, fix.path) == (FixKind.PACK, "runs/task_1-1/output.log")
    assert done.freed > 800_000
    assert names(run) == ["output.log.gz", "result.json"]
    assert keeping.plan(NOW) == []
    shown = LocalExecutor(place / "home", utc_now).log(BuildId("task_1-1"), offset=-18)
    assert (shown.data, shown.size) == (b"said by the agent\n", 900_000)
    keeping.purge(repair)
    assert keeping.restore(repair) == str(run / "output.log")
    assert names(run) == ["output.log", "result.json"]


# -- databases that are written to ------------------------------------------------------------------------------------

INSERTING = """
import sqlite3, sys, time
base = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
for number in range(300):
    base.execute("INSERT INTO t VALUES (?)", (f"row {number}",))
    if number % 20 == 0:
        base.execute("INSERT INTO t VALUES (zeroblob(3000000))")
        base.execute("DELETE FROM t WHERE length(x) = 3000000")
        time.sleep(0.02)
"""


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_no_row_is_lost_when_a_database_is_vacuumed_and_put_back_while_it_is_written_to(
    place: Path, journal: str
) -> None:
    path = database(place / "logs" / "app.db", journal, rows=100)
    keeping, fix = keeper(place), fix_of(FixKind.VACUUM, path)
    outcomes = set()

    with subprocess.Popen([sys.executable, "-c", INSERTING, str(path)]) as writer:
        number = 0
        while writer.poll() is None:
            number += 1
            try:
                _, repair = do(keeping, fix, RepairId(f"repair_{number}"))
                keeping.restore(repair)
                outcomes.add("restored")
            except Refused as error:
                outcomes.add("changed since" if "changed since" in str(error) else "refused")

    assert writer.returncode == 0
    base = sqlite3.connect(path)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert base.execute("SELECT count(DISTINCT x) FROM t WHERE typeof(x) = 'text'").fetchone() == (300,)
    assert outcomes


def test_a_database_whose_folder_turns_into_a_link_all_the_time_stays_the_one_that_is_changed(place: Path) -> None:
    logs, outside = place / "logs", place / "outside"
    for folder in (logs / "inner", outside):
        folder.mkdir()
        database(folder / "app.db", rows=100)
    before = (outside / "app.db").read_bytes()
    keeping = keeper(place)
    fix = Fix(kind=FixKind.VACUUM, root=str(logs), path="inner/app.db", frees=0)
    with turning_into_a_link(logs / "inner", outside):
        for number in range(500):
            with contextlib.suppress(Refused):
                _, repair = do(keeping, fix, RepairId(f"repair_{number}"))
                keeping.restore(repair)

    assert (outside / "app.db").read_bytes() == before
    assert names(outside) == ["app.db"]
