"""The coding agents that Jarvis knows: how each is found, started and understood. A table, and the choice from it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from core.errors import Refused
from core.model.build import Engine
from core.model.config import Config
from core.model.project import Project
from core.model.task import Task
from core.ports import Program

SHELL = "shell"


class EngineKind(msgspec.Struct, frozen=True, kw_only=True):
    """One agent program. Prompts come by standard input, unless `{prompt_file}` stands in `arguments`."""

    name: str
    program: str
    """Looked for on the PATH."""
    install: str
    """What the owner can do to get it."""
    arguments: tuple[str, ...]
    reader: str
    must_close: bool = False
    keys: tuple[str, ...] = ()
    """Variables that it may need; without a login it needs one of those in `secrets`."""
    secrets: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()
    """Files below the owner's home folder, by which it is logged in."""
    environment: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    """What it finds in its home folder; `{prompt_json}` stands for the prompt as a JSON string."""
    tells_cost: bool = False


_OPENAI = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE")
_MANY = (
    *("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY"),
    *("GROQ_API_KEY", "MISTRAL_API_KEY", "XAI_API_KEY"),
)

KINDS: tuple[EngineKind, ...] = (
    EngineKind(
        name="claude",
        program="claude",
        install="npm install -g @anthropic-ai/claude-code",
        # Its permissions are off, since nobody is there to answer: the walls around the build take their place.
        arguments=("-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"),
        reader="claude",
        must_close=True,
        keys=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL"),
        secrets=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"),
        logins=(".claude/.credentials.json", ".claude.json"),
        environment=(
            ("IS_SANDBOX", "1"),  # else it refuses to work for root
            ("DISABLE_AUTOUPDATER", "1"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ),
        tells_cost=True,
    ),
    EngineKind(
        name="codex",
        program="codex",
        install="npm install -g @openai/codex",
        # Its own sandbox does not work inside another one, and then it ends with 0 and no edit.
        arguments=("exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-"),
        reader="codex",
        must_close=True,
        keys=(*_OPENAI, "CODEX_API_KEY"),
        secrets=("OPENAI_API_KEY", "CODEX_API_KEY"),
        logins=(".codex/auth.json", ".codex/config.toml"),
    ),
    EngineKind(
        name="gemini",
        program="gemini",
        install="npm install -g @google/gemini-cli",
        arguments=("--output-format", "stream-json", "--approval-mode", "yolo", "--skip-trust"),
        reader="gemini",
        must_close=True,
        keys=(
            *("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"),
            *("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA", "GOOGLE_GEMINI_BASE_URL"),
        ),
        secrets=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        logins=(".gemini/oauth_creds.json", ".gemini/google_accounts.json", ".gemini/settings.json"),
        environment=(("GEMINI_CLI_NO_RELAUNCH", "true"),),
        # Without a choice it refuses to start; the owner's own settings, if there are any, replace these.
        files=((".gemini/settings.json", '{"security": {"auth": {"selectedType": "gemini-api-key"}}}\n'),),
    ),
    EngineKind(
        name="opencode",
        program="opencode",
        install="npm install -g opencode-ai",
        arguments=("run", "--format", "json", "--auto"),
        reader="opencode",
        must_close=True,
        keys=_MANY,
        secrets=_MANY,
        logins=(".local/share/opencode/auth.json", ".config/opencode/opencode.json", ".config/opencode/opencode.jsonc"),
        environment=(("OPENCODE_DISABLE_AUTOUPDATE", "1"),),
        tells_cost=True,
    ),
    EngineKind(
        name="aider",
        program="aider",
        install="pipx install aider-chat",
        arguments=(
            *("--message-file", "{prompt_file}", "--yes-always", "--no-auto-commits", "--no-dirty-commits"),
            *("--no-gitignore", "--analytics-disable", "--no-stream", "--no-pretty", "--no-check-update"),
            *("--no-show-model-warnings", "--no-show-release-notes", "--no-suggest-shell-commands"),
            *("--input-history-file", "{home}/aider.input", "--chat-history-file", "{home}/aider.chat"),
        ),
        reader="aider",
        keys=(*_MANY, "OPENAI_API_BASE", "AIDER_MODEL"),
        secrets=_MANY,
        logins=(".aider.conf.yml", ".aider.model.settings.yml", ".aider.model.metadata.json"),
        environment=(("LITELLM_LOCAL_MODEL_COST_MAP", "True"),),
        tells_cost=True,
    ),
    EngineKind(
        name="mini",
        program="mini",
        install="pipx install mini-swe-agent",
        arguments=("-c", "mini.yaml", "-c", "{home}/task.yaml", "-y", "--exit-immediately", "-o", "{home}/steps.json"),
        reader="mini",
        must_close=True,
        keys=(*_MANY, "OPENAI_API_BASE", "MSWEA_MODEL_NAME"),
        secrets=_MANY,
        logins=(".config/mini-swe-agent/.env",),
        environment=(
            ("MSWEA_CONFIGURED", "true"),
            ("MSWEA_COST_TRACKING", "ignore_errors"),
            ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ),
        files=(("task.yaml", "run:\n  task: {prompt_json}\n"),),
        tells_cost=True,
    ),
)
BY_NAME: Mapping[str, EngineKind] = {kind.name: kind for kind in KINDS}


def names(config: Config) -> list[str]:
    """The engines that a task or project may name: those of the table, and the owner's templates."""
    return [*(template.name for template in config.agent_templates), *BY_NAME]


def check_name(name: str, config: Config) -> str:
    """The engine of that name; `shell` is one, too. Raises Refused, naming those that there are."""
    wanted = name.strip().casefold()
    if wanted not in (*names(config), SHELL):
        raise Refused(f"There is no agent “{name[:40]}”. There are {', '.join(names(config))}; /agents tells more.")
    return wanted


class Choice(msgspec.Struct, frozen=True):
    """The engine for a task; None with the reason, in plain words, when none can do it."""

    engine: Engine | None
    reason: str = ""


def choose(
    task: Task,
    project: Project | None,
    config: Config,
    programs: Mapping[str, Program],
    limited: Mapping[str, datetime],
) -> Choice:
    """What builds the task: its own command; else its agent, its project's, its category's, then by preference.

    `programs` are those that are installed, by engine; `limited` the engines whose usage limit is reached, and until
    when. What is missing or at its limit is passed over for the next one.
    """
    if task.command is not None:
        return Choice(Engine(name=SHELL, shell=task.command))
    reasons = []
    for name in _order(task, project, config):
        if name in limited:
            reasons.append(f"the usage limit of {name} is reached until {limited[name].astimezone(config.zone):%H:%M}")
        elif name in programs:
            return Choice(engine(name, config, programs[name]))
        elif name in (task.agent, project.agent if project else None) or name in config.agents:
            reasons.append(f"{name} is not installed")
    return Choice(None, "; ".join(reasons) or "no agent is installed; /agents tells how to get one")


def engine(name: str, config: Config, program: Program) -> Engine:
    """The engine of that name, ready for use."""
    template = next((each for each in config.agent_templates if each.name == name), None)
    if template is not None:
        return Engine(name=name, argv=(program.path, *template.argv[1:]), keys=config.agent_environment)
    kind = BY_NAME[name]
    # Before the last word, which for some names where the prompt comes from.
    further = config.agent_arguments.get(name, ())
    head, tail = (kind.arguments[:-1], kind.arguments[-1:]) if kind.arguments[-1:] == ("-",) else (kind.arguments, ())
    return Engine(
        name=name,
        argv=(program.path, *head, *further, *tail),
        reader=kind.reader,
        must_close=kind.must_close,
        environment=kind.environment,
        keys=(*kind.keys, *config.agent_environment),
        logins=kind.logins,
        files=kind.files,
    )


def _order(task: Task, project: Project | None, config: Config) -> Iterator[str]:
    """Each once, the wished-for first."""
    preferred: Sequence[str] = config.agents or names(config)
    wished = (task.agent, project.agent if project else None, config.agent_by_category.get(task.category))
    known = names(config)
    yield from dict.fromkeys(name for name in (*wished, *preferred) if name in known)
