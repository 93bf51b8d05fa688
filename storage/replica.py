"""One process's copy of the state, kept in step with the journal that all processes share."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import StoreUnavailable
from storage import journal as journals
from storage.disk import Disk, in_plain_words, unavailable
from storage.frames import Tail, frame, scan
from storage.gate import Doing, Gate, position, split_position
from storage.journal import Follows, Header, Journal, damaged
from storage.loading import load, replay
from storage.migrations import upgrade
from storage.rows import Transaction
from storage.schema import FILES, VERSION, encode

_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Replica:
    """The decoded state together with the place in the journal up to which it was read.

    Two locks, taken in this order: `exclusive()` (one writer among all processes) and `guard` (one thread at a time
    touches the state; held for microseconds, or while a journal is read).
    """

    def __init__(self, folder: Path, clock: Clock, disk: Disk, patience: float) -> None:
        self.folder = folder
        self.clock = clock
        self.disk = disk
        self.guard = threading.RLock()
        self._writing = threading.RLock()
        self._path = folder / journals.NAME
        self._gate = Gate(folder, patience)
        self._board = self._gate.board
        with contextlib.ExitStack() as undo:
            undo.callback(self._gate.close)
            self._gate.acquire()
            self.journal = self._find_journal()
            undo.callback(self.journal.close)
            self._load(self.journal)
            self._gate.release()
            undo.pop_all()

    def refresh(self) -> None:
        """Take over what other processes have committed. Raises StoreUnavailable."""
        if self._board[0] == self.seen:
            return
        with self.guard:
            done = self._follow()
        if not done:
            with self.exclusive():
                pass

    def enter(self) -> None:
        """Become the only writer, with the state up to date. Raises StoreUnavailable."""
        self._writing.acquire()
        try:
            self._gate.acquire()
            try:
                with self.guard:
                    self._catch_up()
            except BaseException:
                self._gate.release()
                raise
        except BaseException:
            self._writing.release()
            raise

    def leave(self) -> None:
        """Let others write."""
        self._gate.release()
        self._writing.release()

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """`enter` and `leave`. Not to be nested."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def commit(self, transaction: Transaction) -> None:
        """Make the changes durable, then visible. Only for the one writer. Raises StoreUnavailable; nothing changed."""
        n = self.state.n + 1
        changes = b",".join(transaction.encoded)
        line = frame(b'{"n":%d,"at":%b,"changes":[%b]}' % (n, encode(self.clock()), changes))
        self._board[1] = Doing.COMMITTING
        try:
            self.journal.append(self.end, line)
        except BaseException as error:
            self._disavow()
            if isinstance(error, OSError):
                raise unavailable("The change could not be saved", self.folder, error) from error
            raise
        with self.guard:
            self.state.commit(n, transaction.changes)
            self._publish(self.end + len(line))
        self._board[1] = Doing.NOTHING

    def switch(self, header: Header, records_from: int) -> None:
        """Go over to a new journal that begins with the records from there on. Only for the one writer.

        Raises StoreUnavailable; the old journal stands then.
        """
        with self.guard, in_plain_words("The journal can't be renewed", self.folder):
            records = self.journal.read(records_from, self.end)
            self._board[1] = Doing.SWITCHING
            fresh = journals.create(self.folder, self.disk, header, records, keep_previous=True)
            self._use(fresh)
            self._publish(fresh.start + len(records))
            self._board[1] = Doing.NOTHING

    def frozen(self) -> tuple[dict[str, dict[str, Any]], int, dict[str, int]]:
        """Copies of all tables, the number of the last transaction, and for each data file the last that changed it."""
        self.refresh()
        with self.guard:
            tables = {name: rows.copy() for name, rows in self.state.tables.items()}
            return tables, self.state.n, dict(self.state.through)

    def next_header(self, base: int, through: dict[str, int]) -> Header:
        """The header of the journal that follows the present one."""
        old = self.journal.header
        return Header(
            id=journals.new_id(old.id),
            version=VERSION,
            base=base,
            previous_base=old.base,
            files={file: last for file, last in through.items() if last},
            follows=Follows(old.id, self.end),
            at=self.clock(),
        )

    def close(self) -> None:
        """Let go of all files."""
        with self._writing, self.guard:
            self.journal.close()
            self._gate.close()

    def _find_journal(self) -> Journal:
        if not self._path.exists():
            if any((self.folder / file).exists() for file in FILES):
                raise damaged(self._path, "it is missing, but there are data files")
            header = Header(id=journals.new_id(), version=VERSION, base=0, files={}, at=self.clock())
            with in_plain_words("The store can't be created", self.folder):
                journal = journals.create(self.folder, self.disk, header, b"", keep_previous=False)
            self._board[0] = position(header.id, journal.start)
            return journal
        journal = Journal(self._path, self.disk)
        if journal.header.version != VERSION:
            self._board[1] = Doing.SWITCHING
            try:
                return upgrade(self.folder, journal, self.disk, self.clock())
            finally:
                journal.close()
        return journal

    def _load(self, journal: Journal) -> None:
        """Read everything. Only for the one writer."""
        known, end = split_position(self._board[0])
        acknowledged = end if known == journal.header.id else 0
        if acknowledged and self._board[1] == Doing.DISAVOWING:
            self._blank(journal, acknowledged)
        loaded = load(self.folder, journal, acknowledged)
        if loaded.torn:
            self._cut(journal, loaded.end, loaded.torn)
        elif loaded.end != acknowledged:
            self._settle(journal)
        self.state = loaded.state
        self.snapshot_size = loaded.snapshot_size
        self._use(journal)
        self._publish(loaded.end)
        self._board[1] = Doing.NOTHING

    def _use(self, journal: Journal) -> None:
        if journal is not self.journal:
            self.journal.close()
        self.journal = journal
        self.end = journal.start
        self.seen = position(journal.header.id, self.end)

    def _publish(self, end: int) -> None:
        self.end = end
        self.seen = self._board[0] = position(self.journal.header.id, end)

    def _follow(self) -> bool:
        """Read up to what is published; False when that needs the lock."""
        while (published := self._board[0]) != self.seen:
            known, end = split_position(published)
            if known == self.journal.header.id:
                self._read_to(end)
                self.seen = published
            elif not self._change_over():
                return False
        return True

    def _read_to(self, end: int) -> None:
        piece = self.journal.read(self.end, end)
        found = scan(piece)
        if len(piece) < end - self.end or found.end != len(piece):
            raise damaged(self._path, f"the record at byte {self.end + found.end} can't be read")
        replay(self._path, found.payloads, self.state)
        self.end = end

    def _change_over(self) -> bool:
        """Go from the present journal to the one that replaced it, if that follows it directly."""
        fresh = Journal(self._path, self.disk)
        follows = fresh.header.follows
        if follows is None or follows.id != self.journal.header.id or fresh.header.version != VERSION:
            fresh.close()
            return False
        try:
            self._read_to(follows.end)
        except BaseException:
            fresh.close()
            raise
        self._use(fresh)
        return True

    def _catch_up(self) -> None:
        """Be on the present journal, at its end, with nothing behind it. Only for the one writer."""
        doing = self._board[1]
        if doing == Doing.SWITCHING:
            self._announce()
        if not self._follow():
            self._reload()
        elif doing == Doing.DISAVOWING:
            self._blank(self.journal, self.end)
        elif doing == Doing.COMMITTING:
            self._take_over_rest()
        if doing:
            self._board[1] = Doing.NOTHING

    def _announce(self) -> None:
        """Publish a journal that somebody put in place who died, or whose disk failed, before the last step."""
        fresh = Journal(self._path, self.disk)
        try:
            if fresh.header.id != split_position(self._board[0])[0]:
                self._settle(fresh)
                self._board[0] = position(fresh.header.id, journals.read_all(fresh, 0)[1].end)
        finally:
            fresh.close()

    def _reload(self) -> None:
        fresh = Journal(self._path, self.disk)
        if fresh.header.version != VERSION:
            fresh.close()
            raise StoreUnavailable("The data now belong to a newer version of Jarvis. Restart Jarvis.")
        try:
            self._load(fresh)
        except BaseException:
            if fresh is not self.journal:
                fresh.close()
            raise

    def _take_over_rest(self) -> None:
        """Settle what a process left that died while it was committing: a whole record counts, half a one does not."""
        rest = self.journal.read(self.end)
        found = scan(rest)
        if found.tail is Tail.DAMAGED:
            raise damaged(self._path, f"the record at byte {self.end + found.end} can't be read")
        replay(self._path, found.payloads, self.state)
        end = self.end + found.end
        if found.tail is Tail.TORN:
            self._cut(self.journal, end, rest[found.end :])
        else:
            self._settle(self.journal)
        self._publish(end)

    def _settle(self, journal: Journal) -> None:
        """Make durable what a process may have left unfinished that died before it told anybody."""
        with in_plain_words("The change of another process could not be saved", self.folder):
            self.disk.sync("settle: sync", journal.fd)
            self.disk.sync_folder("settle: sync folder", self.folder)

    def _cut(self, journal: Journal, end: int, torn: bytes) -> None:
        copy = journals.keep_torn_end(self._path, torn, self.clock())
        _log.warning("a change was cut short when a process or the machine went down; what there is of it: %s", copy)
        self._blank(journal, end)

    def _blank(self, journal: Journal, end: int) -> None:
        with in_plain_words("The journal can't be written", self._path):
            journal.blank(end)

    def _disavow(self) -> None:
        """Make sure that a record of which nobody knows whether it is on the disk never counts, now or later."""
        self._board[1] = Doing.DISAVOWING
        with contextlib.suppress(StoreUnavailable):
            self._blank(self.journal, self.end)
            self._board[1] = Doing.NOTHING
