"""What may stand in a task: checks of titles, hours and lists, each refusal with what to do instead."""

import math
import re
import unicodedata

from core.errors import Refused
from core.windows import MAX_HOURS

MAX_TITLE = 200
MAX_DESCRIPTION = 20_000
MAX_COMMAND = 10_000

_SPOOFING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
"""Direction overrides: they can make a text read as something else. Right-to-left words need none of them."""

_NUMBER = r"(\d{1,6}(?:[.,]\d{1,6})?)"
_HOURS = re.compile(rf"{_NUMBER}|(?:{_NUMBER}\s?(?:h|hours?|hrs?))?\s?(?:(\d{{1,6}})\s?(?:m|min|minutes?))?", re.I)


def clean_title(text: str) -> str:
    """One line without control characters. Raises Refused when nothing or too much is left."""
    visible = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in text)
    title = " ".join(visible.translate(_SPOOFING).split())
    if all(unicodedata.category(char) in ("Cf", "Zs") for char in title):
        raise Refused("The task needs a title, for example: Fix the login test.")
    if len(title) > MAX_TITLE:
        raise Refused(
            f"The title has {len(title):,} characters; {MAX_TITLE} are enough. Put the rest into the description."
        )
    return title


def clean_text(text: str, what: str, limit: int = MAX_DESCRIPTION) -> str:
    """Text of several lines, without control characters but tabs and line ends. Raises Refused when too long."""
    if len(text) > limit:
        raise Refused(f"The {what} has {len(text):,} characters; {limit:,} is the limit.")
    kept = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    return kept.translate(_SPOOFING).strip()


def check_hours(hours: float) -> float:
    """The estimate itself. Raises Refused unless it is above 0 and at most 12 hours."""
    if math.isnan(hours) or hours <= 0:
        raise Refused("The estimate must be more than 0 hours, for example 0.5 or 2.")
    if hours > MAX_HOURS:
        raise Refused(
            f"{hours:g} hours is more than one task may take ({MAX_HOURS:g}). "
            "Split it into phases, and let each wait for the one before."
        )
    return hours


def parse_hours(text: str) -> float:
    """Hours from “2”, “1.5h”, “30m”, “1h30m”. Raises Refused when it is no number or out of range."""
    given = text.strip()
    match = _HOURS.fullmatch(given)
    if not given or match is None:
        if given.startswith(("-", "−")) and _HOURS.fullmatch(given[1:].lstrip()):
            return check_hours(-1)
        raise Refused(f"“{given[:40]}” is not a number of hours. Write it like 0.5, 2h or 30m.")
    plain, whole, minutes = match.groups()
    return check_hours(float((plain or whole or "0").replace(",", ".")) + int(minutes or 0) / 60)


def clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Each tag once, lower case. Raises Refused for anything but letters, digits, `-` and `_`."""
    for tag in tags:
        if not re.fullmatch(r"[\w-]{1,30}", tag):
            raise Refused(f"“{tag[:40]}” can't be a tag: use letters, digits, - and _.")
    return tuple(dict.fromkeys(tag.lower() for tag in tags))
