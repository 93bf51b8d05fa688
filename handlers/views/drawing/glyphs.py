"""Which characters can be drawn: with the font that comes with the library, and with those of the machine."""

import unicodedata
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font

MISSING = "□"
_FIRST = "DejaVu Sans"
_FURTHER = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Emoji",
    "Symbola",
    "Unifont",
)


@cache
def families() -> tuple[str, ...]:
    """The families to draw with, best first; only such as are there."""
    there = set(fontManager.get_font_names())
    return (_FIRST, *(name for name in _FURTHER if name in there))


@cache
def _characters(family: str, bold: bool) -> frozenset[int]:
    path = findfont(FontProperties(family=family, weight="bold" if bold else "normal"))
    return frozenset(FT2Font(path).get_charmap())


def _is_drawable(character: str, bold: bool) -> bool:
    return any(ord(character) in _characters(family, bold) for family in families())


def drawable(text: str, *, bold: bool = False) -> str:
    """One line of text that has a glyph for everything in it.

    Control characters and the invisible ones that turn the direction go, as do pictograms without a glyph; letters
    without one become a single “□”.
    """
    shown = ""
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in ("Cc", "Zs", "Zl", "Zp"):
            shown += " "
        elif category in ("Cf", "Cs", "Co", "Cn"):
            continue
        elif _is_drawable(character, bold):
            shown += character
        elif category[0] in "LN" and not shown.endswith(MISSING):
            shown += MISSING
    return " ".join(shown.split()) or (MISSING if text.strip() else "")
