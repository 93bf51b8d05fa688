"""From the files to the tables: data files first, then the journal."""

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from storage import snapshot
from storage.frames import Scan
from storage.journal import Journal, Record, damaged, decode_record, read_all
from storage.schema import FILES
from storage.state import State


@dataclass(frozen=True, slots=True)
class Loaded:
    """A store as it stands on the disk."""

    state: State
    end: int
    """Where the next record goes."""
    torn: bytes
    """What stands there instead and has to be cut; empty if nothing does."""
    snapshot_size: int
    """Bytes of all data files."""


def load(folder: Path, journal: Journal, acknowledged: int) -> Loaded:
    """Read everything. Raises StoreUnavailable for damage, or for data of another version.

    `acknowledged`: where the last change ends that somebody was told is saved, 0 if unknown.
    """
    buffer, found = read_all(journal, acknowledged)
    state = State()
    size = 0
    with _no_garbage_collection():
        for file in FILES:
            needed = journal.header.files.get(file)
            if needed is not None:
                size += _load_file(folder / file, needed, state)
        state.n = journal.header.base
        replay(journal.path, found.payloads, state)
    for file, through in state.through.items():
        if through > state.n:
            raise damaged(folder / file, "it is newer than the journal, whose end is missing")
    return Loaded(state, found.end, _torn(buffer, found), size)


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Decoding makes many objects and no garbage; looking for some again and again would double the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _torn(buffer: bytes, found: Scan) -> bytes:
    return buffer[found.end :].rstrip(b"\0")


def _load_file(path: Path, needed: int, state: State) -> int:
    if needed and not path.exists():
        raise damaged(path, "it is missing")
    if not path.exists():
        return 0
    content = snapshot.read(path)
    if content.through < needed:
        raise damaged(path, f"it is out of date (change {content.through} instead of {needed})")
    state.tables.update(content.tables)
    state.through[path.name] = content.through
    return content.size


def replay(path: Path, payloads: list[bytes], state: State) -> None:
    """Do what records of the journal say. Raises StoreUnavailable when one makes no sense."""
    record: Record | None = None
    try:
        for payload in payloads:
            record = decode_record(payload)
            state.apply(record)
    except (msgspec.MsgspecError, ValueError) as error:
        after = "its first record" if record is None else f"record {record.n} or the one after it"
        raise damaged(path, f"{after}: {error}") from error
