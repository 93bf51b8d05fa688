"""The environment and `.env`, read once at start into a frozen Settings; every mistake is named at once."""

import math
import os
import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from core import categories
from core.engines import BY_NAME, SHELL
from core.errors import Refused
from core.model.build import Level
from core.model.config import AgentTemplate, Config, PushMode
from core.model.decision import Rule, Verdict
from core.model.ids import ProjectName, RuleId, UserId

TELEGRAM = "https://api.telegram.org"
PRIVATE_PLACES = (
    *(".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".netrc", ".git-credentials", ".pypirc", ".npmrc"),
    *(".password-store", ".mozilla", ".thunderbird", ".local/share/keyrings", ".local/share/TelegramDesktop"),
    *(".config/gh", ".config/gcloud", ".config/google-chrome", ".config/chromium", ".config/rclone", ".config/sops"),
    *("Library/Keychains", "Library/Application Support/Google/Chrome"),
)
"""Below the owner's home folder: keys, passwords and browsers."""
SECRETS = frozenset({"TELEGRAM_BOT_TOKEN"})
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
"""Rules of the settings are older than any that is said in the chat."""


class BadSettings(Refused):
    """Some settings can't be used; the text has a line for each."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the owner set, checked."""

    token: str | None
    """None: run with the local chat."""
    api_url: str
    """Without the final `/bot`."""
    owners: frozenset[UserId]
    local_chat_port: int
    projects: tuple[Path, ...]
    """Repositories to register at start."""
    log_level: str
    environment: Mapping[str, str]
    """Of the process and the file together: where agents get their keys from."""
    config: Config


def load(environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> Settings:
    """Read `.env` in a folder (default: the working folder) below the environment, which wins.

    Raises BadSettings, with one line for each mistake.
    """
    folder = folder or Path.cwd()
    written = _read_file(folder / ".env")
    return parse({**written, **environment}, folder, tuple(written))


def parse(values: Mapping[str, str], folder: Path, written: Collection[str] = ()) -> Settings:
    """As `load`, from given values; relative paths are taken from `folder`.

    `written` are the names in the file: one that is nearly that of a setting is taken for a slip.
    """
    read = _Reader(values)
    token = read.token("TELEGRAM_BOT_TOKEN")
    settings = {
        "token": token,
        "api_url": read.url("TELEGRAM_API_URL", TELEGRAM),
        "owners": read.people("OWNER_IDS"),
        "local_chat_port": int(read.number("LOCAL_CHAT_PORT", 8080, 1, 65535, whole=True)),
        "projects": tuple(folder / read.folder("PROJECTS", path) for path in read.paths("PROJECTS")),
        "log_level": read.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        "environment": {name: value for name, value in values.items() if name not in SECRETS},
    }
    agent_environment = read.names("AGENT_ENV")
    config = Config(
        home=(folder / read.folder("JARVIS_HOME", read.text("JARVIS_HOME", "autonomous"))).resolve(),
        zone=read.zone("TIMEZONE"),
        max_builds=int(read.number("MAX_BUILDS", 3, 1, 50, whole=True)),
        **_limits(read),
        **_walls(read, folder),
        **_agents(read),
        agent_environment=agent_environment,
        **_decisions(read),
        quiet_hours=read.hours("QUIET_HOURS", "23:00-07:00"),
        git_author=read.author("GIT_AUTHOR", "Jarvis <jarvis@localhost>"),
        push=PushMode(read.choice("PUSH", "NEVER", ("NEVER", "BRANCH", "MERGE")).lower()),
        push_remote=read.remote("PUSH_REMOTE", "origin"),
        trash_days=read.number("TRASH_DAYS", 30, 0, 80),
    )
    read.look_for_slips(set(written) - set(agent_environment))
    if read.mistakes:
        listed = "\n".join(f"  {mistake}" for mistake in read.mistakes)
        raise BadSettings(f"Some settings can't be used. Change them in .env or in the environment:\n{listed}")
    return Settings(config=config, **settings)  # type: ignore[arg-type]


def _limits(read: "_Reader") -> dict[str, Any]:
    """What one build may take, and all of them together."""
    return {
        "build_hours": read.number("BUILD_HOURS", 8, 0, 1000),
        "idle_minutes": read.number("IDLE_MINUTES", 30, 0, 10_000),
        "verify_minutes": read.number("VERIFY_MINUTES", 30, 0, 10_000),
        "cpu_hours": read.number("BUILD_CPU_HOURS", 16, 0, 10_000),
        "memory_gb": read.number("BUILD_MEMORY_GB", 4, 0, 10_000),
        "max_processes": int(read.number("BUILD_PROCESSES", 500, 1, 100_000, whole=True)),
        "disk_gb": read.number("BUILD_DISK_GB", 10, 0, 100_000),
        "build_dollars": read.number("BUILD_DOLLARS", 5, 0, 100_000, low_counts=True),
        "night_dollars": read.number("NIGHT_DOLLARS", 20, 0, 1_000_000, low_counts=True),
        "build_tokens": int(read.number("BUILD_TOKENS", 0, 0, 10**12, whole=True)),
        "night_tokens": int(read.number("NIGHT_TOKENS", 0, 0, 10**12, whole=True)),
        "night_hours": read.number("NIGHT_HOURS", 60, 0, 10_000, low_counts=True),
        "retry_minutes": read.number("RETRY_MINUTES", 10, 0, 10_000, low_counts=True),
    }


def _decisions(read: "_Reader") -> dict[str, Any]:
    """What may happen without asking."""
    free = _rules(read, "RUN_BY_ITSELF", read.text("RUN_BY_ITSELF"), Verdict.RUN)
    asked = _rules(read, "ASK_FIRST", read.text("ASK_FIRST"), Verdict.ASK)
    return {
        "rules": (*free, *asked),
        "auto_merge": read.choice("AUTO_MERGE", "false", ("false", "true")) == "true",
        "sensitive_paths": tuple(read.paths("SENSITIVE_PATHS")),
        "approval_days": read.number("APPROVAL_DAYS", 7, 0, 1000),
        "cost_limit": read.number("COST_LIMIT", 10, 0, 1_000_000, low_counts=True),
    }


def _rules(read: "_Reader", name: str, text: str, verdict: Verdict) -> list[Rule]:
    """`docs, infra@shop, @blog`."""
    rules = []
    for number, word in enumerate(filter(None, (each.strip() for each in re.split(r"[,\n]", text))), 1):
        what, _, project = (part.strip() for part in word.partition("@"))
        category = categories.find(what) if what else None
        if category is None and what:
            read.wrong(name, f"there is no category “{_shown(what, 40)}”.")
            continue
        place = ProjectName(project) if project else None
        rule_id = RuleId(f"{name.lower()}_{number}")
        rules.append(Rule(id=rule_id, verdict=verdict, category=category, project=place, at=_BEFORE_ALL))
    return rules


def _agents(read: "_Reader") -> dict[str, Any]:
    """Which agents there are besides the known ones, and which is used when."""
    templates = [AgentTemplate(name=name, argv=argv) for name, argv in read.templates("AGENT_TEMPLATES")]
    command = read.command("AGENT_COMMAND", read.text("AGENT_COMMAND"))
    if command is not None:
        templates.insert(0, AgentTemplate(name=Path(command[0]).name.casefold(), argv=command))
    known = (*(template.name for template in templates), *BY_NAME)
    by_category = {}
    for category, name in read.pairs("AGENT_BY_CATEGORY"):
        found = categories.find(category)
        if found is None:
            read.wrong("AGENT_BY_CATEGORY", f"there is no category “{category[:40]}”.")
        elif name not in known:
            read.wrong("AGENT_BY_CATEGORY", f"there is no agent “{name[:40]}”. There are {', '.join(known)}.")
        else:
            by_category[found] = name
    arguments = {}
    for name, text in read.pairs("AGENT_ARGUMENTS"):
        if name not in BY_NAME:
            read.wrong("AGENT_ARGUMENTS", f"there is no agent “{name[:40]}”. There are {', '.join(BY_NAME)}.")
        elif (words := read.command("AGENT_ARGUMENTS", text)) is not None:
            arguments[name] = words
    return {
        "agent_templates": tuple(templates),
        "agents": tuple(read.agents("AGENTS", known)),
        "agent_by_category": by_category,
        "agent_arguments": arguments,
    }


def _walls(read: "_Reader", folder: Path) -> dict[str, Any]:
    """What builds may touch."""
    writable = [read.folder("WRITABLE_PATHS", path) for path in read.paths("WRITABLE_PATHS")]
    hidden = [read.folder("HIDDEN_PATHS", path) for path in read.paths("HIDDEN_PATHS")]
    return {
        "confinement": Level(read.choice("CONFINEMENT", "auto", tuple(each.value for each in Level))),
        "writable_paths": tuple(folder / path for path in writable),
        "hidden_paths": (folder / ".env", *_private_places(), *(folder / path for path in hidden)),
    }


def _read_file(path: Path) -> dict[str, str]:
    """The settings in a file; none when there is no such file. Raises BadSettings when it can't be understood."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSettings(f"{path} can't be read: {why}. .env.example shows what it may say.") from error
    broken = next((binding.original.line for binding in parse_stream(StringIO(text)) if binding.error), None)
    if broken is not None:
        raise BadSettings(f"{path}, line {broken}: write NAME=value there, with a closing quotation mark for each.")
    return {name: value for name, value in dotenv_values(stream=StringIO(text)).items() if value is not None}


class _Reader:
    """Reads values, and notes mistakes instead of stopping at the first."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: set[str] = set()
        self.mistakes: list[str] = []

    def look_for_slips(self, names: Collection[str]) -> None:
        for name in sorted(set(names) - self._known):
            meant = get_close_matches(name, self._known, 1, 0.85)
            if meant:
                self.mistakes.append(f"{name}: there is no such setting. Do you mean {meant[0]}?")

    def text(self, name: str, default: str = "") -> str:
        self._known.add(name)
        return self._values.get(name, "").strip() or default

    def wrong(self, name: str, why: str) -> None:
        value = "" if name in SECRETS else f"={_shown(self.text(name), 60)}"
        self.mistakes.append(f"{name}{value}: {why}")

    def token(self, name: str) -> str | None:
        token = self.text(name)
        if token and not re.fullmatch(r"\d+:[\w-]+", token):
            self.wrong(name, "this does not look like a bot token. BotFather gives one like 123456:ABC-DEF...")
        return token or None

    def url(self, name: str, default: str) -> str:
        url = self.text(name, default).rstrip("/")
        if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
            self.wrong(name, "write an address that begins with https:// or http://")
        return url

    def people(self, name: str) -> frozenset[UserId]:
        found = set()
        for word in re.split(r"[\s,;]+", self.text(name)):
            if re.fullmatch(r"\d{1,19}", word):
                found.add(UserId(int(word)))
            elif word:
                self.wrong(name, f"“{_shown(word, 20)}” is no Telegram id. Ids are numbers, separated by commas.")
        return frozenset(found)

    def number(
        self, name: str, default: float, low: float, high: float, *, whole: bool = False, low_counts: bool = False
    ) -> float:
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
        wanted = self.text(name) or _system_zone()
        try:
            return ZoneInfo(wanted)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(name, "no such time zone. Write one like Europe/Berlin or America/New_York.")
            return ZoneInfo("UTC")

    def hours(self, name: str, default: str) -> tuple[time, time] | None:
        """A time of the day to another, as `23:00-07:00`; None for `never`."""
        text = self.text(name, default).casefold()
        if text in ("never", "none", "off"):
            return None
        match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)", text)
        if match is None:
            self.wrong(name, "write it like 23:00-07:00, or never.")
            return None
        first, last, second, end = map(int, match.groups())
        return time(first, last), time(second, end)

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
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
        try:
            return Path(path).expanduser()
        except RuntimeError:
            self.wrong(name, f"no home folder for {path.split('/', maxsplit=1)[0][:40]}. Write the whole path.")
            return Path()

    def paths(self, name: str) -> list[str]:
        return [path.strip() for path in re.split(r"[\n,]", self.text(name)) if path.strip()]

    def names(self, name: str) -> tuple[str, ...]:
        words = [word for word in re.split(r"[\s,]+", self.text(name)) if word]
        for word in words:
            if word in SECRETS or not re.fullmatch(r"[A-Za-z_]\w*", word):
                self.wrong(name, f"“{_shown(word, 40)}” is not a variable that may be given to agents.")
        return tuple(words)

    def agents(self, name: str, known: Collection[str]) -> list[str]:
        found = [word.casefold() for word in re.split(r"[\s,]+", self.text(name)) if word]
        for word in found:
            if word not in known:
                self.wrong(name, f"there is no agent “{_shown(word, 40)}”. There are {', '.join(known)}.")
        return found

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """`one: value; other: value`."""
        found = []
        for entry in filter(None, (each.strip() for each in re.split(r"[;\n]", self.text(name)))):
            left, colon, right = entry.partition(":")
            if not colon or not left.strip() or not right.strip():
                self.wrong(name, f"“{_shown(entry, 40)}” is not of the form NAME: VALUE.")
            else:
                found.append((left.strip().casefold(), right.strip()))
        return found

    def templates(self, name: str) -> list[tuple[str, tuple[str, ...]]]:
        found = []
        for given, text in self.pairs(name):
            if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,29}", given) or given in (*BY_NAME, SHELL):
                self.wrong(name, f"“{_shown(given, 40)}” can't be the name of a template.")
            elif (words := self.command(name, text)) is not None:
                found.append((given, words))
        return found

    def command(self, name: str, text: str) -> tuple[str, ...] | None:
        try:
            words = tuple(shlex.split(text))
        except ValueError:
            self.wrong(name, "a quotation mark is missing.")
            return None
        unknown = set(re.findall(r"\{(\w*)\}", text)) - {"prompt_file", "worktree"}
        if unknown:
            self.wrong(name, f"{{{unknown.pop()}}} is unknown; {{prompt_file}} and {{worktree}} can be filled in.")
        return words or None


def _private_places() -> list[Path]:
    """Where keys of the owner lie that no build has to read."""
    try:
        home = Path.home()
    except RuntimeError:  # this user has none
        return []
    return [home / place for place in PRIVATE_PLACES]


def _shown(value: str, limit: int) -> str:
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
