"""A question to the owner, kept until it is answered."""

from datetime import datetime

import msgspec

from core.model.decision import Risk, Stage
from core.model.ids import ApprovalId, TaskId, UserId


class Open(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="open"):
    """Nobody has answered yet."""


class Approved(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="approved"):
    """Yes."""

    by: UserId | None
    at: datetime


class Declined(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="rejected"):
    """No."""

    by: UserId | None
    at: datetime


class Modified(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="modified"):
    """Yes, but not as it was: somebody changed the task."""

    by: UserId | None
    at: datetime
    what: str
    """What was changed, in plain words."""


class Lapsed(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="lapsed"):
    """Expired, or the task was cancelled meanwhile: the question is moot."""

    at: datetime
    expired: bool = False
    """Nobody has answered in time."""


ApprovalState = Open | Approved | Declined | Modified | Lapsed


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """May this task be built? Or, about a result: may it be merged?"""

    id: ApprovalId
    task: TaskId
    reason: str
    """Why it is asked: the rule that wants it, in plain words."""
    rule: str = ""
    """Name of that rule."""
    risk: Risk = Risk.MEDIUM
    stage: Stage = Stage.ENTER
    escalated: bool = False
    asked_at: datetime
    expires_at: datetime
    told: int = 0
    """How often it was asked again since."""
    told_at: datetime | None = None
    """When it was asked last; None: only at first."""
    seen_by: UserId | None = None
    seen_at: datetime | None = None
    """When somebody acknowledged an escalation: it is not repeated any more."""
    state: ApprovalState
