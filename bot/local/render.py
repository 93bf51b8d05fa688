"""Entities to safe HTML: everything escaped, only harmless tags, only links to the web and Telegram."""

from html import escape

from bot.local.entities import from_units, to_units
from bot.local.models import JsonDict

_TAGS = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "code": ("<code>", "</code>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote expandable>", "</blockquote>"),
    "spoiler": ('<span class="{spoiler}">', "</span>"),
}
_SCHEMES = ("http://", "https://", "tg://")


def render_page(text: str, entities: list[JsonDict]) -> str:
    """HTML for the web page: spoilers as `span.spoiler`, found links as links, no custom emoji."""
    return _render(text, entities, for_page=True)


def render_telegram(text: str, entities: list[JsonDict]) -> str:
    """Telegram's own HTML: parsing it gives the same text and entities again."""
    return _render(text, entities, for_page=False)


def _render(text: str, entities: list[JsonDict], *, for_page: bool) -> str:
    units = to_units(text)
    out: list[str] = []
    closing: list[tuple[int, str]] = []
    at = 0
    for entity in entities:
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        at = _close_until(begin, at, units, closing, out)
        out.append(_escaped(units[at:begin]))
        at = begin
        tags = _tags(entity, units[begin:end], for_page)
        if tags is not None and (not closing or end <= closing[-1][0]):
            out.append(tags[0])
            closing.append((end, tags[1]))
    at = _close_until(len(units), at, units, closing, out)
    out.append(_escaped(units[at:]))
    return "".join(out)


def _close_until(limit: int, at: int, units: str, closing: list[tuple[int, str]], out: list[str]) -> int:
    """Write all tags that end at or before `limit`; returns the new position."""
    while closing and closing[-1][0] <= limit:
        end, tag = closing.pop()
        out.append(_escaped(units[at:end]) + tag)
        at = end
    return at


def _escaped(units: str) -> str:
    return escape(from_units(units), quote=False)


def _tags(entity: JsonDict, covered: str, for_page: bool) -> tuple[str, str] | None:
    kind = entity["type"]
    if kind in _TAGS:
        begin, end = _TAGS[kind]
        return begin.format(spoiler="spoiler" if for_page else "tg-spoiler"), end
    if kind == "pre":
        language = entity.get("language")
        if not language:
            return "<pre>", "</pre>"
        return f'<pre><code class="language-{escape(language)}">', "</code></pre>"
    if kind == "text_link":
        return _anchor(entity["url"])
    if not for_page:
        return _telegram_tags(entity)
    if kind == "url":
        address = from_units(covered)
        return _anchor(address if "://" in address else f"http://{address}")
    return None


def _telegram_tags(entity: JsonDict) -> tuple[str, str] | None:
    if entity["type"] == "text_mention":
        return _anchor(f"tg://user?id={entity['user']['id']}")
    if entity["type"] == "custom_emoji":
        return f'<tg-emoji emoji-id="{escape(str(entity["custom_emoji_id"]))}">', "</tg-emoji>"
    return None


def _anchor(url: str) -> tuple[str, str] | None:
    if not url.lower().startswith(_SCHEMES):
        return None
    return f'<a href="{escape(url)}">', "</a>"
