"""The environment and `.env`, read once at start into a frozen Settings; every mistake is named at once."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bot.setting_reader import SECRETS, SettingReader, shown
from core import categories, clock_times
from core.engines import BY_NAME
from core.errors import Refused
from core.model.build import Level
from core.model.config import AgentTemplate, Config, PushMode
from core.model.decision import Rule, Verdict
from core.model.ids import ProjectName, RuleId, UserId
from core.model.routine import Routine

TELEGRAM = "https://api.telegram.org"
PRIVATE_PLACES = (
    *(".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".netrc", ".git-credentials", ".pypirc", ".npmrc"),
    *(".password-store", ".mozilla", ".thunderbird", ".local/share/keyrings", ".local/share/TelegramDesktop"),
    *(".config/gh", ".config/gcloud", ".config/google-chrome", ".config/chromium", ".config/rclone", ".config/sops"),
    *("Library/Keychains", "Library/Application Support/Google/Chrome"),
)
"""Below the owner's home folder: keys, passwords and browsers."""
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
    read = SettingReader(values)
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
        routine=_routine(read),
        disk_limit=read.number("DISK_LIMIT", 80, 0, 100),
        memory_limit=read.number("MEMORY_LIMIT", 80, 0, 100),
        max_builds=int(read.number("MAX_BUILDS", 3, 1, 50, whole=True)),
        **_limits(read),
        **_watched(read, folder),
        **_walls(read, folder),
        **_agents(read),
        agent_environment=agent_environment,
        **_decisions(read),
        **_quiet(read),
        git_author=read.author("GIT_AUTHOR", "Jarvis <jarvis@localhost>"),
        own_project=read.text("OWN_PROJECT"),
        push=PushMode(read.choice("PUSH", "NEVER", ("NEVER", "BRANCH", "MERGE")).lower()),
        push_remote=read.remote("PUSH_REMOTE", "origin"),
        trash_days=read.number("TRASH_DAYS", 30, 0, 80),
    )
    read.look_for_slips(set(written) - set(agent_environment))
    if read.mistakes:
        listed = "\n".join(f"  {mistake}" for mistake in read.mistakes)
        raise BadSettings(f"Some settings can't be used. Change them in .env or in the environment:\n{listed}")
    return Settings(config=config, **settings)  # type: ignore[arg-type]


def _routine(read: SettingReader) -> Routine:
    """The owner's week."""
    usual = Routine()
    spans = clock_times.parse_span
    return Routine(
        sleep=read.parsed("SLEEP_HOURS", spans, usual.sleep),
        work=read.parsed("WORK_HOURS", spans, usual.work),
        gym=read.parsed("GYM_HOURS", clock_times.parse_spans, usual.gym),
        evening=read.parsed("EVENING_HOURS", spans, usual.evening),
        weekend=read.parsed("WEEKEND_HOURS", spans, usual.weekend),
        brief=read.parsed("BRIEF_AT", clock_times.parse_clock, usual.brief),
        plan=read.parsed("PLAN_AT", clock_times.parse_clock, usual.plan),
        check_in=read.parsed("CHECK_IN_AT", clock_times.parse_clock, usual.check_in),
        vote=read.parsed("VOTE_AT", clock_times.parse_clock, usual.vote),
        weekend_start=read.parsed("WEEKEND_START_AT", clock_times.parse_clock, usual.weekend_start),
        weekend_summary=read.parsed("WEEKEND_SUMMARY_AT", clock_times.parse_clock, usual.weekend_summary),
    )


def _quiet(read: SettingReader) -> dict[str, Any]:
    """When messages have no sound."""
    hours = read.hours("QUIET_HOURS")
    return {"quiet_hours": hours or None, "quiet_nights": hours is not None}


def _limits(read: SettingReader) -> dict[str, Any]:
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


def _decisions(read: SettingReader) -> dict[str, Any]:
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


def _rules(read: SettingReader, name: str, text: str, verdict: Verdict) -> list[Rule]:
    """`docs, infra@shop, @blog`."""
    rules = []
    for number, word in enumerate(filter(None, (each.strip() for each in re.split(r"[,\n]", text))), 1):
        what, _, project = (part.strip() for part in word.partition("@"))
        category = categories.find(what) if what else None
        if category is None and what:
            read.wrong(name, f"there is no category “{shown(what, 40)}”.")
            continue
        place = ProjectName(project) if project else None
        rule_id = RuleId(f"{name.lower()}_{number}")
        rules.append(Rule(id=rule_id, verdict=verdict, category=category, project=place, at=_BEFORE_ALL))
    return rules


def _agents(read: SettingReader) -> dict[str, Any]:
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


def _watched(read: SettingReader, folder: Path) -> dict[str, Any]:
    """What may become a problem, and where something may be done about it."""
    watched = [read.folder("WATCH_PATHS", path) for path in read.paths("WATCH_PATHS")]
    logs = [(folder / read.folder("LOG_ROOTS", path)).resolve() for path in read.paths("LOG_ROOTS")]
    databases = [(folder / read.folder("DATABASE_ROOTS", path)).resolve() for path in read.paths("DATABASE_ROOTS")]
    for name, roots in (("LOG_ROOTS", logs), ("DATABASE_ROOTS", databases)):
        if Path("/") in roots:
            read.wrong(name, "/ is the whole machine; name the folders that may be cleaned up.")
    return {
        "watch_paths": tuple(folder / path for path in watched),
        "log_roots": tuple(logs),
        "database_roots": tuple(databases),
        "swap_limit": read.number("SWAP_LIMIT", 80, 0, 100),
        "load_limit": read.number("LOAD_LIMIT", 4, 0, 1000),
        "log_limit": read.number("LOG_LIMIT_MB", 1000, 0, 10_000_000),
        "database_limit": read.number("DATABASE_LIMIT_MB", 5000, 0, 10_000_000),
    }


def _walls(read: SettingReader, folder: Path) -> dict[str, Any]:
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


def _private_places() -> list[Path]:
    """Where keys of the owner lie that no build has to read."""
    try:
        home = Path.home()
    except RuntimeError:  # this user has none
        return []
    return [home / place for place in PRIVATE_PLACES]
