"""What stands in the folder: names, shapes, rights; backup, archive and old versions."""

import json
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest

from core.errors import StoreUnavailable
from core.model.ids import BuildId, TaskId
from core.model.task import (
    Cancelled,
    Category,
    Completed,
    Discarded,
    DoneByHand,
    Failed,
    Merged,
    Priority,
    Queued,
    Rejected,
    Split,
    Task,
    TaskState,
    Unmerged,
)
from storage import JournalStore, backup, open_store, restore
from storage.migrations import STEPS

Clock = Callable[[], datetime]
MakeTask = Callable[..., Task]

PAST_VERSIONS = Path(__file__).parent / "data"


def test_data_files_are_json_for_people(store: JournalStore, make_task: MakeTask, clock: Clock) -> None:
    with store.transaction():
        store.tasks.put("task_1", make_task(1, "Grüße an „alle“\n"))
        store.marks.put("brief", clock())
        store.number("task")
    store.checkpoint()
    queue = json.loads((store.folder / "build_queue.json").read_text())
    assert (queue["version"], queue["through"]) == (1, 1)
    assert queue["tables"]["tasks"]["task_1"]["title"] == "Grüße an „alle“\n"
    assert queue["tables"]["tasks"]["task_1"]["state"] == {
        "state": "queued",
        "since": "2025-03-01T12:00:00Z",
        "not_before": None,
        "held": "",
    }
    marks = json.loads((store.folder / "marks.json").read_text())["tables"]
    assert marks == {"marks": {"brief": "2025-03-01T12:00:00Z"}, "sequences": {"task": 1}}
    assert not (store.folder / "projects.json").exists()
    if shutil.which("jq"):
        command = ["jq", "-r", ".tables.tasks.task_1.title", str(store.folder / "build_queue.json")]
        assert "Grüße" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_previous_files_and_journal_are_a_second_copy(store: JournalStore, make_task: MakeTask) -> None:
    """However the checkpoints fall, previous file + previous journal + journal hold everything."""
    for number in range(6):
        if number != 3:
            with store.transaction():
                store.tasks.put(f"task_{number}", make_task(number))
        if number > 0:
            store.checkpoint()
        if number > 1:
            previous = json.loads((store.folder / "build_queue.json.previous").read_text())
            header = json.loads((store.folder / "journal.log.previous").read_bytes().split(b"\n")[0][18:])
            assert previous["through"] >= header["files"].get("build_queue.json", 0)


def test_rights(home: Path, clock: Clock, make_task: MakeTask) -> None:
    old = os.umask(0)
    try:
        store = open_store(home, clock)
        for number in range(2):
            with store.transaction():
                store.tasks.put("task_1", make_task(number))
            store.checkpoint()
        store.close()
        backup(home, home / "backup.json", clock)
    finally:
        os.umask(old)
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) >= 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_no_temporary_file_is_left(store: JournalStore, make_task: MakeTask) -> None:
    for number in range(3):
        with store.transaction():
            store.tasks.put("task_1", make_task(number))
        store.checkpoint()
    assert not [path for path in store.folder.iterdir() if path.suffix in (".new", ".next")]


def test_backup_and_restore(home: Path, clock: Clock, make_task: MakeTask, tmp_path: Path) -> None:
    running = open_store(home, clock)
    with running.transaction():
        for number in (2, 1):
            running.tasks.put(f"task_{number}", make_task(number))
        running.number("task")
        running.marks.put("brief", clock())
    file = tmp_path / "backup.json"
    assert backup(home, file, clock) == 4
    before = list(running.tasks.items().items())
    with running.transaction():
        running.tasks.remove("task_1")
        running.tasks.put("task_3", make_task(3))
        running.number("task")
    kept = restore(home, file, clock)
    assert list(running.tasks.items().items()) == before
    assert running.marks.get("brief") == clock()
    with running.transaction():
        assert running.number("task") == 2
    assert set(json.loads(kept.read_text())["tables"]["tasks"]) == {"task_2", "task_3"}
    restore(home, kept, clock)
    assert list(running.tasks.items()) == ["task_2", "task_3"]
    running.close()


