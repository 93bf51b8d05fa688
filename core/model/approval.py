"""A question to the owner, kept until it is answered."""

from datetime import datetime

import msgspec

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


class Lapsed(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="lapsed"):
    """Expired, or the task was cancelled meanwhile: the question is moot."""

    at: datetime


ApprovalState = Open | Approved | Declined | Lapsed


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """May this task be built?"""

    id: ApprovalId
    task: TaskId
    reason: str
    """Why it is asked: the rule that wants it, in plain words."""
    escalated: bool = False
    asked_at: datetime
    expires_at: datetime
    state: ApprovalState
