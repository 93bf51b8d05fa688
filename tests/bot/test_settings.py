"""Every setting: what it becomes, and what is said when it can't be used."""

from dataclasses import replace
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import BadSettings, Settings, load, parse
from core import preferences
from core.model.build import Level
from core.model.config import AgentTemplate, PushMode
from core.model.decision import Verdict
from core.model.routine import Routine
from core.model.task import Category

TOKEN = "123456789:AAH-secret_secret_secret_secret_12"
FOLDER = Path("/srv/jarvis")


def read(**values: str) -> Settings:
    return parse(values, FOLDER)


def mistakes(**values: str) -> list[str]:
    with pytest.raises(BadSettings) as refusal:
        read(**values)
    first, *rest = str(refusal.value).splitlines()
    assert first == "Some settings can't be used. Change them in .env or in the environment:"
    return [line.strip() for line in rest]


def test_nothing_is_needed() -> None:
    settings = read()

    assert settings.token is None
    assert settings.api_url == "https://api.telegram.org"
    assert settings.owners == frozenset()
    assert settings.local_chat_port == 8080
    assert settings.projects == ()
    assert settings.log_level == "INFO"
    config = settings.config
    assert config.home == FOLDER / "autonomous"
    assert (config.max_builds, config.build_hours, config.idle_minutes, config.verify_minutes) == (3, 8, 30, 30)
    assert (config.agent_templates, config.agents, config.agent_environment) == ((), (), ())
    assert (config.approval_days, config.cost_limit) == (7, 10)
    assert (config.rules, config.auto_merge, config.sensitive_paths) == ((), False, ())
    assert config.quiet == (time(23), time(7))
    assert config.git_author == "Jarvis <jarvis@localhost>"
    assert (config.push, config.push_remote, config.trash_days) == (PushMode.NEVER, "origin", 30)


