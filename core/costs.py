"""Sums of money in a text: how much a task may cost, told from prices that it only speaks of."""

import re
from collections.abc import Iterator

import msgspec

from core.model.category import Category


class Cost(msgspec.Struct, frozen=True):
    """A sum, and how often it is due."""

    amount: float
    """In units of its currency; currencies are taken as equal, which is near enough for a limit."""
    period: str = ""
    """`a month`, `a year` or empty."""

    def __str__(self) -> str:
        return f"{self.amount:g} dollars{' ' + self.period if self.period else ''}"


_AMOUNT = (
    r"(?<![\d.,])(?P<whole{n}>\d{{1,3}}(?:[., ']\d{{3}})+(?!\d)|\d+)"
    r"(?:[.,](?P<cents{n}>\d{{1,2}})(?!\d))?\s?(?P<kilo{n}>k\b)?"
)
"""Whole part with or without separators, cents, thousands; “1.000” is read as a thousand, to be on the safe side."""

_UNITS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {
    word: 10 * number
    for number, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_FACTORS = {"hundred": 100, "thousand": 1000}
_WORD = "|".join((*_UNITS, *_FACTORS))
_CURRENCY = r"dollars?|bucks?|usd|euros?|eur|pounds?|gbp|quid|francs?|chf"

_FOUND = re.compile(
    rf"[$€£]\s?{_AMOUNT.format(n=1)}|\b(?:usd|eur|gbp|chf)\s?{_AMOUNT.format(n=2)}"
    rf"|{_AMOUNT.format(n=3)}\s?(?:[$€£]|(?:us )?(?:{_CURRENCY})\b)"
    rf"|\bcosts?(?: about| around| only)? {_AMOUNT.format(n=4)}(?= (?:a|per) (?:month|year|week|day))"
    rf"|\b(?P<words>(?:(?:a|{_WORD})[ -])?(?:(?:{_WORD}|and)[ -])*(?:{_WORD}))\s(?:{_CURRENCY})\b",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"\s*(?:/|per |a |each |every )\s?(month|mo|year|yr|week|day)\b|\s*(monthly|yearly|annually|weekly)", re.IGNORECASE
)
_SPENDING = re.compile(
    r"\b(?:buy|rent|pay|purchase|subscrib\w*|sign up|book|hire|upgrade|costs?|budget|paid|premium|pro (?:plan|tier)"
    r"|spend"
    r"|fee|licen[cs]es?|expect|order the|order a|bill(?:ed)?)\b|/\s?(?:mo(?:nth)?|yr|year)\b|\b(?:a|per) (?:month"
    r"|year|week)\b"
    r"|\bmonthly\b"
    r"|\byearly\b|\bannually\b",
    re.IGNORECASE,
)
_SPEAKING = re.compile(
    r"\b(?:vouchers?|carts?|shows?|showing|display\w*|should be|exceeds?|notify|filter|rounded|invoices?|prices?"
    r"|comparison|instead of|minimum"
    r"|maximum"
    r"|totals?|donations?|worth|font|articles?|checkout|label|codes?|starts? with|e-?shop|test|tests|fixture|report"
    r"|estimate|explain)\b",
    re.IGNORECASE,
)


def largest(text: str, category: Category) -> Cost | None:
    """The highest cost that a task names; None when it names none, or only speaks of prices."""
    text = re.sub(r"`[^`\n]*`|“[^”\n]{0,200}”|\"[^\"\n]{0,200}\"", "quoted", text)
    if re.search(
        r"\b(?:(?:only|just) (?:a |the )?(?:report|summary|estimate)|(?:report|summary|estimate) only)\b",
        text,
        re.IGNORECASE,
    ):
        return None
    if category in (Category.DOCUMENTATION, Category.TESTS) and _SPEAKING.search(text):
        return None
    costs = [cost for line in text.splitlines() if _is_spending(line) for cost in _costs(line)]
    return max(costs, key=lambda cost: cost.amount, default=None)


def _is_spending(line: str) -> bool:
    """A sum is a cost, unless the line is about prices and nothing is to be paid."""
    return _SPENDING.search(line) is not None or _SPEAKING.search(line) is None


def _costs(line: str) -> Iterator[Cost]:
    for found in _FOUND.finditer(line):
        period = _PERIOD.match(line, found.end())
        name = (period[1] or period[2] or "") if period else ""
        word = {
            "mo": "month",
            "yr": "year",
            "monthly": "month",
            "yearly": "year",
            "annually": "year",
            "weekly": "week",
        }.get(name.lower(), name.lower())
        yield Cost(_amount(found), f"a {word}" if word else "")


def _amount(found: re.Match[str]) -> float:
    if found["words"]:
        return float(_number(found["words"]))
    group = next(n for n in (1, 2, 3, 4) if found[f"whole{n}"])
    whole = re.sub("[^0-9]", "", found[f"whole{group}"])[:15]
    return float(f"{whole}.{found[f'cents{group}'] or 0}") * (1000 if found[f"kilo{group}"] else 1)


def _number(words: str) -> int:
    """“twenty-five” is 25, “two hundred” 200, “a thousand” 1000."""
    total = current = 0
    for word in re.split(r"[ -]+", words.lower()):
        if word in _UNITS:
            current += _UNITS[word]
        elif word in _FACTORS:
            total, current = total + max(current, 1) * _FACTORS[word], 0
    return total + current