def test_a_bad_backup_changes_nothing(store: JournalStore, make_task: MakeTask, clock: Clock, tmp_path: Path) -> None:
    home = store.folder.parent
    with store.transaction():
        store.tasks.put("task_1", make_task(1))
    file = tmp_path / "backup.json"
    backup(home, file, clock)
    good = file.read_bytes()
    for bad in (good[:-1], good.replace(b"HIGH", b"HUGE"), b"", b"{}"):
        file.write_bytes(bad)
        with pytest.raises(StoreUnavailable, match="is no backup, or damaged") as told:
            restore(home, file, clock)
        assert "doctor" not in str(told.value)  # it would look at the data that are in use
    with pytest.raises(StoreUnavailable, match="can't be read"):
        restore(home, tmp_path / "nothing.json", clock)
    with pytest.raises(StoreUnavailable, match="can't be written"):
        backup(home, tmp_path / "no folder" / "backup.json", clock)
    assert store.tasks.all() == [make_task(1)]


LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        (Queued(since=LONG_AGO), False),
        (Completed(build=BuildId("task_1-1"), at=LONG_AGO, delivery=Unmerged()), False),
        (Completed(build=BuildId("task_1-1"), at=LONG_AGO, delivery=Merged(commit="c", at=LONG_AGO, by=None)), True),
        (Completed(build=BuildId("b"), at=LONG_AGO, delivery=Discarded(bundle="b", at=LONG_AGO, by=None)), True),
        (Failed(build=BuildId("task_1-1"), at=LONG_AGO, reason="r"), True),
        (Rejected(at=LONG_AGO, by=None), True),
        (Cancelled(at=LONG_AGO, by=None), True),
        (Split(at=LONG_AGO, by=None, phases=(TaskId("task_2"),)), True),
        (DoneByHand(at=LONG_AGO, by=None), True),
        (Cancelled(at=datetime(2024, 12, 2, 12, 0, 1, tzinfo=UTC), by=None), False),
    ],
)
def test_what_moves_to_the_archive(
    store: JournalStore, make_task: MakeTask, clock: Clock, state: TaskState, moves: bool
) -> None:
    with store.transaction():
        store.tasks.put("task_1", make_task(1, state=state))
        store.tasks.put("task_2", make_task(2))
    assert store.archive_finished(clock()) == moves
    assert (store.tasks.get("task_1") is None) == moves
    assert (store.archived_tasks.get("task_1") is not None) == moves
    assert store.archive_finished(clock()) == 0


def test_what_an_unfinished_task_waits_for_stays(store: JournalStore, make_task: MakeTask, clock: Clock) -> None:
    waiting = Task(
        id=TaskId("task_2"),
        title="waits",
        hours=1.0,
        category=Category.BUG,
        priority=Priority.LOW,
        depends=(TaskId("task_1"),),
        created_at=LONG_AGO,
        state=Queued(since=LONG_AGO),
    )
    with store.transaction():
        store.tasks.put("task_1", make_task(1, state=Rejected(at=LONG_AGO, by=None)))
        store.tasks.put("task_2", waiting)
        store.tasks.put("task_3", make_task(3, state=Rejected(at=LONG_AGO, by=None)))
    assert store.archive_finished(clock()) == 1
    assert store.tasks.get("task_1") is not None


def test_the_phases_of_what_an_unfinished_task_waits_for_stay(
    store: JournalStore, make_task: MakeTask, clock: Clock
) -> None:
    by_hand = DoneByHand(at=LONG_AGO, by=None)
    with store.transaction():
        store.tasks.put("task_1", make_task(1, state=Split(at=LONG_AGO, by=None, phases=(TaskId("task_3"),))))
        store.tasks.put("task_2", msgspec.structs.replace(make_task(2), depends=(TaskId("task_1"),)))
        store.tasks.put("task_3", make_task(3, state=by_hand))
        store.tasks.put("task_4", make_task(4, state=by_hand))
    assert store.archive_finished(clock()) == 1
    assert {task.id for task in store.tasks.all()} == {"task_1", "task_2", "task_3"}


