"""Bit flips, cuts and foreign bytes: all acknowledged data or a clear refusal, never a wrong value."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.model.task import Task
from storage import JournalStore, open_store, repair
from tests.storage.page_cache import PageCache

Clock = Callable[[], datetime]
MakeTask = Callable[..., Task]

BITS = range(8) if os.environ.get("JARVIS_SOAK") else (0, 5)


@pytest.fixture
def small(home: Path, clock: Clock, make_task: MakeTask) -> Path:
    """A journal of three transactions over a data file of one; returns its folder."""
    store = open_store(home, clock)
    for number in range(4):
        with store.transaction():
            store.tasks.put(f"task_{number}", make_task(number))
            store.marks.put("brief", clock())
        if number == 0:
            store.checkpoint()
    store._replica.close()
    (home / "data" / "journal.lock").unlink()
    return home / "data"


def titles(store: JournalStore) -> list[str]:
    return [f"{task.id} {task.title} {task.priority.value}" for task in store.tasks.all()]


def outcome(home: Path, clock: Clock) -> list[str] | str:
    """What an owner sees: the tasks, or the sentence of the refusal."""
    try:
        store = open_store(home, clock, disk=PageCache())
    except StoreUnavailable as error:
        return str(error)
    try:
        return titles(store)
    finally:
        store._replica.close()
        (home / "data" / "journal.lock").unlink()


WHOLE = [f"task_{number} Tidy up HIGH" for number in range(4)]


@pytest.mark.parametrize("name", ["journal.log", "build_queue.json", "marks.json"])
def test_a_flipped_bit(small: Path, clock: Clock, name: str) -> None:
    path = small / name
    good = path.read_bytes()
    used = len(good.rstrip(b"\0"))
    assert outcome(small.parent, clock) == WHOLE
    refused = 0
    for at in [*range(used), *range(used, len(good), 997)]:
        for bit in BITS:
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])
            seen = outcome(small.parent, clock)
            if isinstance(seen, str):
                refused += 1
                assert "damaged" in seen or "newer version" in seen, (at, bit)
                assert str(path) in seen or str(small) in seen
            else:
                assert seen == WHOLE, (at, bit)
    assert refused > used


@pytest.mark.slow
def test_a_journal_cut_at_any_byte_keeps_whole_transactions(small: Path, clock: Clock) -> None:
    path = small / "journal.log"
    good = path.read_bytes()
    ends = [at for at, byte in enumerate(good) if byte == ord("\n")]
    for at in range(ends[0] + 1, len(good.rstrip(b"\0")), 3):
        for rest in (b"", bytes(len(good) - at)):
            path.write_bytes(good[:at] + rest)
            whole = sum(end < at for end in ends[1:])
            assert outcome(small.parent, clock) == WHOLE[: 1 + whole], at
    kept = list(small.glob("journal.log.torn-*"))
    assert kept
    assert all(good.count(copy.read_bytes()) for copy in kept)


def test_sectors_that_never_reached_the_disk(home: Path, clock: Clock, make_task: MakeTask) -> None:
    """The machine went down while a long record was written, and its sectors got there in another order."""
    store = open_store(home, clock)
    with store.transaction():
        store.tasks.put("task_0", make_task(0))
    end = store._replica.end
    with store.transaction():
        store.tasks.put("task_1", make_task(1, "x" * 4000))
    store._replica.close()
    (home / "data" / "journal.lock").unlink()
    path = home / "data" / "journal.log"
    good = path.read_bytes()
    for sector in range(end // 512, len(good.rstrip(b"\0")) // 512):
        low, high = max(end, sector * 512), (sector + 1) * 512
        path.write_bytes(good[:low] + bytes(high - low) + good[high:])
        assert outcome(home, clock) == ["task_0 Tidy up HIGH"], sector


def test_a_lost_sector_in_the_middle_is_damage(home: Path, clock: Clock, make_task: MakeTask) -> None:
    """Good records follow, so this is no crash's doing: nothing may be cut."""
    store = open_store(home, clock)
    for number in range(3):
        with store.transaction():
            store.tasks.put(f"task_{number}", make_task(number, "x" * 2000))
    store._replica.close()
    (home / "data" / "journal.lock").unlink()
    path = home / "data" / "journal.log"
    good = path.read_bytes()
    for sector in range(1, good.index(b'"task_2"') // 512 - 1):
        path.write_bytes(good[: sector * 512] + bytes(512) + good[(sector + 1) * 512 :])
        assert "damaged" in outcome(home, clock), sector


def test_what_was_acknowledged_is_not_cut(home: Path, clock: Clock, make_task: MakeTask) -> None:
    store = open_store(home, clock)
    with store.transaction():
        store.tasks.put("task_0", make_task(0))
    store._replica.close()
    path = home / "data" / "journal.log"
    good = path.read_bytes().rstrip(b"\0")
    path.write_bytes(good[:-20])
    with pytest.raises(StoreUnavailable, match=r"damaged.*doctor --repair"):
        open_store(home, clock)
    assert path.read_bytes() == good[:-20]


def test_a_damaged_journal_is_noticed_while_running(store: JournalStore, clock: Clock, make_task: MakeTask) -> None:
    other = open_store(store.folder.parent, clock)
    with store.transaction():
        store.tasks.put("task_0", make_task(0))
    path = store.folder / "journal.log"
    good = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(len(good.rstrip(b"\0")) - 30)
        file.write(b"#")
    with pytest.raises(StoreUnavailable, match="damaged"):
        other.tasks.all()
    path.write_bytes(good)
    other.close()


def _change_by_hand(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize("name", ["build_queue.json", "journal.log"])
def test_a_file_that_is_gone(small: Path, clock: Clock, name: str) -> None:
    (small / name).unlink()
    seen = outcome(small.parent, clock)
    assert isinstance(seen, str)
    assert name in seen
    assert "missing" in seen


def test_a_data_file_from_yesterday(small: Path, clock: Clock, make_task: MakeTask) -> None:
    old = (small / "build_queue.json").read_bytes()
    store = open_store(small.parent, clock)
    store.checkpoint()
    store.close()
    (small / "build_queue.json").write_bytes(old)
    seen = outcome(small.parent, clock)
    assert isinstance(seen, str)
    assert "out of date" in seen


def test_a_data_file_that_is_newer_than_the_journal(small: Path, clock: Clock) -> None:
    folder = small.with_name("copy")
    shutil.copytree(small, folder)
    store = open_store(small.parent, clock)
    store.checkpoint()
    store.close()
    journal = (folder / "journal.log").read_bytes()
    first = journal.index(b"\n") + 1
    (small / "journal.log").write_bytes(journal[: journal.index(b"\n", first) + 1])
    (small / "journal.lock").unlink()
    seen = outcome(small.parent, clock)
    assert isinstance(seen, str)
    assert "newer than the journal" in seen


def test_the_message_names_the_bad_field(small: Path, clock: Clock) -> None:
    path = small / "build_queue.json"
    _change_by_hand(path, b'"hours":1.0', b'"hours":"x"')
    _fix_checksum(path)
    seen = outcome(small.parent, clock)
    assert isinstance(seen, str)
    assert "task_0 in tasks: Expected `float`, got `str` - at `$.hours`" in seen


def test_an_unknown_table_is_refused(small: Path, clock: Clock) -> None:
    path = small / "build_queue.json"
    _change_by_hand(path, b'"drafts": {', b'"poems": {')
    _fix_checksum(path)
    seen = outcome(small.parent, clock)
    assert isinstance(seen, str)
    assert "there is no table 'poems'" in seen


def _fix_checksum(path: Path) -> None:
    from zlib import crc32

    body = path.read_bytes()[:-25]
    path.write_bytes(body + b'"checksum": "%08x"\n}\n' % crc32(body))


def test_repair_of_what_is_sound_changes_nothing(small: Path, clock: Clock) -> None:
    before = {path.name: path.read_bytes() for path in small.iterdir()}
    report = repair(small.parent, clock)
    assert not report.needed
    (small / "journal.lock").unlink()
    assert {path.name: path.read_bytes() for path in small.iterdir()} == before


def test_repair_of_a_record_in_the_middle_loses_only_that(small: Path, clock: Clock) -> None:
    journal = small / "journal.log"
    _change_by_hand(journal, b'"id":"task_2"', b'"id":"task_#"')
    damaged = journal.read_bytes()
    assert "damaged" in outcome(small.parent, clock)
    report = repair(small.parent, clock)
    assert report.needed
    assert report.kept is not None
    assert (report.kept / "journal.log").read_bytes() == damaged
    assert report.lost == ["Of the changes 1 to 4, these can't be read: 3."]
    assert outcome(small.parent, clock) == [WHOLE[0], WHOLE[1], WHOLE[3]]


@pytest.mark.parametrize("how", ["flipped", "empty", "gone"])
def test_repair_of_a_data_file_uses_the_previous_one(small: Path, clock: Clock, how: str) -> None:
    store = open_store(small.parent, clock)
    store.checkpoint()
    store.close()
    path = small / "build_queue.json"
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(b"" if how == "empty" else path.read_bytes().replace(b"task_0", b"task_7"))
    assert path.name in outcome(small.parent, clock)
    report = repair(small.parent, clock)
    assert report.lost == []
    assert report.doubtful == []
    assert outcome(small.parent, clock) == WHOLE
    store = open_store(small.parent, clock)
    store.checkpoint()
    store.close()
    assert outcome(small.parent, clock) == WHOLE


def test_repair_takes_rows_from_a_damaged_file_when_there_is_nothing_better(small: Path, clock: Clock) -> None:
    path = small / "build_queue.json"
    path.write_bytes(path.read_bytes().replace(b'"checksum"', b'"check'))
    for name in ("journal.log.previous", "build_queue.json.previous"):
        (small / name).unlink(missing_ok=True)
    report = repair(small.parent, clock)
    assert report.doubtful == ["build_queue.json: 1 rows come from a damaged file. Look through them."]
    assert outcome(small.parent, clock) == WHOLE


def test_repair_without_a_journal(small: Path, clock: Clock) -> None:
    store = open_store(small.parent, clock)
    store.checkpoint()
    store.close()
    for name in ("journal.log", "journal.log.previous"):
        (small / name).unlink()
    repair(small.parent, clock)
    assert outcome(small.parent, clock) == WHOLE


def test_repair_is_noticed_by_a_process_that_runs(small: Path, clock: Clock, make_task: MakeTask) -> None:
    running = open_store(small.parent, clock)
    journal = small / "journal.log"
    _change_by_hand(journal, b'"id":"task_2"', b'"id":"task_#"')
    repair(small.parent, clock)
    assert len(running.tasks.all()) == 3
    with running.transaction():
        running.tasks.put("task_9", make_task(9))
    running.close()
    assert len(outcome(small.parent, clock)) == 4


def test_repair_where_there_is_nothing(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(StoreUnavailable, match="JARVIS_HOME"):
        repair(tmp_path / "nowhere", clock)
