"""From what a sender wrote to the text and entities that Telegram would store.

Offsets count UTF-16 units. Inside this module a text is handled as one character per unit, so that
offsets are plain indexes.
"""

import re
from array import array
from collections.abc import Iterable

from bot.local.detection import detect
from bot.local.markup import checked_link, parse_html, utf16_length
from bot.local.models import JsonDict, bad_request
from bot.local.params import Params

MAX_ENTITIES = 100
_PRIORITY = {
    "blockquote": 0,
    "expandable_blockquote": 0,
    "pre": 11,
    "code": 20,
    "text_link": 49,
    "text_mention": 49,
    "bold": 90,
    "italic": 91,
    "underline": 92,
    "strikethrough": 93,
    "spoiler": 94,
    "custom_emoji": 99,
}
_AUTOMATIC = frozenset({"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"})
_IGNORED = frozenset({"date_time"}) | _AUTOMATIC
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_CODE = frozenset({"code", "pre"})
_STYLES = ("bold", "italic", "underline", "strikethrough", "spoiler")
_UNWANTED = re.compile("[\x00-\x09\x0b-\x1f\u2028-\u202e\u030a\u0333\u033f]")
_BLANK = " \n"


def to_units(text: str) -> str:
    """A text as one character per UTF-16 unit."""
    if text.isascii() or utf16_length(text) == len(text):
        return text
    return "".join(map(chr, array("H", text.encode("utf-16-le", "surrogatepass"))))


def from_units(units: str) -> str:
    """The inverse of `to_units`."""
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def read_text(params: Params, name: str, mode: str, entities: str) -> tuple[str, list[JsonDict]]:
    """The parameter `name` as text and entities, from the parse mode or the explicit entities given.

    Raises `ApiError` in Telegram's words for broken markup, entities outside the text and the like.
    """
    source = params.text(name)
    explicit: list[JsonDict] = []
    match params.text(mode).lower():
        case "html":
            source, explicit = parse_html(source)
        case "markdown" | "markdownv2":
            raise bad_request("the local server parses HTML and explicit entities only, not Markdown")
        case "" | "none":
            if given := params.sequence(entities, "message entities"):
                explicit = _checked(given, to_units(source))
        case _:
            raise bad_request("unsupported parse_mode")
    return tidy(source, explicit)


def tidy(text: str, entities: list[JsonDict]) -> tuple[str, list[JsonDict]]:
    """Clean and trim a text, bring entities into Telegram's normal form, and find links and the like."""
    units = to_units(text)
    if _UNWANTED.search(units):
        units, entities = _cleaned(units, entities)
    units, kept = _trimmed(units, _normal(entities, len(units)) if entities else [])
    taken = [e for e in kept if e["type"] not in _STYLES and e["type"] not in _QUOTES]
    found = [e for e in detect(units) if not any(_overlap(e, other) for other in taken)]
    if found:
        kept = _normal([*kept, *found], len(units))
    return from_units(units), kept[:MAX_ENTITIES]


def _checked(given: list[object], units: str) -> list[JsonDict]:
    """Explicit entities, validated; those of automatic kinds are ignored, since they are found anyway."""
    checked: list[JsonDict] = []
    for entity in given:
        if not isinstance(entity, dict):
            raise bad_request("can't parse MessageEntity: expected an Object")
        kind, offset, size = str(entity.get("type")), entity.get("offset"), entity.get("length")
        if not isinstance(offset, int) or not isinstance(size, int):
            raise bad_request("can't parse MessageEntity: Can't find field \"offset\"")
        if kind in _IGNORED:
            continue
        if kind not in _PRIORITY:
            raise bad_request("can't parse MessageEntity: Unsupported type specified")
        clean = {"type": kind, "offset": offset, "length": size, **_detail(entity)}
        _check_place(offset, size, units)
        checked.append(clean)
    return checked


def _check_place(offset: int, size: int, units: str) -> None:
    length = len(units)
    if offset < 0:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if size < 0:
        raise bad_request(f"receive an entity with incorrect length {size}")
    if offset > length:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
    if offset + size > length:
        raise bad_request(
            f"entity beginning at UTF-16 offset {offset} ends after the end of the text "
            f"at UTF-16 offset {offset + size}"
        )
    for at, verb in ((offset, "begins"), (offset + size, "ends")):
        if "\udc00" <= units[at : at + 1] <= "\udfff" and at > 0:
            before = len(from_units(units[: at - 1]).encode())
            raise bad_request(f"entity {verb} in a middle of a UTF-16 symbol at byte offset {before}")


