"""What a view makes: a message, free of any chat library."""

import html
import re
from collections.abc import Iterable, Sequence

import msgspec

from handlers.callbacks import Press
from handlers.views.pictures import Picture

MAX_TEXT = 4096
"""Telegram's limit, in UTF-16 units after the markup is read."""


class Button(msgspec.Struct, frozen=True):
    """A button that says `press` when it is tapped."""

    text: str
    press: Press


class Document(msgspec.Struct, frozen=True):
    """A file to download."""

    name: str
    content: bytes


class Message(msgspec.Struct, frozen=True):
    """Telegram's HTML in `text`, rows of buttons, and at most one document (the text is its caption then)."""

    text: str
    rows: Sequence[Sequence[Button]] = ()
    document: Document | None = None
    ask_reply: str | None = msgspec.field(default=None)
    """Asks for a written answer; the text is the hint in the input field."""
    picture: Picture | None = None
    """Shown above the text, or below it when the text is too long for a caption."""


def escape(text: str) -> str:
    """Foreign text, made safe to stand in HTML."""
    return html.escape(text, quote=False)


def shorten(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units, as Telegram counts, with an ellipsis when something was cut."""
    if utf16_length(text) <= limit:
        return text
    return text.encode("utf-16-le", "replace")[: 2 * (limit - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def pre(text: str, limit: int = 1500) -> str:
    """The end of a longer output (in UTF-16 units) as a block of fixed width; empty for nothing."""
    tail = text.strip("\n")
    if not tail.strip():
        return ""
    if utf16_length(tail) > limit:
        cut = tail.encode("utf-16-le")[-2 * limit :].decode("utf-16-le", "ignore")
        _, newline, whole_lines = cut.partition("\n")
        tail = "…\n" + (whole_lines if newline else cut)
    return f"<pre>{escape(tail)}</pre>"


def lines(*parts: str | Iterable[str] | None) -> str:
    """Lines of a text; None is left out, an empty string is an empty line."""
    flat: list[str] = []
    for part in parts:
        if isinstance(part, str):
            flat.append(part)
        elif part is not None:
            flat.extend(part)
    return "\n".join(flat)


def unescape(markup: str) -> str:
    """The text of an HTML message as a reader sees it."""
    return html.unescape(re.sub(r"<[^<>]*>", "", markup))


def utf16_length(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le", "replace")) // 2
