"""News for the owner: recorded in the same transaction as the change it tells of, delivered later by the outbox."""

from datetime import datetime

import msgspec

from core.model.ids import (
    ApprovalId,
    BuildId,
    ChatId,
    CorrectionId,
    ImprovementId,
    NotificationId,
    PatternId,
    ProblemId,
    SuggestionId,
    TaskId,
    WeekendId,
)


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


class ChatLost(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="chat lost"):
    """Somebody can't be reached any more; told to the other owners."""

    chat: ChatId
    who: str
    """The name of the person, or empty."""
    at: datetime


class MorningBrief(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="morning brief"):
    """What happened since the last one; one for each day."""

    day: str
    """The local day, as `2026-03-03`."""
    since: datetime
    due: datetime
    at: datetime
    """When it was made, which may be late."""


class NightPlanned(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="night planned"):
    """What the coming night will build."""

    day: str
    """The local day on which the night begins."""


class CheckIn(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="check-in"):
    """The evening begins: quick wins, and how the queue stands."""

    day: str


class WeekendAsked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="weekend asked"):
    """Which project shall be built this weekend? Or that there is none to choose from."""

    weekend: WeekendId
    round: int = 1
    """2: nobody has voted yet."""


class WeekendShown(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="weekend shown"):
    """The weekend as an answer to somebody: the ballot or the progress, kept up to date."""

    weekend: WeekendId
    request: str
    """Tells such messages apart."""
    group: bool = False
    """Whether several people read it."""


class WeekendClosed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="weekend closed"):
    """How the vote ended."""

    weekend: WeekendId


class WeekendFree(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="weekend free"):
    """The project is done, and so much of the weekend is left that another one can be chosen."""

    weekend: WeekendId
    task: TaskId
    """The project that is done."""


class WeekendSummary(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="weekend summary"):
    """What shipped on the weekend, and what is left."""

    weekend: WeekendId


WeekendNews = WeekendAsked | WeekendShown | WeekendClosed | WeekendFree | WeekendSummary


class ProblemFound(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="problem found"):
    """Something is so wrong with the machine that work stops, or soon will."""

    problem: ProblemId


class PatternSuggested(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pattern suggested"):
    """A routine was found: shall it be done ahead?"""

    pattern: PatternId


class PatternDue(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pattern due"):
    """The time at which something is usually asked for: its result, or the offer."""

    pattern: PatternId
    at: datetime
    task: TaskId | None = None
    """Built ahead."""


class PatternForgotten(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="pattern forgotten"):
    """A routine that was done ahead has stopped."""

    pattern: PatternId
    last: datetime
    """When it was last asked for."""


class ActionAsked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="action asked"):
    """A message that asks what shall be built for a routine; its answer is a reply to it."""

    pattern: PatternId
    request: str
    """Tells two such messages apart."""


PatternNews = PatternSuggested | PatternDue | PatternForgotten | ActionAsked


class ImprovementSuggested(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="improvement suggested"):
    """A suggestion that was a message of its own. Now it stands in the check-in; stored ones have to stay readable."""

    improvement: ImprovementId


class LessonAsked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="lesson asked"):
    """Shall later builds keep to what was corrected?"""

    correction: CorrectionId


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
    | ChatLost
    | MorningBrief
    | NightPlanned
    | CheckIn
    | WeekendNews
    | ProblemFound
    | PatternNews
    | ImprovementSuggested
    | LessonAsked
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