@pytest.mark.parametrize("version", sorted(path.name for path in PAST_VERSIONS.iterdir()))
def test_a_state_of_every_past_version_loads(home: Path, clock: Clock, version: str) -> None:
    shutil.copytree(PAST_VERSIONS / version, home / "data")
    store = open_store(home, clock)
    expected = json.loads((home / "data" / "expected.json").read_text())
    for name, rows in expected.items():
        file = next(file for file in ("build_queue", "marks", "people", "projects") if name in store.db(file).tables())
        found: dict[str, Any] = {str(row.doc_id): dict(row) for row in store.db(file).table(name)}
        # Fields that are newer than the file have their default; all others are as they were written.
        plain = json.loads(json.dumps(found))
        assert _as_far_as(rows, plain) == rows
        assert plain.keys() == rows.keys()
    store.close()


def _as_far_as(known: object, found: object) -> object:
    """What was found, without the fields that are not known, however deep they stand."""
    if isinstance(known, dict) and isinstance(found, dict):
        return {name: _as_far_as(value, found.get(name)) for name, value in known.items()}
    return found


def _write_version_0(folder: Path) -> None:
    """Data as an imagined older layout had them: titles were called `name`, and tasks lay in `todo`."""

    def line(value: object) -> bytes:
        payload = json.dumps(value).encode()
        length = b"%08x" % len(payload)
        return b"%b %08x %b\n" % (length, crc32(payload, crc32(length)), payload)

    def row(number: int) -> dict[str, object]:
        at = "2025-01-01T00:00:00Z"
        state = {"state": "queued", "since": at}
        kind = {"category": "Bug fixes", "priority": "LOW"}
        return {"id": f"task_{number}", "name": f"old {number}", "hours": 1, "created_at": at, "state": state, **kind}

    folder.mkdir(parents=True)
    body = b'{"version": 0, "through": 4, "tables": {"tasks": %b},\n' % json.dumps({"task_1": row(1)}).encode()
    (folder / "build_queue.json").write_bytes(body + b'"checksum": "%08x"\n}\n' % crc32(body))
    at = {"at": "2025-01-01T00:00:00Z"}
    header = {"journal": 1, "id": 77, "version": 0, "base": 4, "files": {"build_queue.json": 4}, **at}
    changes = [["put", "tasks", "task_2", row(2)], ["put", "tasks", "task_3", row(3)], ["remove", "tasks", "task_3"]]
    (folder / "journal.log").write_bytes(line(header) + line({"n": 5, "changes": changes, **at}) + bytes(64))


def test_old_data_are_brought_up_to_date(home: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(documents: dict[str, dict[str, Any]]) -> None:
        for task in documents["tasks"].values():
            task["title"] = task.pop("name")

    _write_version_0(home / "data")
    with pytest.raises(StoreUnavailable, match="too old"):
        open_store(home, clock)
    monkeypatch.setitem(STEPS, 0, rename)
    store = open_store(home, clock)
    assert [task.title for task in store.tasks.all()] == ["old 1", "old 2"]
    store.checkpoint()
    store.close()
    monkeypatch.delitem(STEPS, 0)
    store = open_store(home, clock)
    assert [task.title for task in store.tasks.all()] == ["old 1", "old 2"]
    store.close()


def test_data_of_a_newer_version_are_refused(home: Path, clock: Clock) -> None:
    open_store(home, clock).close()
    path = home / "data" / "journal.log"
    header = json.loads(path.read_bytes().split(b"\n")[0][18:])
    payload = json.dumps({**header, "version": 2}).encode()
    length = b"%08x" % len(payload)
    path.write_bytes(b"%b %08x %b\n" % (length, crc32(payload, crc32(length)), payload))
    (home / "data" / "journal.lock").unlink()
    with pytest.raises(StoreUnavailable, match="newer version of Jarvis"):
        open_store(home, clock)


def test_opening_nothing_is_quick(tmp_path: Path, clock: Clock) -> None:
    times = []
    for number in range(9):
        begin = time.perf_counter()
        store = open_store(tmp_path / str(number), clock)
        times.append(time.perf_counter() - begin)
        store.close()
    assert sorted(times)[4] < 0.1


def test_a_folder_that_cannot_be_made(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="can't be made"):
        open_store(tmp_path / "file", clock)


def test_moments_far_apart(store: JournalStore) -> None:
    moments = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC) - timedelta(days=1)]
    with store.transaction():
        for number, moment in enumerate(moments):
            store.marks.put(str(number), moment)
    store.checkpoint()
    again = open_store(store.folder.parent, lambda: moments[0])
    assert again.marks.all() == moments
    again.close()
