"""Coding agents: which there are, and how a try went."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core import outcomes
from core.agent_status import AgentStatus
from core.model.build import BuildResult
from handlers.callbacks import TryAgent
from handlers.views import builds, times
from handlers.views.message import Button, Message, escape, lines, pre


def listing(agents: Sequence[AgentStatus], now: datetime, zone: ZoneInfo) -> Message:
    """All agents; a button to try each that is installed."""
    shown = [line for agent in agents if agent.path is not None for line in _installed(agent, now, zone)]
    absent = [f"<b>{escape(agent.name)}</b>: <code>{escape(agent.install.removeprefix('To get it: '))}</code>"
              for agent in agents if agent.path is None]  # fmt: skip
    text = lines(
        "<b>Coding agents</b>",
        shown or "None is installed, so only tasks with a command of their own (run: ...) can be built.",
        ["", "<b>Not installed</b>", *absent] if absent else None,
    )
    ready = [agent for agent in agents if agent.path is not None]
    return Message(text, [[Button(f"🧪 Try {agent.name}", TryAgent(agent.name))] for agent in ready])


def _installed(agent: AgentStatus, now: datetime, zone: ZoneInfo) -> list[str]:
    version = f" {escape(agent.version)}" if agent.version else ""
    if agent.limited_until is not None:
        state = f"⏳ its usage limit is reached until {times.clock(agent.limited_until, zone, now)}"
    elif agent.missing is not None:
        state = f"🔑 {escape(agent.missing)}"
    else:
        state = "✅ ready" + (", taken first" if agent.is_first else "")
    return [f"<b>{escape(agent.name)}</b>{version}", f"      {state}"]


def trying(name: str) -> Message:
    """While it is tried."""
    return Message(f"🧪 Trying {escape(name)} on a small task. It may take a minute.")


def tried(name: str, result: BuildResult | None, log: str) -> Message:
    """How a try went."""
    if result is None:
        return Message(f"❌ {escape(name)} did not come to an end.")
    took = times.span(result.ended_at - result.started_at)
    used = builds.spent(result.usage)
    if outcomes.is_proven(result.outcome):
        return Message(f"✅ {escape(name)} works: it did its task in {took}{f', for {used}' if used else ''}.")
    return Message(lines(f"❌ {escape(name)}: {escape(outcomes.reason(result))}", pre(log, 1500) or None))
