"""The store: typed tables and transactions over them."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import StoreUnavailable
from storage import schema
from storage.archive import archive_finished
from storage.checkpoint import checkpoint, is_due, is_due_at_close
from storage.disk import Disk, in_plain_words
from storage.replica import Replica
from storage.rows import Rows, Transaction
from storage.schema import Row, TableSpec
from storage.tiny import JournalDB

Clock = Callable[[], datetime]


class JournalStore:
    """Implements `core.ports.Store`. Made by `open_store`; for any number of threads and processes at once.

    Threads of one process see only what is committed; a transaction belongs to the thread that opened it.
    """

    def __init__(self, folder: Path, clock: Clock, disk: Disk, patience: float) -> None:
        self.folder = folder
        self._replica = Replica(folder, clock, disk, patience)
        self._transaction: Transaction | None = None
        self._block = _Block(self)
        self._tidying: threading.Thread | None = None
        self._closed = False
        self.tasks = self.table(schema.TASKS)
        self.drafts = self.table(schema.DRAFTS)
        self.builds = self.table(schema.BUILDS)
        self.limits = self.table(schema.LIMITS)
        self.approvals = self.table(schema.APPROVALS)
        self.rules = self.table(schema.RULES)
        self.suggestions = self.table(schema.SUGGESTIONS)
        self.contexts = self.table(schema.CONTEXTS)
        self.places = self.table(schema.PLACES)
        self.sessions = self.table(schema.SESSIONS)
        self.throttle = self.table(schema.THROTTLE)
        self.timetable = self.table(schema.TIMETABLE)
        self.preferences = self.table(schema.PREFERENCES)
        self.pauses = self.table(schema.PAUSES)
        self.audit = self.table(schema.AUDIT)
        self.moments = self.table(schema.MOMENTS)
        self.patterns = self.table(schema.PATTERNS)
        self.projects = self.table(schema.PROJECTS)
        self.owners = self.table(schema.OWNERS)
        self.chats = self.table(schema.CHATS)
        self.chat_settings = self.table(schema.CHAT_SETTINGS)
        self.notifications = self.table(schema.NOTIFICATIONS)
        self.marks = self.table(schema.MARKS)
        self.metrics = self.table(schema.METRICS)
        self.days = self.table(schema.DAYS)
        self.problems = self.table(schema.PROBLEMS)
        self.repairs = self.table(schema.REPAIRS)
        self.weekends = self.table(schema.WEEKENDS)
        self.measurements = self.table(schema.MEASUREMENTS)
        self.corrections = self.table(schema.CORRECTIONS)
        self.questions = self.table(schema.QUESTIONS)
        self.lessons = self.table(schema.LESSONS)
        self.improvements = self.table(schema.IMPROVEMENTS)
        self.archived_tasks = self.table(schema.ARCHIVED_TASKS)
        self.archived_builds = self.table(schema.ARCHIVED_BUILDS)
        self.archived_approvals = self.table(schema.ARCHIVED_APPROVALS)
        self._sequences = self.table(schema.SEQUENCES)

    def table(self, spec: TableSpec[Row]) -> Rows[Row]:
        """The table of that description."""
        return Rows(self, spec)

    def tables_of(self, file: str) -> dict[str, Rows[Any]]:
        """The tables of a data file by name."""
        return {spec.name: self.table(spec) for spec in schema.tables_in(file)}

    def db(self, name: str) -> JournalDB:
        """A data file as a TinyDB database: `store.db("build_queue").table("tasks").search(where("title") == "x")`.

        Its documents are plain JSON objects. Writing through it needs an open transaction.
        """
        return JournalDB(self, name.removesuffix(".json") + ".json")

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, durable when the block is left; a nested block is part of the outer one.

        An exception leaves the tables as they were before the block. Raises StoreUnavailable when the change can't be
        written, or other processes don't let go of the data.
        """
        return self._block

    def number(self, sequence: str) -> int:
        """The next number of a sequence, starting at 1; never given twice. Raises RuntimeError outside of a
        transaction."""
        following = (self._sequences.get(sequence) or 0) + 1
        self._sequences.put(sequence, following)
        return following

    def checkpoint(self) -> bool:
        """Write the data files and start a new journal; False if another process is doing so.

        Others go on reading and writing meanwhile. Raises StoreUnavailable; nothing is lost then.
        """
        self._check_open()
        return checkpoint(self._replica)

    def checkpoint_if_due(self) -> bool:
        """The same, if enough has changed to make it worth the time; for idle moments."""
        self._check_open()
        return is_due_at_close(self._replica) and checkpoint(self._replica)

    def archive_finished(self, now: datetime) -> int:
        """Move what ended 90 days ago or earlier to the archive tables; see `storage.archive`."""
        return archive_finished(self, now)

    def frozen(self) -> tuple[dict[str, dict[str, Any]], int]:
        """The rows of all tables as of one moment, and the number of the last transaction. Raises StoreUnavailable."""
        self._check_open()
        return self._replica.frozen()[:2]

    def close(self) -> None:
        """Write the data files if that is worth it, and let go of all files. Twice does no harm.

        A checkpoint that fails is left for the next time: everything is in the journal.
        """
        if self._closed:
            return
        if self._tidying is not None:
            self._tidying.join()
        try:
            if is_due_at_close(self._replica):
                checkpoint(self._replica)
        except StoreUnavailable:
            pass
        finally:
            self._closed = True
            self._replica.close()

    def committed(self, table: str) -> dict[str, Any]:
        """The rows after the last commit of any process. Not to be changed by the caller."""
        if self._closed:
            self._check_open()
        self._replica.refresh()
        return self._replica.state.tables[table]

    def own_transaction(self) -> Transaction | None:
        """The open transaction of this thread."""
        transaction = self._transaction
        return transaction if transaction is not None and transaction.thread == threading.get_ident() else None

    def change(self, table: str, key: str, row: Any, encoded: bytes) -> None:
        """Add a change to the open transaction of this thread. Raises RuntimeError when there is none."""
        transaction = self.own_transaction()
        if transaction is None:
            raise RuntimeError("changes need a transaction: with store.transaction(): ...")
        transaction.add(table, key, row, encoded, self._replica.state.tables[table])

    def begin(self) -> int:
        """Open a transaction or a nested block; returns how many changes were there before it."""
        transaction = self.own_transaction()
        if transaction is not None:
            transaction.depth += 1
            return len(transaction.changes)
        self._check_open()
        self._replica.enter()
        self._transaction = Transaction(threading.get_ident())
        return 0

    def end(self, mark: int, *, failed: bool) -> None:
        """End the innermost block: the outermost one commits."""
        transaction = self._transaction
        assert transaction is not None
        if failed:
            transaction.back_to(mark, self._replica.state.tables)
        transaction.depth -= 1
        if transaction.depth:
            return
        try:
            if transaction.changes:
                self._replica.commit(transaction)
        finally:
            self._transaction = None
            self._replica.leave()
        if is_due(self._replica):
            self._tidy_up()

    def _tidy_up(self) -> None:
        if self._tidying is None or not self._tidying.is_alive():
            self._tidying = threading.Thread(target=self._try_checkpoint, name="checkpoint")
            self._tidying.start()

    def _try_checkpoint(self) -> None:
        try:
            checkpoint(self._replica)
        except StoreUnavailable:
            self._replica.snapshot_size += self._replica.end

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")


class _Block(AbstractContextManager[None]):
    """`with store.transaction()`: one object for all blocks, since only one thread at a time is inside."""

    def __init__(self, store: JournalStore) -> None:
        self._store = store
        self._marks: list[int] = []

    def __enter__(self) -> None:
        self._marks.append(self._store.begin())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.end(self._marks.pop(), failed=kind is not None)


def open_store(home: Path, clock: Clock, *, disk: Disk | None = None, patience: float = 10.0) -> JournalStore:
    """Open the data below `home` (JARVIS_HOME), or begin with none.

    `clock` gives the present moment, aware, in UTC. `patience`: seconds to wait for other processes before giving up.
    `disk` is for tests. Raises StoreUnavailable, with a sentence for the owner, when the data can't be opened.
    """
    folder = home / "data"
    with in_plain_words("The folder for the data can't be made", folder):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    return JournalStore(folder, clock, disk or Disk(), patience)