def test_everything_can_be_set() -> None:
    settings = read(
        TELEGRAM_BOT_TOKEN=f" {TOKEN} ",
        TELEGRAM_API_URL="http://127.0.0.1:8081/",
        OWNER_IDS="1, 22;333",
        LOCAL_CHAT_PORT="9000",
        TIMEZONE="Europe/Berlin",
        JARVIS_HOME="data/../state",
        PROJECTS="/srv/a, code/b\n/srv/c d",
        LOG_LEVEL="debug",
        AGENT_COMMAND="my-agent --yes '{prompt_file}' {worktree}",
        AGENT_TEMPLATES="Local: run-it 'a b'",
        AGENTS="codex, Local claude",
        AGENT_BY_CATEGORY="Documentation: gemini; bug: local",
        AGENT_ARGUMENTS="claude: --model sonnet; aider: --model gpt-5",
        AGENT_ENV="MY_KEY, OTHER_KEY",
        BUILD_CPU_HOURS="2",
        BUILD_MEMORY_GB="1.5",
        BUILD_DISK_GB="3",
        BUILD_PROCESSES="50",
        RETRY_MINUTES="0",
        BUILD_DOLLARS="1.25",
        NIGHT_DOLLARS="0",
        BUILD_TOKENS="1000",
        NIGHT_TOKENS="5000",
        NIGHT_HOURS="5",
        CONFINEMENT="Bubblewrap",
        WRITABLE_PATHS="cache, /srv/cache",
        HIDDEN_PATHS="keys",
        MAX_BUILDS="5",
        BUILD_HOURS="0.5",
        IDLE_MINUTES="10",
        VERIFY_MINUTES="2.5",
        RUN_BY_ITSELF="research, infra@shop, @blog",
        ASK_FIRST="Documentation@shop",
        AUTO_MERGE="True",
        SENSITIVE_PATHS="prices/*, *.key",
        QUIET_HOURS="22:30 - 6:15",
        APPROVAL_DAYS="1",
        COST_LIMIT="0",
        GIT_AUTHOR=" Ann Ö. O'Hara <ann+git@example.com> ",
        PUSH="Merge",
        PUSH_REMOTE="my/fork",
        TRASH_DAYS="0.5",
    )

    assert settings.token == TOKEN
    assert settings.api_url == "http://127.0.0.1:8081"
    assert settings.owners == {1, 22, 333}
    assert settings.local_chat_port == 9000
    assert settings.projects == (Path("/srv/a"), FOLDER / "code/b", Path("/srv/c d"))
    assert settings.log_level == "DEBUG"
    config = settings.config
    assert config.zone == ZoneInfo("Europe/Berlin")
    assert config.home == FOLDER / "state"
    assert config.agent_templates == (
        AgentTemplate(name="my-agent", argv=("my-agent", "--yes", "{prompt_file}", "{worktree}")),
        AgentTemplate(name="local", argv=("run-it", "a b")),
    )
    assert config.agents == ("codex", "local", "claude")
    assert config.agent_by_category == {Category.DOCUMENTATION: "gemini", Category.BUG: "local"}
    assert config.agent_arguments == {"claude": ("--model", "sonnet"), "aider": ("--model", "gpt-5")}
    assert (config.cpu_hours, config.memory_gb, config.disk_gb, config.max_processes) == (2, 1.5, 3, 50)
    assert (config.build_dollars, config.night_dollars, config.night_hours) == (1.25, 0, 5)
    assert (config.build_tokens, config.night_tokens, config.retry_minutes) == (1000, 5000, 0)
    assert config.confinement is Level.BUBBLEWRAP
    assert config.writable_paths == (FOLDER / "cache", Path("/srv/cache"))
    assert {FOLDER / ".env", FOLDER / "keys", Path.home() / ".ssh"} <= set(config.hidden_paths)
    assert config.agent_environment == ("MY_KEY", "OTHER_KEY")
    assert (config.max_builds, config.build_hours, config.idle_minutes, config.verify_minutes) == (5, 0.5, 10, 2.5)
    assert [(rule.verdict, rule.category, rule.project) for rule in config.rules] == [
        (Verdict.RUN, Category.RESEARCH, None),
        (Verdict.RUN, Category.INFRASTRUCTURE, "shop"),
        (Verdict.RUN, None, "blog"),
        (Verdict.ASK, Category.DOCUMENTATION, "shop"),
    ]
    assert (config.auto_merge, config.sensitive_paths) == (True, ("prices/*", "*.key"))
    assert config.quiet == (time(22, 30), time(6, 15))
    assert (config.approval_days, config.cost_limit) == (1, 0)
    assert config.git_author == "Ann Ö. O'Hara <ann+git@example.com>"
    assert (config.push, config.push_remote, config.trash_days) == (PushMode.MERGE, "my/fork", 0.5)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("TELEGRAM_BOT_TOKEN", "nonsense", "this does not look like a bot token"),
        ("TELEGRAM_API_URL", "api.telegram.org", "write an address that begins with https:// or http://"),
        ("TELEGRAM_API_URL", "ftp://x", "write an address"),
        ("OWNER_IDS", "ann", "“ann” is no Telegram id. Ids are numbers, separated by commas."),
        ("OWNER_IDS", "-5", "“-5” is no Telegram id."),
        ("LOCAL_CHAT_PORT", "0", "write a whole number from 1 to 65535."),
        ("LOCAL_CHAT_PORT", "70000", "write a whole number from 1 to 65535."),
        ("LOCAL_CHAT_PORT", "80.5", "write a whole number"),
        ("LOCAL_CHAT_PORT", "http", "write a whole number"),
        ("TIMEZONE", "Berlin", "no such time zone. Write one like Europe/Berlin or America/New_York."),
        ("TIMEZONE", "../etc/passwd", "no such time zone."),
        ("TIMEZONE", "Europe", "no such time zone."),
        ("LOG_LEVEL", "loud", "choose one of DEBUG, INFO, WARNING, ERROR."),
        ("AGENT_COMMAND", "my-agent 'unclosed", "a quotation mark is missing."),
        ("AGENT_COMMAND", "my-agent {prompt}", "{prompt} is unknown; {prompt_file} and {worktree} can be filled in."),
        ("AGENT_TEMPLATES", "my-agent", "“my-agent” is not of the form NAME: VALUE."),
        ("AGENT_TEMPLATES", "claude: x", "“claude” can't be the name of a template."),
        ("AGENT_TEMPLATES", "a b: x", "“a b” can't be the name of a template."),
        ("AGENT_TEMPLATES", "mine: x {y}", "{y} is unknown"),
        (
            "AGENTS",
            "claude, cladue",
            "there is no agent “cladue”. There are claude, codex, gemini,",
        ),
        ("AGENT_BY_CATEGORY", "Docs and more: claude", "there is no category “docs and more”."),
        ("AGENT_BY_CATEGORY", "Documentation: nobody", "there is no agent “nobody”."),
        ("AGENT_ARGUMENTS", "nobody: --x", "there is no agent “nobody”."),
        ("AGENT_ARGUMENTS", "claude: 'x", "a quotation mark is missing."),
        ("CONFINEMENT", "strong", "choose one of auto, none, landlock, bubblewrap."),
        ("BUILD_DOLLARS", "-1", "write a number from 0 to 100000."),
        ("BUILD_PROCESSES", "0", "write a whole number from 1"),
        ("AGENT_ENV", "A=b", "“A=b” is not a variable that may be given to agents."),
        ("AGENT_ENV", "TELEGRAM_BOT_TOKEN", "is not a variable that may be given to agents."),
        ("MAX_BUILDS", "0", "write a whole number from 1 to 50."),
        ("MAX_BUILDS", "inf", "write a whole number from 1 to 50."),
        ("BUILD_HOURS", "0", "write a number over 0, up to 1000."),
        ("BUILD_HOURS", "nan", "write a number over 0, up to 1000."),
        ("IDLE_MINUTES", "-1", "write a number over 0, up to 10000."),
        ("VERIFY_MINUTES", "1e9", "write a number over 0, up to 10000."),
        ("RUN_BY_ITSELF", "gardening", "there is no category “gardening”."),
        ("ASK_FIRST", "docs, x@shop", "there is no category “x”."),
        ("AUTO_MERGE", "maybe", "choose one of false, true."),
        ("SLEEP_HOURS", "at night", "“at night” is no span of time. Write it like 23:00-07:00."),
        ("SLEEP_HOURS", "never", "“never” is no span of time."),
        ("WORK_HOURS", "9:00-9:00", "A span needs two different times, like 23:00-07:00."),
        ("GYM_HOURS", "6:00-7:30,", "“” is no span of time."),
        ("GYM_HOURS", "6:00-7:30, 17", "“17” is no span of time."),
        ("EVENING_HOURS", "19:00-25:00", "“25:00” is no time of the day. Write it like 7:00 or 22:45."),
        ("BRIEF_AT", "at dawn", "“at dawn” is no time of the day."),
        ("PLAN_AT", "24:15", "“24:15” is no time of the day."),
        ("VOTE_AT", "13 pm", "“13 pm” is no time of the day."),
        ("QUIET_HOURS", "at night", "write it like 23:00-07:00, or never."),
        ("QUIET_HOURS", "25:00-07:00", "write it like 23:00-07:00, or never."),
        ("APPROVAL_DAYS", "soon", "write a number over 0, up to 1000."),
        ("COST_LIMIT", "-1", "write a number from 0 to"),
        ("GIT_AUTHOR", "Ann", "write it like Jarvis <jarvis@example.com>."),
        ("GIT_AUTHOR", "ann@example.com", "write it like"),
        ("GIT_AUTHOR", "<ann@example.com>", "write it like"),
        ("GIT_AUTHOR", "Ann <ann>", "write it like"),
        ("GIT_AUTHOR", "Ann <b> <ann@example.com>", "write it like"),
        ("GIT_AUTHOR", ". <ann@example.com>", "write it like"),
        ("PUSH", "always", "choose one of NEVER, BRANCH, MERGE."),
        ("PUSH_REMOTE", "--force", "write the name of a remote, like origin."),
        ("PUSH_REMOTE", "https://example.com/shop.git", "write the name of a remote"),
        ("TRASH_DAYS", "0", "write a number over 0, up to 80."),
        ("TRASH_DAYS", "365", "write a number over 0, up to 80."),
    ],
)
def test_what_cannot_be_used_is_named_with_its_value_and_what_to_write(name: str, value: str, words: str) -> None:
    (line,) = mistakes(**{name: value})

    assert line.startswith(name)
    assert words in line
    if name != "TELEGRAM_BOT_TOKEN":
        assert f"{name}={value}: " in line


