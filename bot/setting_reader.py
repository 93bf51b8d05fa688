"""Reads settings from text, and notes every mistake instead of stopping at the first."""

import math
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core import clock_times
from core.engines import BY_NAME, SHELL
from core.errors import Refused
from core.model.ids import UserId
from core.model.routine import Span

Value = TypeVar("Value")

SECRETS = frozenset({"TELEGRAM_BOT_TOKEN"})


class SettingReader:
    """Reads values, and notes mistakes instead of stopping at the first."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: set[str] = set()
        self.mistakes: list[str] = []

    def look_for_slips(self, names: Collection[str]) -> None:
        """Note names among these that look like a mistyped setting."""
        for name in sorted(set(names) - self._known):
            meant = get_close_matches(name, self._known, 1, 0.85)
            if meant:
                self.mistakes.append(f"{name}: there is no such setting. Do you mean {meant[0]}?")

    def text(self, name: str, default: str = "") -> str:
        """What is set, or the default."""
        self._known.add(name)
        return self._values.get(name, "").strip() or default

    def wrong(self, name: str, why: str) -> None:
        """Note that a setting can't be used, and why."""
        value = "" if name in SECRETS else f"={shown(self.text(name), 60)}"
        self.mistakes.append(f"{name}{value}: {why}")

    def token(self, name: str) -> str | None:
        """A token of BotFather's; None when it is not set."""
        token = self.text(name)
        if token and not re.fullmatch(r"\d+:[\w-]+", token):
            self.wrong(name, "this does not look like a bot token. BotFather gives one like 123456:ABC-DEF...")
        return token or None

    def url(self, name: str, default: str) -> str:
        """An address, without a slash at its end."""
        url = self.text(name, default).rstrip("/")
        if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
            self.wrong(name, "write an address that begins with https:// or http://")
        return url

    def people(self, name: str) -> frozenset[UserId]:
        """Telegram ids."""
        found = set()
        for word in re.split(r"[\s,;]+", self.text(name)):
            if re.fullmatch(r"\d{1,19}", word):
                found.add(UserId(int(word)))
            elif word:
                self.wrong(name, f"“{shown(word, 20)}” is no Telegram id. Ids are numbers, separated by commas.")
        return frozenset(found)

    def number(
        self, name: str, default: float, low: float, high: float, *, whole: bool = False, low_counts: bool = False
    ) -> float:
        """Over `low` (with `low_counts` from it on), up to `high`."""
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            value = math.nan
        low_counts = low_counts or whole
        beyond_low = value < low if low_counts else value <= low
        if not math.isfinite(value) or beyond_low or value > high or (whole and value != int(value)):
            limits = f"from {low:g} to {high:g}" if low_counts else f"over {low:g}, up to {high:g}"
            self.wrong(name, f"write a {'whole ' if whole else ''}number {limits}.")
            return default
        return value

    def zone(self, name: str) -> ZoneInfo:
        """An IANA name; the machine's zone when nothing is set."""
        wanted = self.text(name) or _system_zone()
        try:
            return ZoneInfo(wanted)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(name, "no such time zone. Write one like Europe/Berlin or America/New_York.")
            return ZoneInfo("UTC")

    def parsed(self, name: str, parse: Callable[[str], Value], default: Value) -> Value:
        """What `parse` makes of the text; it raises Refused."""
        text = self.text(name)
        try:
            return parse(text) if text else default
        except Refused as error:
            self.wrong(name, str(error))
            return default

    def hours(self, name: str) -> Span | tuple[()] | None:
        """A time of the day to another, as `23:00-07:00`; None for `never`; nothing when nothing is set."""
        text = self.text(name).casefold()
        if text in ("never", "none", "off"):
            return None
        try:
            return clock_times.parse_span(text) if text else ()
        except Refused:
            self.wrong(name, "write it like 23:00-07:00, or never.")
            return ()

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        """One of the options, in the case that they are written in."""
        written = self.text(name, default)
        value = written.upper() if options[0].isupper() else written.lower()
        if value not in options:
            self.wrong(name, f"choose one of {', '.join(options)}.")
            return default
        return value

    def author(self, name: str, default: str) -> str:
        """`Name <mail>`, as git writes it."""
        value = self.text(name, default)
        if not re.fullmatch(r"[^<>\x00-\x1f]*\w[^<>\x00-\x1f]* <[^<>\s@]+@[^<>\s@]+>", value):
            self.wrong(name, "write it like Jarvis <jarvis@example.com>.")
            return default
        return value

    def remote(self, name: str, default: str) -> str:
        """The name of a remote of git's, not its address."""
        value = self.text(name, default)
        if not re.fullmatch(r"\w[\w./-]*", value):
            self.wrong(name, "write the name of a remote, like origin.")
            return default
        return value

    def folder(self, name: str, path: str) -> Path:
        """A path, with the home folder filled in."""
        try:
            return Path(path).expanduser()
        except RuntimeError:
            self.wrong(name, f"no home folder for {path.split('/', maxsplit=1)[0][:40]}. Write the whole path.")
            return Path()

    def paths(self, name: str) -> list[str]:
        """Several, by commas or lines."""
        return [path.strip() for path in re.split(r"[\n,]", self.text(name)) if path.strip()]

    def names(self, name: str) -> tuple[str, ...]:
        """Names of variables."""
        words = [word for word in re.split(r"[\s,]+", self.text(name)) if word]
        for word in words:
            if word in SECRETS or not re.fullmatch(r"[A-Za-z_]\w*", word):
                self.wrong(name, f"“{shown(word, 40)}” is not a variable that may be given to agents.")
        return tuple(words)

    def agents(self, name: str, known: Collection[str]) -> list[str]:
        """Names of engines."""
        found = [word.casefold() for word in re.split(r"[\s,]+", self.text(name)) if word]
        for word in found:
            if word not in known:
                self.wrong(name, f"there is no agent “{shown(word, 40)}”. There are {', '.join(known)}.")
        return found

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """`one: value; other: value`."""
        found = []
        for entry in filter(None, (each.strip() for each in re.split(r"[;\n]", self.text(name)))):
            left, colon, right = entry.partition(":")
            if not colon or not left.strip() or not right.strip():
                self.wrong(name, f"“{shown(entry, 40)}” is not of the form NAME: VALUE.")
            else:
                found.append((left.strip().casefold(), right.strip()))
        return found

    def templates(self, name: str) -> list[tuple[str, tuple[str, ...]]]:
        """Agents of the owner's: a name and the words of a command for each."""
        found = []
        for given, text in self.pairs(name):
            if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,29}", given) or given in (*BY_NAME, SHELL):
                self.wrong(name, f"“{shown(given, 40)}” can't be the name of a template.")
            elif (words := self.command(name, text)) is not None:
                found.append((given, words))
        return found

    def command(self, name: str, text: str) -> tuple[str, ...] | None:
        """The words of a command line; None when it is empty."""
        try:
            words = tuple(shlex.split(text))
        except ValueError:
            self.wrong(name, "a quotation mark is missing.")
            return None
        unknown = set(re.findall(r"\{(\w*)\}", text)) - {"prompt_file", "worktree"}
        if unknown:
            self.wrong(name, f"{{{unknown.pop()}}} is unknown; {{prompt_file}} and {{worktree}} can be filled in.")
        return words or None


def shown(value: str, limit: int) -> str:
    """The beginning of a value; a token that was put into the wrong line is not repeated."""
    return re.sub(r"\d+:[\w-]{20,}", "[hidden]", value)[:limit]


def _system_zone() -> str:
    """The machine's time zone as an IANA name; UTC when it can't be told."""
    link = Path("/etc/localtime")
    if link.is_symlink():
        _, found, name = str(link.readlink()).partition("zoneinfo/")
        if found:
            return name
    return "UTC"
