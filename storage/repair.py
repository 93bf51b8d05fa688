"""Put a damaged store right without losing anything that can be read: `jarvis doctor --repair`."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from core.errors import StoreUnavailable
from storage import journal as journals
from storage import snapshot
from storage.disk import Disk, in_plain_words
from storage.frames import salvage
from storage.gate import Doing, Gate, position, split_position
from storage.journal import Header, Journal, Record, decode_record
from storage.loading import load
from storage.migrations import Documents, migrate, reset_record
from storage.schema import FILES, TABLES, VERSION, encode, tables_in

_ROW = re.compile(rb'^("(?:[^"\\]|\\.)*"): (.*?),?$')


@dataclass
class RepairReport:
    """What `repair` found and did. `lost` and `doubtful` are sentences for the owner."""

    needed: bool
    kept: Path | None = None
    """The folder with the files as they were."""
    lost: list[str] = field(default_factory=list)
    """What could not be saved."""
    doubtful: list[str] = field(default_factory=list)
    """What was saved from a damaged file, and should be looked at."""


def repair(home: Path, clock: Callable[[], datetime], *, disk: Disk | None = None) -> RepairReport:
    """Make the data below `home` usable again; the files as they were are kept in a folder beside.

    Raises StoreUnavailable if other processes don't let go of the data or the disk can't be written.
    """
    folder = home / "data"
    if not folder.is_dir():
        raise StoreUnavailable(f"There are no data in {folder}. Check JARVIS_HOME.")
    gate = Gate(folder, patience=10)
    try:
        gate.acquire()
        return _repair(folder, gate, clock(), disk or Disk())
    finally:
        gate.close()


def _repair(folder: Path, gate: Gate, now: datetime, disk: Disk) -> RepairReport:
    if _is_sound(folder, gate, disk):
        return RepairReport(needed=False)
    report = RepairReport(needed=True)
    with in_plain_words("The damaged files can't be kept, so nothing was repaired", folder):
        report.kept = _keep(folder, now)
        history = _History(folder)
        documents = history.documents(report)
        _drop_invalid(documents, report)
        top = max([history.top, *(header.base for header in history.headers)])
        header = Header(id=journals.new_id(history.id), version=VERSION, base=top, files={}, at=now)
        record = reset_record(documents, top + 1, now)
        gate.board[1] = Doing.SWITCHING
        fresh = journals.create(folder, disk, header, record, keep_previous=False)
        gate.board[0] = position(header.id, fresh.start + len(record))
        gate.board[1] = Doing.NOTHING
        fresh.close()
    return report


def _is_sound(folder: Path, gate: Gate, disk: Disk) -> bool:
    try:
        journal = Journal(folder / journals.NAME, disk)
    except StoreUnavailable:
        return not any((folder / name).exists() for name in (journals.NAME, *FILES))
    try:
        known, end = split_position(gate.board[0])
        load(folder, journal, end if known == journal.header.id else 0)
    except StoreUnavailable:
        return journal.header.version > VERSION
    finally:
        journal.close()
    return True


def _keep(folder: Path, now: datetime) -> Path:
    kept = folder / f"damaged-{now:%Y%m%dT%H%M%S%f}"
    kept.mkdir(mode=0o700)
    for path in folder.iterdir():
        if path.is_file() and path.suffix != ".lock":
            shutil.copy2(path, kept / path.name)
    return kept


class _History:
    """The good records and headers of the journal and the one before it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records: dict[int, Record] = {}
        self.headers: list[Header] = []
        for name in (journals.PREVIOUS, journals.NAME):
            path = folder / name
            for payload in salvage(path.read_bytes()) if path.exists() else []:
                self._take(payload)
        self.top = max(self._records, default=0)
        self.id = self.headers[-1].id if self.headers else 0
        self._version = self.headers[-1].version if self.headers else VERSION

    def _take(self, payload: bytes) -> None:
        try:
            record = decode_record(payload)
        except msgspec.MsgspecError:
            try:
                self.headers.append(msgspec.json.decode(payload, type=Header))
            except msgspec.MsgspecError:
                return
        else:
            self._records[record.n] = record

    def documents(self, report: RepairReport) -> Documents:
        """All rows that can be read, in their present layout."""
        documents: Documents = {}
        through: dict[str, int] = {}
        for file in FILES:
            tables, last = self._start_of(file, report)
            documents.update(tables)
            through[file] = last
        for n in sorted(self._records):
            _apply(self._records[n], documents, through)
        first = min(self._records, default=1)
        missing = [n for n in range(first, self.top) if n not in self._records]
        if missing:
            report.lost.append(f"Of the changes {first} to {self.top}, these can't be read: {_listed(missing)}.")
        migrate(documents, self._version)
        return documents

    def _start_of(self, file: str, report: RepairReport) -> tuple[Documents, int]:
        """The content of a data file from which the journals lead to the present, or the best there is."""
        sound = list(self._sound_copies(file))
        if not any(header.files.get(file) for header in self.headers):
            sound.append(({}, 0))
        for fits in (self._complete, self._reached):
            for tables, last in sound:
                if fits(file, last):
                    return tables, last
        path = self._folder / file
        if not sound and not path.exists() and self.headers:
            report.lost.append(f"{file} is missing, and so is the copy before it.")
        rescued = _rows_of_damaged(path) if path.exists() and not self._is_sound(path) else {}
        tables, last = max(sound, key=lambda copy: copy[1], default=({}, 0))
        if last:
            report.lost.append(f"{file}: it is as of change {last}; some later changes may be missing.")
        if rescued:
            count = sum(len(rows) for rows in rescued.values())
            report.doubtful.append(f"{file}: {count} rows come from a damaged file. Look through them.")
        for name, rows in rescued.items():
            tables.setdefault(name, {}).update(rows)
        return tables, last

    def _sound_copies(self, file: str) -> Iterator[tuple[Documents, int]]:
        for name in (file, file + snapshot.PREVIOUS_SUFFIX):
            if self._is_sound(self._folder / name):
                _, last, tables = snapshot.read_raw(self._folder / name)
                yield tables, last

    @staticmethod
    def _is_sound(path: Path) -> bool:
        try:
            snapshot.read_raw(path)
        except StoreUnavailable:
            return False
        return True

    def _reached(self, file: str, last: int) -> bool:
        """Whether a journal goes back far enough to hold every later change of the file."""
        return any(header.files.get(file, 0) <= last for header in self.headers)

    def _complete(self, file: str, last: int) -> bool:
        """Whether every later change of the file is among the good records."""
        bases = [header.base for header in self.headers if header.files.get(file, 0) <= last]
        return bool(bases) and all(n in self._records for n in range(max(last, *bases) + 1, self.top + 1))


