"""HTML to entities and back, with UTF-16 offsets, and the page's HTML that can do no harm."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.local.entities import tidy, to_units
from bot.local.markup import parse_html, utf16_length
from bot.local.models import ApiError, JsonDict
from bot.local.render import render_page, render_telegram

PIECES = st.text(
    st.one_of(
        st.sampled_from("ab <>&\"'\n/@#.x"),
        st.sampled_from("😀👩‍💻é\u05e9\u05dc\u0639\u200f漢\U0001f3f3"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=8,
)
KINDS = st.sampled_from(
    [
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "blockquote",
        "expandable_blockquote",
        "text_link",
    ]
)


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[JsonDict]]:
    text = "".join(draw(st.lists(PIECES, max_size=6)))
    boundaries = [0]
    for char in text:
        boundaries.append(boundaries[-1] + utf16_length(char))
    entities: list[JsonDict] = []
    for kind in draw(st.lists(KINDS, max_size=6)):
        begin, end = sorted((draw(st.sampled_from(boundaries)), draw(st.sampled_from(boundaries))))
        entity: JsonDict = {"type": kind, "offset": begin, "length": end - begin}
        if kind == "text_link":
            entity["url"] = "https://example.org/?a=1&b=\"2'"
        entities.append(entity)
    return text, entities


@given(marked_texts())
@settings(max_examples=400, deadline=None)
def test_normal_form_survives_html_and_back(marked: tuple[str, list[JsonDict]]) -> None:
    text, entities = tidy(*marked)
    assert tidy(*parse_html(render_telegram(text, entities))) == (text, entities)


@given(marked_texts())
@settings(max_examples=200, deadline=None)
def test_entities_lie_within_the_text_nested_or_apart_on_whole_characters(
    marked: tuple[str, list[JsonDict]],
) -> None:
    text, entities = tidy(*marked)
    units = to_units(text)
    spans = [(e["offset"], e["offset"] + e["length"]) for e in entities]
    for begin, end in spans:
        assert 0 <= begin < end <= len(units)
        units[begin:end].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    for one in spans:
        for other in spans:
            assert not one[0] < other[0] < one[1] < other[1]
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(st.text(st.sampled_from("<>/abi&;#x3= \"'é😀"), max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_parsed_or_refused_in_telegrams_words(source: str) -> None:
    refusal = None
    try:
        text, entities = tidy(*parse_html(source))
    except ApiError as error:
        refusal = error.description
    if refusal is None:
        assert tidy(*parse_html(render_telegram(text, entities))) == (text, entities)
    else:
        assert refusal.startswith("Bad Request: can't parse entities: ")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.text += data


@given(marked_texts())
@settings(max_examples=200, deadline=None)
def test_page_html_is_harmless_and_complete(marked: tuple[str, list[JsonDict]]) -> None:
    text, entities = tidy(*marked)
    parser = Tags()
    parser.feed(render_page(text, entities))
    parser.close()
    assert parser.text == text
    assert parser.depth == 0
    for tag, attributes in parser.seen:
        assert tag in {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "span"}
        assert set(attributes) <= {"href", "class", "expandable"}
        assert re.match(r"https?://", attributes.get("href") or "https://")


def entity(kind: str, offset: int, length: int, **more: Any) -> JsonDict:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<B>x</B>", "x", [entity("bold", 0, 1)]),
        ("<strong>a</strong><em>b</em>", "ab", [entity("bold", 0, 1), entity("italic", 1, 1)]),
        ("<ins>a</ins> <del>b</del>", "a b", [entity("underline", 0, 1), entity("strikethrough", 2, 1)]),
        ('<span class="tg-spoiler">a</span>', "a", [entity("spoiler", 0, 1)]),
        ("<tg-spoiler>a</tg-spoiler>", "a", [entity("spoiler", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [entity("expandable_blockquote", 0, 1)]),
        ("<blockquote>a</blockquote>", "a", [entity("blockquote", 0, 1)]),
        (
            '<pre><code class="language-python">a</code></pre>',
            "a",
            [entity("pre", 0, 1, language="python")],
        ),
        ("<pre>a</pre><code>b</code>", "ab", [entity("pre", 0, 1), entity("code", 1, 1)]),
        (
            '<tg-emoji emoji-id="536832">👍</tg-emoji>',
            "👍",
            [entity("custom_emoji", 0, 2, custom_emoji_id="536832")],
        ),
        ("<b>a<code>b</code>c</b>", "abc", [entity("bold", 0, 1), entity("code", 1, 1), entity("bold", 2, 1)]),
        ("&lt;b&gt; &amp;amp; &#128512; &nbsp;", "<b> &amp; 😀 &nbsp;", []),
        ('<a href="javascript:alert(1)">x</a>', "x", []),
        (
            '<a href="tg://user?id=7">x</a>',
            "x",
            [entity("text_mention", 0, 1, user={"id": 7, "is_bot": False, "first_name": ""})],
        ),
        ("<b></b>x", "x", []),
        ("<b>x</>", "x", [entity("bold", 0, 1)]),
    ],
)
def test_tags(source: str, text: str, entities: list[JsonDict]) -> None:
    assert tidy(*parse_html(source)) == (text, entities)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<b>é", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é😀<x>", 'Unsupported start tag "x" at byte offset 6'),
        ("<b>é</i>", 'Unmatched end tag at byte offset 5, expected "</b>", found "</i>"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("<a href=a:b>x</a>", "Unexpected end of name token at byte offset 8"),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ('<tg-emoji emoji-id="no">x</tg-emoji>', "Invalid custom emoji identifier specified"),
    ],
)
def test_errors_in_telegrams_words(source: str, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_html(source)
    assert caught.value.description == f"Bad Request: can't parse entities: {words}"


def test_finds_commands_mentions_links_and_tags() -> None:
    text = "/add@jarvis_bot see https://a.b/c. @vera #now not/this me@a.org"
    _, entities = tidy(text, [])
    found = [(e["type"], text[e["offset"] : e["offset"] + e["length"]]) for e in entities]
    assert found == [
        ("bot_command", "/add@jarvis_bot"),
        ("url", "https://a.b/c"),
        ("mention", "@vera"),
        ("hashtag", "#now"),
        ("email", "me@a.org"),
    ]


def test_finds_nothing_inside_code() -> None:
    _, entities = tidy(*parse_html("<code>/start @vera</code>"))
    assert [e["type"] for e in entities] == ["code"]


def test_direction_overrides_and_control_characters_are_taken_out() -> None:
    text, entities = tidy("a\u202eb\x00\r\n😀c", [entity("bold", 1, 2), entity("italic", 8, 1)])
    assert text == "ab \n😀c"
    assert entities == [entity("bold", 1, 1), entity("italic", 6, 1)]
