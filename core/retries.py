"""Which failures may pass by themselves, and when such a task is tried again."""

from datetime import datetime, timedelta

from core.model.agent import TRANSIENT, Trouble
from core.model.build import Abandoned, AgentTroubled, Outcome
from core.model.config import Config

MOST_RETRIES = 1
"""After a failure of the transient kind."""
MOST_WAITS = 5
"""For the end of a usage limit."""
UNKNOWN_RESET = timedelta(hours=1)
"""Until a usage limit is looked at again, if nobody told when it ends."""


def retry_at(outcome: Outcome, retries: int, config: Config, now: datetime) -> datetime | None:
    """When a task that ended like this should be tried again by itself; None: not at all.

    `retries` is how often that was done already.
    """
    match outcome:
        case Abandoned() if retries < MOST_RETRIES:
            return now
        case AgentTroubled(trouble=trouble) if trouble in TRANSIENT and retries < MOST_RETRIES:
            return now + timedelta(minutes=config.retry_minutes)
        case AgentTroubled(trouble=Trouble.LIMIT) if retries < MOST_WAITS:
            # With another engine at once; this one is not chosen until its limit ends.
            return now
    return None


def may_pass(outcome: Outcome) -> bool:
    """Whether another try without any change may well succeed."""
    if isinstance(outcome, AgentTroubled):
        return outcome.trouble in TRANSIENT or outcome.trouble is Trouble.LIMIT
    return isinstance(outcome, Abandoned)


def limit_ends(outcome: Outcome, now: datetime) -> datetime | None:
    """Until when the engine of a build that ended like this can't be used; None if it can."""
    if isinstance(outcome, AgentTroubled) and outcome.trouble is Trouble.LIMIT:
        return max(outcome.resets_at or now + UNKNOWN_RESET, now + timedelta(minutes=1))
    return None
