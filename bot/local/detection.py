"""Finds commands, mentions, tags and links in a text, as Telegram's server does for every message."""

import re

from bot.local.models import JsonDict

_PATTERNS = (
    ("url", re.compile(r"(?<![\w@])(?:https?://|www\.)[^\s<>\"«»]+", re.IGNORECASE)),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?![\w@])")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z0-9_]{2,32}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#/&])#(?=\w*[^\W\d])\w{1,256}(?!\w)")),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")),
)
_HINTS = ("://", "@", "#", "/", "www.", "WWW.")


def detect(units: str) -> list[JsonDict]:
    """Entities that nobody wrote, none over another; `units` has one character per UTF-16 unit."""
    if not any(hint in units for hint in _HINTS):
        return []
    found: list[JsonDict] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(units):
            text = match[0].rstrip(".,;:!?)]}'") if kind == "url" else match[0]
            begin, end = match.start(), match.start() + len(text)
            if all(end <= e["offset"] or begin >= e["offset"] + e["length"] for e in found):
                found.append({"type": kind, "offset": begin, "length": end - begin})
    return found


def leading_command(units: str) -> tuple[str, str] | None:
    """Name and addressed bot ("" for none) of a text that begins with a command, else None."""
    match = _PATTERNS[-1][1].match(units)
    if match is None:
        return None
    name, _, addressee = match[0][1:].partition("@")
    return name, addressee