def _apply(record: Record, documents: Documents, through: dict[str, int]) -> None:
    for change in record.changes:
        if change.kind == "clear":
            documents.clear()
            continue
        spec = TABLES.get(change.table)
        if spec is not None and through[spec.file] >= record.n:
            continue
        if change.kind == "put":
            documents.setdefault(change.table, {})[change.key] = msgspec.json.decode(change.row)
        else:
            documents.get(change.table, {}).pop(change.key, None)


def _rows_of_damaged(path: Path) -> Documents:
    """The rows of a data file that are whole lines of JSON, whatever the rest looks like."""
    documents: Documents = {}
    names = {spec.name for spec in tables_in(path.name)}
    table = ""
    for line in path.read_bytes().splitlines():
        found = _ROW.match(line)
        try:
            key = msgspec.json.decode(found[1], type=str) if found else ""
            if found and key in names and found[2].startswith(b"{") and not found[2].endswith(b"}"):
                table = key
            elif found and table:
                documents.setdefault(table, {})[key] = msgspec.json.decode(found[2])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
    return documents


def _drop_invalid(documents: Documents, report: RepairReport) -> None:
    for name in list(documents):
        spec = TABLES.get(name)
        if spec is None:
            report.lost.append(f"The table {name!r} is not known to this version of Jarvis.")
            del documents[name]
            continue
        for key, document in list(documents[name].items()):
            problem = _problem(spec.decode, document)
            if problem:
                report.lost.append(f"{key} in {name}: {problem}.")
                del documents[name][key]


def _problem(decode: Callable[[bytes], Any], document: Any) -> str:
    try:
        decode(encode(document))
    except msgspec.MsgspecError as error:
        return str(error)
    return ""


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" and more" if len(numbers) > 20 else "")
