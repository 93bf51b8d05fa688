"""`jarvis pattern-learner`: what is usually asked for and when, and what is done about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
import msgspec

from bot.cli.output import installation, json_option, show_json, show_table
from core.errors import Refused
from core.model.ids import ChatId
from core.model.pattern import Pattern
from core.patterns import PreBuild, action_of
from handlers import parsing

NONE_YET = "No routine was found yet: two or three requests at the same time of the week are enough."
AHEAD = timedelta(days=7)
USEFUL = {"useful": True, "useless": False}


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be said about a request."""

    source: str = "command line"
    at: str | None = None
    """An ISO time, local unless it names its zone; the present by default."""


@click.group()
def group() -> None:
    """Routines: what is asked for by weekday and time, and building it ahead."""


@group.command()
@click.argument("type_", metavar="TYPE")
@click.argument("about", metavar="[JSON]", default="{}")
@json_option
def log(type_: str, about: str, as_json: bool) -> None:
    """Record that TYPE was asked for; JSON may say more, such as '{"source": "manual", "at": "2026-03-05T18:00"}'."""
    said = _about(about)
    with installation() as at:
        now = at.clock()
        moment = _moment(said.at, at.config.zone) if said.at is not None else now
        if moment > now:
            raise Refused("What was asked for can't lie in the future.")
        known = at.patterns.log(type_, moment, said.source[:40] or "command line")
    if as_json:
        show_json({"type": known.type, "at": moment, "source": said.source, "times": len(known.at)})
    else:
        click.echo(f"Recorded {known.type}; so far: {len(known.at)}.")


@group.command()
@json_option
def predict(as_json: bool) -> None:
    """Show what is expected in the next seven days."""
    with installation() as at:
        now = at.clock()
        at.patterns.listed(now)  # so that each has its id
        ids = {pattern.type: pattern.id for pattern in at.patterns.known()}
        found = at.patterns.predictions(now, now + AHEAD)
    if as_json:
        show_json(
            [
                {"pattern": ids.get(each.type), "type": each.type, **msgspec.structs.asdict(each.expected)}
                for each in found
            ]
        )
        return
    rows = [
        (
            f"{each.expected.at.astimezone(at.config.zone):%a %Y-%m-%d %H:%M}",
            f"{each.expected.confidence:.2f}",
            each.expected.band,
            each.type,
        )
        for each in found
    ]
    show_table(("expected", "confidence", "band", "type"), rows, "Nothing is expected in the next seven days.")


@group.command()
@json_option
def suggest(as_json: bool) -> None:
    """Show what to build ahead: what is expected in 2 to 4 hours."""
    with installation() as at:
        found = at.patterns.suggest(at.clock())
    if as_json:
        show_json(found)
        return
    rows = [
        (one.pattern, f"{one.at.astimezone(at.config.zone):%H:%M}", f"{one.confidence:.2f}", one.type, _deed(one))
        for one in found
    ]
    show_table(("id", "expected", "confidence", "type", "what"), rows, "Nothing is expected in 2 to 4 hours.")


@group.command("list")
@json_option
def list_patterns(as_json: bool) -> None:
    """Show all patterns with their confidence and when they come next."""
    with installation() as at:
        now = at.clock()
        known = at.patterns.listed(now)
        seen = {one.id: len(at.patterns.moments(one.type).at) for one in known}
    if as_json:
        show_json([{**msgspec.to_builtins(one), "times": seen[one.id]} for one in known])
        return
    show_table(
        ("id", "type", "times", "confidence", "next", "state", "action"),
        [_row(one, seen[one.id], now, at.config.zone) for one in known],
        NONE_YET,
    )


@group.command()
@click.argument("pattern")
@json_option
def enable(pattern: str, as_json: bool) -> None:
    """Let PATTERN (its id or type) be done by itself from a confidence of 0.8 up."""
    with installation() as at:
        at.patterns.listed(at.clock())
        changed = at.patterns.enable(pattern, at.clock())
    _show(changed, "is enabled", as_json)
    if not as_json and changed.action is None and not changed.type.startswith("command:"):
        click.echo(f"Say what to build: jarvis pattern-learner action {changed.id} 'Update the rankings 1h @shop'")


@group.command()
@click.argument("pattern")
@json_option
def disable(pattern: str, as_json: bool) -> None:
    """Do nothing by itself for PATTERN any more."""
    with installation() as at:
        changed = at.patterns.disable(pattern, at.clock())
    _show(changed, "is disabled", as_json)


@group.command()
@click.argument("pattern")
@click.argument("text")
@json_option
def action(pattern: str, text: str, as_json: bool) -> None:
    """Say what to build for PATTERN: TEXT is written like a task in the chat, e.g. 'Update the rankings 1h @shop'."""
    with installation() as at:
        at.patterns.listed(at.clock())
        template = at.patterns.checked(action_of(parsing.new_task(text, ChatId(0))))
        changed = at.patterns.set_action(pattern, template, at.clock())
    _show(changed, f"builds “{template.title}”", as_json)


@group.command()
@click.argument("pattern")
@click.argument("said", type=click.Choice(list(USEFUL)))
@json_option
def feedback(pattern: str, said: str, as_json: bool) -> None:
    """Say whether what was handed over last for PATTERN was useful."""
    with installation() as at:
        changed = at.patterns.feedback(pattern, at.clock(), useful=USEFUL[said])
    _show(changed, f"was useful {changed.useful} times, not {changed.useless} times", as_json)


def _about(text: str) -> About:
    try:
        return msgspec.json.decode(text, type=About)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Refused(
            f'That is not what may be said about a request ({error}). For example: {{"source": "manual"}}'
        ) from None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{text[:40]}” is no time. Write it like 2026-03-05T18:00.") from None
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def _deed(one: PreBuild) -> str:
    if one.action is None:
        return "no action yet"
    if one.task is not None:
        return f"{one.action.title} ({one.task})"
    return one.action.title + (", by itself" if one.by_itself else "")


def _row(pattern: Pattern, seen: int, now: datetime, zone: ZoneInfo) -> Sequence[str]:
    ahead = next((each for each in pattern.expected if each.at >= now), None)
    coming = f"{ahead.at.astimezone(zone):%a %Y-%m-%d %H:%M}" if ahead is not None else "-"
    sure = f"{ahead.confidence:.2f} {ahead.band}" if ahead is not None else "-"
    state = "forgotten" if pattern.forgotten_at is not None else "enabled" if pattern.enabled else "disabled"
    title = pattern.action.title if pattern.action is not None else "-"
    return pattern.id, pattern.type, str(seen), sure, coming, state, title


def _show(pattern: Pattern, what: str, as_json: bool) -> None:
    if as_json:
        show_json(pattern)
    else:
        click.echo(f"{pattern.id} ({pattern.type}) {what}.")
