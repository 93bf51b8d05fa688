"""Telegram's HTML: to a text and its entities, with Telegram's own words for what is broken.

Offsets and lengths count UTF-16 units; positions in errors count bytes of the UTF-8 source.
"""

import re

import msgspec

from bot.local.models import ApiError, JsonDict, bad_request

_PLAIN_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
}
_TAGS = frozenset({*_PLAIN_TAGS, "a", "code", "pre", "blockquote", "tg-emoji"})
_SPACE = " \t\r\n\0\v"
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
_NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_TEXT_RUN = re.compile(r"[^<&]+")
_LINK = re.compile(r"(?:(?:https?|tg|ton|tonsite)://\S+|[\w-]+(?:\.[\w-]+)+(?:[/?#]\S*)?)", re.IGNORECASE)
_MENTION = re.compile(r"tg:(?://)?user\?id=(\d+)")


class _Open(msgspec.Struct):
    """A start tag that waits for its end."""

    tag: str
    argument: str
    offset: int


def utf16_length(text: str) -> int:
    """How many UTF-16 units a text takes: what Telegram counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[JsonDict]]:
    """A text in Telegram's HTML to its plain text and `MessageEntity` objects, in order of their ends.

    Raises `ApiError` in Telegram's words when the markup is broken.
    """
    return _Parser(source).run()


class _Parser:
    """One pass over one source."""

    def __init__(self, source: str):
        self.source = source
        self.at = 0
        self.out: list[str] = []
        self.offset = 0
        self.open: list[_Open] = []
        self.entities: list[JsonDict] = []

    def run(self) -> tuple[str, list[JsonDict]]:
        """Parse the whole source."""
        source = self.source
        while self.at < len(source):
            if source[self.at] == "<":
                self._end_tag() if source.startswith("</", self.at) else self._start_tag()
            elif source[self.at] == "&" and (reference := decode_reference(source, self.at)):
                char, self.at = reference
                self._write(char)
            else:
                run = _TEXT_RUN.match(source, self.at)
                end = run.end() if run else self.at + 1
                self._write(source[self.at : end])
                self.at = end
        if self.open:
            raise self._error(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        for entity in self.entities:
            entity.pop("_language", None)
        return "".join(self.out), self.entities

    def _write(self, text: str) -> None:
        self.out.append(text)
        self.offset += utf16_length(text)

    def _error(self, words: str) -> ApiError:
        return bad_request(f"can't parse entities: {words}")

    def _byte(self, at: int) -> int:
        return len(self.source[:at].encode("utf-8", "surrogatepass"))

    def _until(self, stop: str) -> str:
        begin = self.at
        while self.at < len(self.source) and self.source[self.at] not in stop:
            self.at += 1
        return self.source[begin : self.at]

    def _skip_space(self) -> None:
        while self.at < len(self.source) and self.source[self.at] in _SPACE:
            self.at += 1

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        tag = self._until(_SPACE + ">").lower()
        if self.at >= len(self.source):
            raise self._error(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if tag not in _TAGS:
            raise self._error(f'Unsupported start tag "{tag}" at byte offset {self._byte(begin)}')
        argument = ""
        while True:
            self._skip_space()
            if self.source[self.at : self.at + 1] == ">":
                break
            name, value = self._attribute(tag, begin)
            argument = _argument(tag, name, value) or argument
        self.at += 1
        if tag == "span" and argument != "spoiler":
            raise self._error(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self.open.append(_Open(tag, argument, self.offset))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        where = f'the tag "{tag}" at byte offset {self._byte(begin)}'
        name = self._until(_SPACE + "=>").lower()
        if not name and self.at < len(self.source):
            raise self._error(f"Empty attribute name in {where}")
        self._skip_space()
        following = self.source[self.at : self.at + 1]
        if following != "=":
            if tag == "blockquote" and name == "expandable" and following:
                return name, "1"
            if not following:
                raise self._error(f"Unclosed start tag at byte offset {self._byte(begin)}")
            raise self._error(f"Expected equal sign in declaration of an attribute of {where}")
        self.at += 1
        self._skip_space()
        value = self._attribute_value()
        if self.at >= len(self.source):
            raise self._error(f"Unclosed start tag at byte offset {self._byte(begin)}")
        return name, value

    def _attribute_value(self) -> str:
        quote = self.source[self.at : self.at + 1]
        if quote not in ("'", '"'):
            token = _NAME_TOKEN.match(self.source, self.at)
            begin = self.at
            self.at = token.end() if token else self.at
            if self.source[self.at : self.at + 1] not in (*_SPACE, ">", ""):
                raise self._error(f"Unexpected end of name token at byte offset {self._byte(begin)}")
            return self.source[begin : self.at].lower()
        self.at += 1
        value: list[str] = []
        while self.at < len(self.source) and self.source[self.at] != quote:
            if self.source[self.at] == "&" and (reference := decode_reference(self.source, self.at)):
                char, self.at = reference
                value.append(char)
            else:
                value.append(self.source[self.at])
                self.at += 1
        self.at += 1
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise self._error(f"Unexpected end tag at byte offset {self._byte(begin)}")
        self.at += 2
        tag = self._until(_SPACE + ">").lower()
        self._skip_space()
        if self.source[self.at : self.at + 1] != ">":
            raise self._error(f"Unclosed end tag at byte offset {self._byte(begin)}")
        self.at += 1
        opened = self.open.pop()
        if tag and tag != opened.tag:
            raise self._error(
                f'Unmatched end tag at byte offset {self._byte(begin)}, expected "</{opened.tag}>", found "</{tag}>"'
            )
        if self.offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity: JsonDict = {"type": "", "offset": opened.offset, "length": self.offset - opened.offset}
        if opened.tag in _PLAIN_TAGS:
            entity["type"] = _PLAIN_TAGS[opened.tag]
        elif opened.tag == "a":
            if not _fill_link(entity, opened.argument or self._text_since(opened.offset)):
                return
        elif opened.tag == "blockquote":
            entity["type"] = "expandable_blockquote" if opened.argument else "blockquote"
        elif opened.tag == "tg-emoji":
            if not re.fullmatch(r"[1-9][0-9]{0,18}", opened.argument):
                raise self._error("Invalid custom emoji identifier specified")
            entity.update(type="custom_emoji", custom_emoji_id=opened.argument)
        else:
            self._close_code(opened, entity)
            return
        self.entities.append(entity)

    def _text_since(self, offset: int) -> str:
        units = "".join(self.out).encode("utf-16-le", "surrogatepass")[offset * 2 :]
        return units.decode("utf-16-le", "surrogatepass")

    def _close_code(self, opened: _Open, entity: JsonDict) -> None:
        """`<pre><code class="language-x">` becomes one entity that knows its language."""
        inner = self.entities[-1] if self.entities else None
        covers = inner is not None and all(inner[key] == entity[key] for key in ("offset", "length"))
        other = "code" if opened.tag == "pre" else "pre"
        if inner is not None and covers and inner["type"] == other:
            language = opened.argument or inner.pop("_language", "")
            inner["type"] = "pre"
            if language:
                inner["language"] = language
            return
        entity["type"] = opened.tag
        if opened.argument and opened.tag == "code":
            entity["_language"] = opened.argument
        self.entities.append(entity)


def _argument(tag: str, name: str, value: str) -> str:
    match tag, name:
        case "a", "href":
            return value
        case "code", "class" if value.startswith("language-"):
            return value.removeprefix("language-")
        case "span", "class" if value.startswith("tg-"):
            return value.removeprefix("tg-")
        case "tg-emoji", "emoji-id":
            return value
        case "blockquote", "expandable":
            return "1"
    return ""


def _fill_link(entity: JsonDict, url: str) -> bool:
    """Make a text_link or text_mention; false when the address is none: the text stays, plain."""
    mention = _MENTION.fullmatch(url.strip())
    if mention:
        user = {"id": int(mention[1]), "is_bot": False, "first_name": ""}
        entity.update(type="text_mention", user=user)
        return True
    checked = checked_link(url)
    if checked is None:
        return False
    entity.update(type="text_link", url=checked)
    return True


def checked_link(url: str) -> str | None:
    """An address as Telegram stores it (with a scheme), or None when it is none."""
    url = url.strip()
    if not _LINK.fullmatch(url):
        return None
    scheme, mark, rest = url.partition("://")
    if not mark:
        scheme, rest = "http", url
    if "/" not in rest and "?" not in rest and "#" not in rest and scheme.lower() in ("http", "https"):
        rest += "/"
    return f"{scheme.lower()}://{rest}"


def decode_reference(source: str, at: int) -> tuple[str, int] | None:
    """The character of an HTML reference at `at` and the position after it, or None when it is none."""
    found = _REFERENCE.match(source, at)
    if not found:
        return None
    hexadecimal, decimal, name = found.groups()
    if name is not None:
        return (_NAMED[name], found.end()) if name in _NAMED else None
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if code == 0 or code >= 0x10FFFF or 0xD800 <= code < 0xE000 or found.end() - at > 10:
        return None
    return chr(code), found.end()
