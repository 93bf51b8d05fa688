"""News for the owner: recorded in the same transaction as the change it tells of, delivered later by the outbox."""

from datetime import datetime

import msgspec

from core.model.ids import ApprovalId, BuildId, ChatId, NotificationId, SuggestionId, TaskId


class BuildStarted(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="build started"):
    """Becomes the progress message, which is edited in place while the build runs."""

    build: BuildId


class BuildEnded(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="build ended"):
    """What came out, with Merge / Diff / Discard or Retry."""

    build: BuildId


class ApprovalAsked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="approval asked"):
    """May this task be built, or its result be merged?"""

    approval: ApprovalId
    round: int = 0
    """How often it was asked before."""


class DependencyLost(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="dependency lost"):
    """A task waits for one that failed or was taken out."""

    task: TaskId
    lost: TaskId
    at: datetime | None = None
    """When it was lost: a task that is retried can be lost again."""


class TaskShown(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="task shown"):
    """A card that answered somebody; it is kept up to date as long as it is the newest of its task in the chat."""

    task: TaskId


class BudgetLow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="budget low"):
    """A running build has used most of its budget."""

    build: BuildId


class NightBudgetLow(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="night budget low"):
    """The builds of this night have used most of what they may use together."""

    night: datetime
    """When it began."""
    what: str
    """In plain words."""


class ChangeAsked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="change asked"):
    """A message that asks somebody to write the new title or description of a task; its answer is a reply to it."""

    task: TaskId
    field: str
    """`title` or `description`."""
    request: str
    """Tells two such messages apart."""


class RuleSuggested(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="rule suggested"):
    """The figures speak for more freedom, or for less: somebody decides."""

    suggestion: SuggestionId


class QuestionExpired(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="question expired"):
    """Nobody has answered in time, and the task is cancelled."""

    approval: ApprovalId


Subject = (
    BuildStarted
    | BuildEnded
    | ApprovalAsked
    | DependencyLost
    | TaskShown
    | BudgetLow
    | NightBudgetLow
    | ChangeAsked
    | RuleSuggested
    | QuestionExpired
)


class Pending(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="pending"):
    """Due for delivery, or for another try."""

    due_at: datetime
    tries: int = 0
    doubts: int = 0
    """How often a send ended without anybody knowing whether it arrived."""


class Sending(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="sending"):
    """Handed to Telegram; if the process dies now, nobody knows whether it arrived."""

    at: datetime
    tries: int = 0
    doubts: int = 0


class Delivered(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="delivered"):
    """Arrived; the message can be edited later."""

    at: datetime
    message: int
    """Telegram's message id in the chat."""


class Undeliverable(msgspec.Struct, frozen=True, kw_only=True, tag_field="state", tag="undeliverable"):
    """Telegram refused it for good, or it is uncertain whether it arrived and it must not come twice."""

    at: datetime
    reason: str
    blocked: bool = False
    """The person has blocked the bot: it is tried again when they are back."""


NotificationState = Pending | Sending | Delivered | Undeliverable


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one chat."""

    id: NotificationId
    key: str
    """Deduplication key: at most one notification is ever recorded for a key."""
    chat: ChatId
    subject: Subject
    silent: bool = False
    created_at: datetime
    state: NotificationState
