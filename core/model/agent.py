"""What a coding agent tells while it works, in one vocabulary for all engines."""

import enum
from datetime import datetime

import msgspec


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a build has used of a model so far, as the agent itself reports it."""

    tokens_in: int = 0
    """Including those that the model's cache answered."""
    tokens_out: int = 0
    dollars: float | None = None
    """None where the engine tells no cost."""

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.tokens_in + self.tokens_out


class Trouble(enum.Enum):
    """Why an agent can't go on; tells whether another try may help."""

    MODEL = "model error"
    """5xx, overloaded: passes by itself."""
    RATE = "rate limit"
    """429 for the moment: passes by itself."""
    NETWORK = "no connection to the model"
    """Passes by itself."""
    LIMIT = "usage limit"
    """The plan or quota is used up until some later time."""
    LOGIN = "not logged in"
    """401, 403, no key: the owner has to do something."""
    PERMISSION = "permission refused"
    """It asked for something that nobody was there to allow."""
    OTHER = "error"


TRANSIENT = frozenset({Trouble.MODEL, Trouble.RATE, Trouble.NETWORK})


class Started(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="started"):
    """The agent has begun."""

    session: str | None = None
    model: str | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="said"):
    """Words to the reader."""

    text: str


class Acted(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="acted"):
    """It used a tool: one short line, such as “Edit tests/test_login.py” or “$ make test”."""

    what: str


class Spent(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="spent"):
    """Model usage. `total` replaces what was known; otherwise it comes on top."""

    usage: Usage
    total: bool = False


class Troubled(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="troubled"):
    """Something went wrong; the agent may recover by itself."""

    trouble: Trouble
    detail: str = ""
    resets_at: datetime | None = None
    """For LIMIT, if the engine told it."""


class Closed(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="closed"):
    """The agent's own last word. Its process may go on hanging; it need not be waited for."""

    ok: bool
    text: str = ""


Event = Started | Said | Acted | Spent | Troubled | Closed


class UsageLimit(msgspec.Struct, frozen=True, kw_only=True):
    """An engine whose plan or quota was used up: it is not chosen before `until`."""

    engine: str
    until: datetime
    seen_at: datetime