def test_the_week_of_the_owner() -> None:
    assert read().config.routine == Routine()

    routine = read(
        SLEEP_HOURS="22:30 - 6",
        WORK_HOURS="8 to 16:30",
        GYM_HOURS="never",
        EVENING_HOURS="6 pm - 10 pm",
        WEEKEND_HOURS="11-14",
        BRIEF_AT="6:15",
        PLAN_AT="22.15",
        CHECK_IN_AT="18:00",
        VOTE_AT="17",
        WEEKEND_START_AT="10:00",
        WEEKEND_SUMMARY_AT="9 pm",
    ).config.routine

    assert routine == Routine(
        sleep=(time(22, 30), time(6)),
        work=(time(8), time(16, 30)),
        gym=(),
        evening=(time(18), time(22)),
        weekend=(time(11), time(14)),
        brief=time(6, 15),
        plan=time(22, 15),
        check_in=time(18),
        vote=time(17),
        weekend_start=time(10),
        weekend_summary=time(21),
    )


@pytest.mark.parametrize("preference", preferences.ALL, ids=lambda each: each.name)
def test_what_can_be_changed_in_the_chat_can_be_written_in_the_file(preference: preferences.Preference) -> None:
    for choice in preference.choices or ("America/New_York",):
        config = read(**{preference.name: choice}).config
        head, _, tail = preference.field.partition(".")
        value = getattr(config.routine, tail) if tail else getattr(config, head)
        assert value == preference.parse(choice)


