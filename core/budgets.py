"""Budgets: what builds may spend, each and all together from noon to noon, in dollars, tokens and hours."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from core.model.agent import Usage
from core.model.build import Active, Build, Ended, Limits
from core.model.config import Config

LOOK_BACK = timedelta(days=2)
"""Builds are in the order of their starts, but for a clock that was set back."""
WARN_AT = 0.8
"""Share of a budget at which the owner is told."""


class Spending(msgspec.Struct, frozen=True, kw_only=True):
    """What the builds of a night have spent, and what those that run may still spend."""

    since: datetime
    dollars: float = 0.0
    tokens: int = 0
    hours: float = 0.0
    reserved_dollars: float = 0.0
    reserved_tokens: int = 0


def night_begin(now: datetime, zone: ZoneInfo) -> datetime:
    """The noon from which on the spending counts: the last one in the owner's zone."""
    local = now.astimezone(zone)
    noon = datetime.combine(local.date(), time(12), tzinfo=zone)
    return noon if noon <= now else datetime.combine(local.date() - timedelta(days=1), time(12), tzinfo=zone)


def spending(builds: Sequence[Build], now: datetime, zone: ZoneInfo) -> Spending:
    """Of the builds that started since the last noon; they come in the order of their starts.

    Running ones count with all that they are allowed.
    """
    since = night_begin(now, zone)
    dollars = hours = reserved_dollars = 0.0
    tokens = reserved_tokens = 0
    for build in reversed(builds):
        if build.started_at < since:
            if build.started_at < since - LOOK_BACK:
                break
            continue
        end = build.state.result.ended_at if isinstance(build.state, Ended) else now
        hours += max((end - build.started_at).total_seconds(), 0.0) / 3600
        if isinstance(build.state, Active):
            reserved_dollars += build.spec.limits.dollars or 0.0
            reserved_tokens += build.spec.limits.tokens or 0
        elif build.state.result.usage is not None:
            dollars += build.state.result.usage.dollars or 0.0
            tokens += build.state.result.usage.tokens
    return Spending(
        since=since,
        dollars=dollars,
        tokens=tokens,
        hours=hours,
        reserved_dollars=reserved_dollars,
        reserved_tokens=reserved_tokens,
    )


def obstacle(spent: Spending, config: Config, *, free_of_charge: bool) -> str | None:
    """Why no further build may start tonight, in plain words; None when one may.

    `free_of_charge`: it uses no model, so only the hours count.
    """
    if config.night_hours and spent.hours >= config.night_hours:
        return f"tonight's {config.night_hours:g} h are used up"
    if free_of_charge:
        return None
    if config.night_dollars and spent.dollars >= config.night_dollars:
        return f"tonight's budget of ${config.night_dollars:.2f} is spent"
    if config.night_tokens and spent.tokens >= config.night_tokens:
        return f"tonight's {config.night_tokens:,} tokens are spent"
    if config.night_dollars and spent.dollars + spent.reserved_dollars >= config.night_dollars:
        return f"tonight's budget of ${config.night_dollars:.2f} is spent or in use by running builds"
    if config.night_tokens and spent.tokens + spent.reserved_tokens >= config.night_tokens:
        return f"tonight's {config.night_tokens:,} tokens are spent or in use by running builds"
    return None


def total(usages: Iterable[Usage | None]) -> Usage | None:
    """What several builds have used together; None when none of them tells."""
    known = [usage for usage in usages if usage is not None]
    if not known:
        return None
    dollars = [usage.dollars for usage in known if usage.dollars is not None]
    return Usage(
        tokens_in=sum(usage.tokens_in for usage in known),
        tokens_out=sum(usage.tokens_out for usage in known),
        dollars=sum(dollars) if dollars else None,
    )


def of_build(spent: Spending, config: Config) -> tuple[float | None, int | None]:
    """Dollars and tokens that the next build may spend: its own budget, or what is left of the night's."""
    dollars = _least(config.build_dollars, config.night_dollars, spent.dollars + spent.reserved_dollars)
    tokens = _least(config.build_tokens, config.night_tokens, spent.tokens + spent.reserved_tokens)
    return dollars, None if tokens is None else int(tokens)


def running_low(usage: Usage, limits: Limits) -> bool:
    """Whether a build has used most of its budget."""
    dollars = limits.dollars is not None and (usage.dollars or 0.0) >= WARN_AT * limits.dollars
    return dollars or (limits.tokens is not None and usage.tokens >= WARN_AT * limits.tokens)


def night_running_low(spent: Spending, config: Config) -> str | None:
    """What of the night's budget is used up for the most part, in plain words."""
    if config.night_dollars and spent.dollars >= WARN_AT * config.night_dollars:
        return f"${spent.dollars:.2f} of tonight's ${config.night_dollars:.2f} are spent"
    if config.night_tokens and spent.tokens >= WARN_AT * config.night_tokens:
        return f"{spent.tokens:,} of tonight's {config.night_tokens:,} tokens are spent"
    if config.night_hours and spent.hours >= WARN_AT * config.night_hours:
        return f"{spent.hours:.0f} of tonight's {config.night_hours:g} h are used"
    return None


def _least(own: float, night: float, used: float) -> float | None:
    """0 stands for no limit."""
    limits = [limit for limit in (own, max(night - used, 0.0) if night else 0.0) if limit]
    if night and night <= used:
        return 0.0
    return min(limits, default=None)
