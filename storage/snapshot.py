"""The data files: the rows of some tables as JSON for people and `jq`, one row a line, with a checksum at the end."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import GenericAlias
from typing import Any
from zlib import crc32

import msgspec

from core.errors import StoreUnavailable
from storage.disk import in_plain_words
from storage.journal import damaged
from storage.schema import VERSION, TableSpec, encode, tables_in

PREVIOUS_SUFFIX = ".previous"
_CHUNK = 1 << 20
_LAST_LINE = re.compile(rb'"checksum": "([0-9a-f]{8})"\n}\n\Z')
_LAST_LINE_SIZE = 25


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """A data file whose rows are not looked at yet."""

    version: int
    through: int
    tables: dict[str, dict[str, msgspec.Raw]]
    checksum: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The decoded content of a data file."""

    through: int
    """The last transaction that changed it."""
    tables: dict[str, dict[str, Any]]
    size: int
    """Bytes."""


def write_rows(specs: list[TableSpec[Any]], tables: Mapping[str, Mapping[str, Any]], through: int) -> Iterator[bytes]:
    """The bytes of a data file in pieces of about a megabyte."""
    checksum = 0
    piece = bytearray(b'{\n"version": %d,\n"through": %d,\n"tables": {' % (VERSION, through))
    separator = b"\n"
    for spec in specs:
        piece += separator + encode(spec.name) + b": {"
        separator = b"\n"
        for key, row in tables[spec.name].items():
            piece += separator + encode(key) + b": " + encode(row)
            separator = b",\n"
            if len(piece) > _CHUNK:
                checksum = crc32(piece, checksum)
                yield bytes(piece)
                piece.clear()
        piece += b"\n}"
        separator = b",\n"
    piece += b"\n},\n"
    yield bytes(piece) + b'"checksum": "%08x"\n}\n' % crc32(piece, checksum)


def read(path: Path) -> Snapshot:
    """Load a data file of the present version. Raises StoreUnavailable when it can't be read or is damaged."""
    content = read_bytes(path)
    specs = {spec.name: spec for spec in tables_in(path.name.removesuffix(PREVIOUS_SUFFIX))}
    try:
        found: Any = msgspec.json.decode(content, type=_whole_file(specs))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _read_row_by_row(path, content, specs)
    if found.version != VERSION:
        raise StoreUnavailable(f"{path} has version {found.version}, its journal has version {VERSION}: {_MIXED}")
    return Snapshot(found.through, {name: getattr(found.tables, name) for name in specs}, len(content))


def _whole_file(specs: Mapping[str, TableSpec[Any]]) -> type[msgspec.Struct]:
    """A type for the whole file, so that one call decodes and checks all rows."""
    fields: list[tuple[str, Any, Any]] = [
        (name, GenericAlias(dict, (str, spec.row)), msgspec.field(default_factory=dict)) for name, spec in specs.items()
    ]
    rows = msgspec.defstruct("Rows", fields, forbid_unknown_fields=True)
    return msgspec.defstruct(
        "Whole", [("version", int), ("through", int), ("tables", rows), ("checksum", str)], forbid_unknown_fields=True
    )


_MIXED = "they don't belong together. Run `jarvis doctor --repair`."


def read_bytes(path: Path) -> bytes:
    """The content of a data file whose checksum is right. Raises StoreUnavailable."""
    with in_plain_words("The data can't be read", path):
        content = path.read_bytes()
    last = _LAST_LINE.search(content[-_LAST_LINE_SIZE:])
    if last is None:
        raise damaged(path, "its end is missing, or it was changed by another program")
    if crc32(memoryview(content)[:-_LAST_LINE_SIZE]) != int(last[1], 16):
        raise damaged(path, "its checksum is wrong, so it was changed by another program or by a failing disk")
    return content


def read_raw(path: Path) -> tuple[int, int, dict[str, dict[str, Any]]]:
    """(version, through, tables of plain documents) of a data file of any version. Raises StoreUnavailable."""
    try:
        found = msgspec.json.decode(read_bytes(path), type=_Envelope)
    except msgspec.MsgspecError as error:
        raise damaged(path, str(error)) from error
    tables = {name: {key: msgspec.json.decode(row) for key, row in rows.items()} for name, rows in found.tables.items()}
    return found.version, found.through, tables


def _read_row_by_row(path: Path, content: bytes, specs: Mapping[str, TableSpec[Any]]) -> Snapshot:
    """Find which row is wrong, to say so; slower than decoding the file in one go."""
    try:
        found = msgspec.json.decode(content, type=_Envelope)
    except msgspec.MsgspecError as error:
        raise damaged(path, str(error)) from error
    tables: dict[str, dict[str, Any]] = {}
    for name, rows in found.tables.items():
        if name not in specs:
            raise damaged(path, f"there is no table {name!r} in this version of Jarvis")
        for key, row in rows.items():
            try:
                tables.setdefault(name, {})[key] = specs[name].decode(row)
            except msgspec.MsgspecError as error:
                raise damaged(path, f"{key} in {name}: {error}") from error
    return Snapshot(found.through, tables, len(content))