def test_every_mistake_is_told_at_once() -> None:
    lines = mistakes(
        TELEGRAM_BOT_TOKEN="x", TIMEZONE="Berlin", MAX_BUILDS="many", OWNER_IDS="ann, bob", LOG_LEVEL="loud"
    )

    names = [line.split(":")[0].split("=")[0] for line in lines]
    assert sorted(names) == ["LOG_LEVEL", "MAX_BUILDS", "OWNER_IDS", "OWNER_IDS", "TELEGRAM_BOT_TOKEN", "TIMEZONE"]


@pytest.mark.parametrize(
    "name",
    [
        "TELEGRAM_BOT_TOKEN",
        "OWNER_IDS",
        "LOCAL_CHAT_PORT",
        "TIMEZONE",
        "LOG_LEVEL",
        "AGENT_ENV",
        "MAX_BUILDS",
        "TELEGRAM_API_URL",
        "COST_LIMIT",
    ],
)
def test_a_token_is_never_repeated_wherever_it_was_put(name: str) -> None:
    value = f"{TOKEN} and more" if name == "TELEGRAM_BOT_TOKEN" else f"x {TOKEN}"
    if name == "OWNER_IDS":
        value = TOKEN

    text = "\n".join(mistakes(**{name: value}))

    assert "AAH-" not in text
    assert "secret" not in text


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "OWNER_IDS",
                "MAX_BUILDS",
                "TIMEZONE",
                "AGENT_COMMAND",
                "PROJECTS",
                "AGENT_ENV",
                "TELEGRAM_API_URL",
                "LOCAL_CHAT_PORT",
                "COST_LIMIT",
                "LOG_LEVEL",
                "SLEEP_HOURS",
                "GYM_HOURS",
                "BRIEF_AT",
            ]
        ),
        st.text(max_size=20),
    )
)
def test_any_values_are_read_or_refused(values: dict[str, str]) -> None:
    try:
        parse({name: value.replace("\0", "") for name, value in values.items()}, FOLDER)
    except BadSettings:
        return


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('MAX_BUILDS=2\nTIMEZONE="Europe/Berlin"\n# COST_LIMIT=1\nexport LOG_LEVEL=ERROR\n')

    settings = load({"MAX_BUILDS": "4"}, tmp_path)

    assert settings.config.max_builds == 4
    assert settings.config.zone == ZoneInfo("Europe/Berlin")
    assert settings.config.cost_limit == 10
    assert settings.log_level == "ERROR"


