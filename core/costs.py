"""Amounts of money in a text, as people write them: “$20/month”, “20 dollars”, “EUR 1.000”, “2k USD a year”."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = r"(\d{1,3}(?:[., ']\d{3}){1,9}(?!\d)|\d{1,30})(?:[.,](\d{1,2})(?!\d))?(?:\s?(k|thousand|m|mio|million)(?![a-z]))?"
"""Whole part with or without separators, cents, a factor; “1.000” is read as a thousand, to be on the safe side."""

_SIGN = r"(?:us|ca|au|nz|c|a)?[$€£¥₹]|(?<![a-z])(?:usd|eur|gbp|chf)"
_NAME = r"(?:us[- ]?|canadian |australian )?(?:dollars?|bucks|euros?|pounds?|quid|francs?)|usd|eur|gbp|chf|[$€£]"
_COUNT = r"\b(a|one|two|three|four|five|six|eight|ten|twelve|fifteen|twenty|thirty|forty|fifty|hundred|a hundred|a thousand)"
_PERIOD = re.compile(
    r"\s{0,2}(?:/|per|an?|every|each)\s{0,2}(hour|hr|h|day|week|wk|month|mo|quarter|year|yr|annum|user|seat|request)\b"
    r"|\s{0,2}(hourly|daily|weekly|monthly|yearly|annually)\b"
)
_SUM = re.compile(
    rf"(?:{_SIGN})\s?{_NUMBER}|(?<![\w.,]){_NUMBER}\s?-?(?:{_NAME})(?![a-z\d])|{_COUNT}\s(?:hundred |thousand )?(?:{_NAME})(?![a-z\d])",
    re.IGNORECASE,
)
_FACTORS = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6}
_COUNTS = {
    **{"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12},
    **{"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "a hundred": 100},
    "a thousand": 1000,
}


@dataclass(frozen=True)
class Cost:
    """A sum of money; currencies are taken at par, which is near enough for a limit."""

    amount: float
    """In dollars, euros or the like."""
    period: str = ""
    """As in “a month”: the word after it; empty for a single payment."""


def find(text: str) -> Iterator[Cost]:
    """Every amount that is named, in its order. Shell variables (`$1`) are not told from dollars."""
    for match in _SUM.finditer(text):
        groups = match.groups()
        first = next((start for start in (0, 3) if groups[start]), None)
        if first is None:
            word = " ".join(match[0].lower().split())
            amount = float(_COUNTS[groups[6].lower()])
            amount *= 100 if " hundred " in word else 1000 if " thousand " in word else 1
        else:
            whole, cents, factor = groups[first : first + 3]
            amount = float(f"{re.sub('[^0-9]', '', whole)[:15]}.{cents or 0}") * _FACTORS.get((factor or "").lower(), 1)
        period = _PERIOD.match(text.lower(), match.end())
        yield Cost(amount, (period[1] or period[2]) if period else "")


def largest(text: str) -> Cost | None:
    """The highest sum; None when no money is spoken of."""
    return max(find(text), key=lambda cost: cost.amount, default=None)
