"""How one record stands in the journal, and how to tell a torn end from damage.

A frame is one line: the payload's length and a CRC-32 over length and payload, each as eight hexadecimal digits, then
the payload, which is JSON without line breaks. Behind the last frame the file is filled with NUL bytes.

    00000041 8c736521 {"n":7, ... }

A frame that was being written when the machine or the process died is torn: it ends early, or sectors of it are still
NUL. Anything else that doesn't check is damage, and is never cut away silently.
"""

import enum
import itertools
from dataclasses import dataclass
from zlib import crc32

HEAD = 18
_SECTOR = 512


class Tail(enum.Enum):
    """What follows the last good frame."""

    CLEAN = "clean"
    TORN = "torn"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a piece of a journal holds."""

    payloads: list[bytes]
    end: int
    """Offset in the buffer behind the last good frame."""
    tail: Tail


def frame(payload: bytes) -> bytes:
    """The line for a payload."""
    length = b"%08x" % len(payload)
    return b"%b %08x %b\n" % (length, crc32(payload, crc32(length)), payload)


def payload_at(buffer: bytes, start: int) -> bytes | None:
    """The payload of the frame that begins there, or None when no good one does."""
    length = _announced(buffer, start)
    if length is None:
        return None
    payload = buffer[start + HEAD : start + HEAD + length]
    end = start + HEAD + length
    if frame(payload) != buffer[start : end + 1]:
        return None
    return payload


def scan(buffer: bytes, start: int = 0) -> Scan:
    """Read frames until one doesn't check or there are no more."""
    payloads = []
    at = start
    while (payload := payload_at(buffer, at)) is not None:
        payloads.append(payload)
        at += HEAD + len(payload) + 1
    return Scan(payloads, at, _judge(buffer, at))


def salvage(buffer: bytes, start: int = 0) -> list[bytes]:
    """The payloads of all good frames, wherever they stand."""
    found = []
    at = start
    while at < len(buffer):
        payload = payload_at(buffer, at)
        if payload is None:
            at = buffer.find(b"\n", at) + 1 or len(buffer)
        else:
            found.append(payload)
            at += HEAD + len(payload) + 1
    return found


def _announced(buffer: bytes, start: int) -> int | None:
    digits = buffer[start : start + 8]
    try:
        return int(digits, 16) if len(digits) == 8 else None
    except ValueError:
        return None


def _judge(buffer: bytes, at: int) -> Tail:
    rest = buffer[at:].rstrip(b"\0")
    if not rest:
        return Tail.CLEAN
    if salvage(rest) or _later_frame(buffer, at):
        return Tail.DAMAGED
    stop = at + len(rest)
    length = _announced(buffer, at)
    if len(rest) < HEAD or _has_hole(buffer, at, stop):
        return Tail.TORN
    if length is not None and stop < at + HEAD + length + 1 and b"\n" not in rest:
        return Tail.TORN
    return Tail.DAMAGED


def _later_frame(buffer: bytes, at: int) -> bool:
    """Whether a good frame follows the bad one at the place that its length announces."""
    length = _announced(buffer, at)
    return length is not None and payload_at(buffer, at + HEAD + length + 1) is not None


def _has_hole(buffer: bytes, at: int, stop: int) -> bool:
    """Whether some sector's part of the range is all NUL: it never reached the disk."""
    edges = [at, *range((at // _SECTOR + 1) * _SECTOR, stop, _SECTOR), stop]
    return any(not buffer[low:high].strip(b"\0") for low, high in itertools.pairwise(edges))