def test_an_empty_variable_means_the_default(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MAX_BUILDS=\nTELEGRAM_BOT_TOKEN=\n")

    settings = load({"LOG_LEVEL": "  "}, tmp_path)

    assert (settings.config.max_builds, settings.token, settings.log_level) == (3, None, "INFO")


def test_without_a_file_the_environment_is_enough(tmp_path: Path) -> None:
    assert load({}, tmp_path).config.home == (tmp_path / "autonomous").resolve()


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("AGENT_COMAND", "AGENT_COMMAND"),
        ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("TELEGRAM_BOT_TOKN", "TELEGRAM_BOT_TOKEN"),
        ("MAX_BUILD", "MAX_BUILDS"),
        ("OWNER_ID", "OWNER_IDS"),
        ("PROJECT", "PROJECTS"),
        ("TIME_ZONE", "TIMEZONE"),
    ],
)
def test_a_slip_in_the_file_is_named_with_what_is_meant(tmp_path: Path, slip: str, meant: str) -> None:
    (tmp_path / ".env").write_text(f"{slip}=x\nMAX_BUILDS=many\n")

    with pytest.raises(BadSettings) as refusal:
        load({}, tmp_path)

    lines = str(refusal.value).splitlines()[1:]
    assert f"  {slip}: there is no such setting. Do you mean {meant}?" in lines
    assert len(lines) == 2  # and the other mistake


def test_only_the_file_is_searched_for_slips(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MY_KEY=x\nDATABASE_URL=y\nMAX_BUILDS=2\n")

    assert load({"AGENT_COMAND": "x", "MAX_BUILD": "7"}, tmp_path).config.max_builds == 2


def test_a_variable_that_agents_may_see_is_no_slip(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AGENT_ENV=AGENT_ENVS\nAGENT_ENVS=x\n")

    assert load({}, tmp_path).config.agent_environment == ("AGENT_ENVS",)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"MAX_BUILDS='2\n", b"a b c\n"])
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)

    with pytest.raises(BadSettings):
        load({}, tmp_path)


def test_the_example_file_is_valid_and_shows_the_defaults() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    names = [line.partition("=")[0] for line in example.read_text().splitlines() if line and line[0] != "#"]
    values = {
        line.partition("=")[0]: line.partition("=")[2]
        for line in example.read_text().splitlines()
        if line and line[0] != "#"
    }

    assert len(names) == len(set(names))
    shown, unset = parse(values, FOLDER), read()
    assert replace(shown, environment={}) == replace(unset, environment={})


def test_what_is_watched_and_what_may_be_cleaned_up() -> None:
    config = read(LOG_ROOTS="logs, /var/log/app", DATABASE_ROOTS="", SWAP_LIMIT="50", LOAD_LIMIT="1.5").config

    assert config.log_roots == (FOLDER / "logs", Path("/var/log/app"))
    assert (config.swap_limit, config.load_limit) == (50, 1.5)
    assert (read().config.swap_limit, read().config.load_limit) == (80, 4)
    assert mistakes(LOG_ROOTS="/", DATABASE_ROOTS="/srv, /tmp/..") == [
        "LOG_ROOTS=/: / is the whole machine; name the folders that may be cleaned up.",
        "DATABASE_ROOTS=/srv, /tmp/..: / is the whole machine; name the folders that may be cleaned up.",
    ]