def _detail(entity: JsonDict) -> JsonDict:
    """What an explicit entity carries besides its place."""
    match entity["type"]:
        case "text_link":
            url = entity.get("url")
            if not isinstance(url, str):
                raise bad_request("can't parse MessageEntity: Can't find field \"url\"")
            link = checked_link(url)
            if link is None:
                reason = "Wrong HTTP URL" if url else "URL host is empty"
                raise bad_request(f"entity URL '{url}' is invalid: {reason}")
            return {"url": link}
        case "text_mention":
            if not isinstance(entity.get("user"), dict):
                raise bad_request("can't parse MessageEntity: Can't find field \"user\"")
            return {"user": entity["user"]}
        case "custom_emoji":
            number = entity.get("custom_emoji_id")
            if number is None:
                raise bad_request("can't parse MessageEntity: Can't find field \"custom_emoji_id\"")
            return {"custom_emoji_id": str(number)}
        case "pre" if entity.get("language"):
            return {"language": str(entity["language"])}
    return {}


def _cleaned(units: str, entities: list[JsonDict]) -> tuple[str, list[JsonDict]]:
    """Drop carriage returns, direction overrides and the like; other control characters become spaces."""
    kept: list[str] = []
    places: list[int] = []
    for char in units:
        places.append(len(kept))
        if not _UNWANTED.match(char):
            kept.append(char)
        elif char < " " and char != "\r":
            kept.append(" ")
    places.append(len(kept))
    moved = []
    for entity in entities:
        begin, end = places[entity["offset"]], places[entity["offset"] + entity["length"]]
        moved.append({**entity, "offset": begin, "length": end - begin})
    return "".join(kept), moved


def _trimmed(units: str, entities: list[JsonDict]) -> tuple[str, list[JsonDict]]:
    """Trim the end, and the beginning up to the first entity."""
    end = len(units.rstrip(_BLANK))
    first = min((e["offset"] for e in entities), default=end)
    begin = min(end - len(units[:end].lstrip(_BLANK)), first)
    if begin == 0 and end == len(units):
        return units, entities
    moved = []
    for entity in entities:
        start = max(entity["offset"] - begin, 0)
        stop = min(entity["offset"] + entity["length"], end) - begin
        if start < stop:
            moved.append({**entity, "offset": start, "length": stop - start})
    return units[begin:end], _normal(moved, end - begin)


def _overlap(one: JsonDict, other: JsonDict) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])


def _rank(entity: JsonDict) -> tuple[int, int, int]:
    return entity["offset"], -entity["length"], _PRIORITY.get(entity["type"], 50)


def _normal(entities: list[JsonDict], length: int) -> list[JsonDict]:
    """Telegram's normal form: sorted, nested or apart, code and quotes never within their like."""
    solid = [e for e in entities if e["type"] not in _STYLES and 0 < e["length"] <= length - e["offset"]]
    kept = _apart(e for e in solid if e["type"] in _QUOTES)
    quotes = list(kept)
    for entity in _apart(e for e in solid if e["type"] not in _QUOTES):
        if not any(_crosses(_span(entity), _span(quote)) for quote in quotes):
            kept.append(entity)
    walls = [_span(e) for e in kept]
    blocked = [_span(e) for e in kept if e["type"] in _CODE]
    for style in _STYLES:
        spans = _united(_span(e) for e in entities if e["type"] == style and e["length"] > 0)
        pieces = [piece for span in spans for piece in _cut(_without(span, blocked), walls)]
        walls.extend(pieces)
        kept.extend({"type": style, "offset": begin, "length": end - begin} for begin, end in pieces)
    return sorted(kept, key=_rank)


Span = tuple[int, int]


def _span(entity: JsonDict) -> Span:
    return entity["offset"], entity["offset"] + entity["length"]


def _crosses(one: Span, other: Span) -> bool:
    """Whether two spans overlap without one holding the other."""
    return one[0] < other[0] < one[1] < other[1] or other[0] < one[0] < other[1] < one[1]


def _apart(entities: Iterable[JsonDict]) -> list[JsonDict]:
    """Those that begin first, longest first, and none that overlaps one already taken."""
    kept: list[JsonDict] = []
    end = 0
    for entity in sorted(entities, key=_rank):
        if entity["offset"] >= end:
            kept.append(entity)
            end = entity["offset"] + entity["length"]
    return kept


def _united(spans: Iterable[Span]) -> list[Span]:
    """Overlapping and touching spans as one."""
    united: list[Span] = []
    for begin, end in sorted(spans):
        if united and begin <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((begin, end))
    return united


def _without(span: Span, blocked: list[Span]) -> list[Span]:
    """What is left of a span outside the blocked ones, which are in order."""
    left: list[Span] = []
    begin, end = span
    for stop, resume in sorted(blocked):
        if stop < end and resume > begin:
            if begin < stop:
                left.append((begin, stop))
            begin = resume
    if begin < end:
        left.append((begin, end))
    return left


def _cut(spans: list[Span], walls: list[Span]) -> list[Span]:
    """Spans cut where they would cross a wall, so that everything nests."""
    for wall in walls:
        pieces: list[Span] = []
        for span in spans:
            if _crosses(span, wall):
                at = wall[0] if span[0] < wall[0] else wall[1]
                pieces += [(span[0], at), (at, span[1])]
            else:
                pieces.append(span)
        spans = pieces
    return spans
