"""What a request is about, so that it is known when it comes again.

`show me the NBA rankings for 3 March`, and the same for another day, are both `show nba rankings`.
"""

import re

from core.errors import Refused

COMMAND = "command:"
"""Before the name of a command of the chat."""
MAX_LENGTH = 60
MAX_WORDS = 5
MAX_EXAMPLE = 300

_SHOWING = "queue brief weekend next schedule night evening questions finished status stats week month"
OFFERED = frozenset(_SHOWING.split())
"""Commands that show something. The others run the bot, or act on a task that differs each time."""

_POLITE = """
    please pls kindly thanks thank you hello hi hey jarvis bot could can would will shall should may might want need
    like let lets just maybe again now asap quickly i i'd i'm im we you me my our your us it its is are be am do does
    did have has had there here
"""
_EMPTY = "a an the this that these those some any all of to for in on at by with from into about as and or so up out"
_TIMES = """
    today tonight tomorrow yesterday morning noon afternoon evening night midnight day days week weeks weekend month
    months year years daily weekly monthly current latest newest last next new recent hour hours minute minutes am pm
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec st nd rd th
"""
_DROPPED = frozenset((_POLITE + _EMPTY + _TIMES).split())
_DAYS = "mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun"
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    r"\s*\b(?:(?:for|on|of|at|from|until|by|since)\s+)?(?:the\s+)?(?:"
    r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./](?:\d{2,4})?"
    rf"|\d\d?(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTHS}\b\.?(?:,?\s+\d{{4}})?"
    rf"|{_MONTHS}\s+\d\d?(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?"
    rf"|(?:(?:this|next|last)\s+)?(?:{_DAYS})(?:day)?\b"
    r"|today|tonight|tomorrow|yesterday"
    r"|\d\d?:\d\d(?:\s*[ap]m)?|\d\d?\s*[ap]m\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_MARKS = re.compile(r"(?:^|\s)(?:[!@#>]\S+)")


def of_command(name: str) -> str:
    """The type of a command of the chat, without its arguments."""
    return COMMAND + name.casefold()


def of_text(text: str) -> str:
    """The type of a free text: verb and object, without dates, numbers, politeness and marks such as `@shop`.

    Only its first line counts. Empty when nothing is left, as of “thanks!”.
    """
    first = text.strip().partition("\n")[0]
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(_MARKS.sub(" ", first))]
    kept = [word.removesuffix("'s") for word in words if word not in _DROPPED and not any(map(str.isdigit, word))]
    return _cut(" ".join(dict.fromkeys(kept[:MAX_WORDS])))


def timeless(text: str) -> str:
    """The first line of a request without its dates, to be asked for on another day; at most MAX_EXAMPLE characters."""
    first = text.strip().partition("\n")[0][:MAX_EXAMPLE]
    return re.sub(r"\s+", " ", _DATE.sub("", first)).strip(" ,;:-")


def cleaned(given: str) -> str:
    """A type that another program gave, in its one form. Raises Refused when nothing is left of it."""
    kept = _cut(re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in given)).strip().casefold())
    if not kept:
        raise Refused("Name the type of the request, for example nba_rankings.")
    return kept


def may_be_offered(kind: str) -> bool:
    """Whether a request of that type can be offered: not the commands that run the bot."""
    return not kind.startswith(COMMAND) or kind.removeprefix(COMMAND) in OFFERED


def command_of(kind: str) -> str | None:
    """The command of the chat that a type stands for."""
    return kind.removeprefix(COMMAND) if kind.startswith(COMMAND) else None


def _cut(text: str) -> str:
    return text[:MAX_LENGTH].strip()
