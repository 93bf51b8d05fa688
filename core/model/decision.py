"""What may happen without asking: verdicts, the rules that give them, and what a change was found to touch."""

import enum
from datetime import datetime

import msgspec

from core.model.category import Category
from core.model.ids import ProjectName, RuleId, UserId


class Verdict(enum.Enum):
    """From the freest to the strictest; of two, the stricter wins."""

    RUN = "run"
    ASK = "ask"
    ESCALATE = "escalate"

    @property
    def strictness(self) -> int:
        """Higher is stricter."""
        return list(Verdict).index(self)


class Stage(enum.Enum):
    """When it is decided."""

    ENTER = "enter"
    """The task comes in."""
    START = "start"
    """Its build is about to start."""
    RESULT = "result"
    """Its build has ended, and its change can be looked at."""


class Risk(enum.Enum):
    """How much can go wrong."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with the rule that gave it and the reason in plain words."""

    verdict: Verdict
    rule: str
    """Short and stable, such as `category: Bug fixes` or `wording: data loss`."""
    reason: str
    """To be read after “I ask because ”."""
    risk: Risk = Risk.MEDIUM


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a change that a person should see before it is merged."""

    verdict: Verdict
    """ASK or ESCALATE."""
    rule: str
    """Short and stable, such as `result: secret`."""
    reason: str
    """To be read after “I ask because ”; names no secret."""
    path: str = ""
    """The file, from the root of the project; empty when it is about the change as a whole."""
    line: int | None = None
    """In the new file."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """The owner's word about a category, in place of the table's; what is escalated stays escalated."""

    id: RuleId
    verdict: Verdict
    """RUN or ASK."""
    category: Category | None = None
    """None: every category."""
    project: ProjectName | None = None
    """None: every project."""
    by: UserId | None = None
    """None: from the command line or the settings."""
    at: datetime
