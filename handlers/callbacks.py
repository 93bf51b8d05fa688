"""What a button says when it is pressed: typed, and at most 64 bytes on the wire.

The wire form is the tag and the fields in order, joined by colons: `task:merge:task_12`. Old messages keep their
buttons for years, so a tag or a verb is never given a new meaning; what can't be read any more raises UnknownButton.
"""

import enum
from typing import (
    Annotated,
    get_args,
)

import msgspec

from core.errors import Refused
from core.model.context import Context
from core.model.ids import (
    ApprovalId,
    BuildId,
    DraftId,
    PatternId,
    ProjectName,
    RepairId,
    RuleId,
    SuggestionId,
    TaskId,
)
from core.model.people import Kind, Mode
from handlers.improvement_buttons import DropLesson, KeepLesson, LetBe, OnImprovement
from handlers.weekend_buttons import ChooseWeekend, FinishPhase, OnWeekend, VoteWeekend

MAX_BYTES = 64


class UnknownButton(Refused):
    """The button was made by another version, or was tampered with. Ask for the list again."""


class TaskVerb(enum.Enum):
    """What to do with a task."""

    SHOW = "show"
    START = "start"
    CANCEL = "cancel"
    STOP = "stop"
    LOG = "log"
    MERGE = "merge"
    DIFF = "diff"
    DISCARD = "discard"
    RETRY = "retry"
    UPDATE = "update"
    ROLLBACK = "rollback"
    RESTORE = "restore"
    PUSH = "push"


class OnTask(msgspec.Struct, frozen=True, array_like=True, tag="task"):
    """A verb on a task."""

    verb: TaskVerb
    task: TaskId


class RetryBuild(msgspec.Struct, frozen=True, array_like=True, tag="again"):
    """Build a task again after that build; when it has moved on since, the button does nothing."""

    task: TaskId
    build: BuildId


class MergeAll(msgspec.Struct, frozen=True, array_like=True, tag="mergeall"):
    """Merge all proven results."""


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    """Yes or no to an approval."""

    approval: ApprovalId
    yes: bool


class Always(msgspec.Struct, frozen=True, array_like=True, tag="always"):
    """Yes to an approval, and to all such tasks of that project from now on."""

    approval: ApprovalId


class Seen(msgspec.Struct, frozen=True, array_like=True, tag="seen"):
    """Somebody has read an escalation; the answer comes later."""

    approval: ApprovalId


class ChangeField(enum.Enum):
    """What of a task can be changed; MENU shows that again, CLOSE ends the dialogue."""

    MENU = "menu"
    CLOSE = "close"
    TITLE = "title"
    DESCRIPTION = "description"
    HOURS = "hours"
    PRIORITY = "priority"


class ChangeTask(msgspec.Struct, frozen=True, array_like=True, tag="change"):
    """Change a task: what can be changed, then its values or a question for them, then the value."""

    task: TaskId
    field: ChangeField | None = None
    value: str | None = None


class DropRule(msgspec.Struct, frozen=True, array_like=True, tag="norule"):
    """Take a rule back."""

    rule: RuleId


class TakeSuggestion(msgspec.Struct, frozen=True, array_like=True, tag="suggest"):
    """Yes or no to a suggested rule."""

    suggestion: SuggestionId
    yes: bool


class Resume(msgspec.Struct, frozen=True, array_like=True, tag="resume"):
    """End a pause; without a project, all of them."""

    project: ProjectName | None = None


class StopAll(msgspec.Struct, frozen=True, array_like=True, tag="stopall"):
    """Stop the running builds, of a project or all."""

    project: ProjectName | None = None


class Notify(msgspec.Struct, frozen=True, array_like=True, tag="notify"):
    """How news of a kind comes into this chat."""

    kind: Kind
    mode: Mode


class NotifyAtNight(msgspec.Struct, frozen=True, array_like=True, tag="night"):
    """Whether it has a sound at night."""

    sound: bool


class DropLink(msgspec.Struct, frozen=True, array_like=True, tag="unlink"):
    """Let a task go on without one that it waits for."""

    task: TaskId
    lost: TaskId


class DraftField(enum.Enum):
    """What of a draft a button chooses; also which choices are shown."""

    HOURS = "hours"
    CATEGORY = "category"
    PRIORITY = "priority"
    PROJECT = "project"


class Choose(msgspec.Struct, frozen=True, array_like=True, tag="choose"):
    """Show the choices for a field of a draft; without a field, the card itself."""

    draft: DraftId
    field: DraftField | None = None


class SetField(msgspec.Struct, frozen=True, array_like=True, tag="set"):
    """Choose a value: hours as a number, a category's short word, a priority, a project's name."""

    draft: DraftId
    field: DraftField
    value: str


class DraftEnd(enum.Enum):
    """How a draft ends."""

    ADD = "add"
    ADD_AND_START = "start"
    DROP = "drop"


class FinishDraft(msgspec.Struct, frozen=True, array_like=True, tag="draft"):
    """Add the draft, or drop it."""

    draft: DraftId
    end: DraftEnd


class ListName(enum.Enum):
    """Lists that are paged in place."""

    QUEUE = "queue"
    FINISHED = "finished"


class Page(msgspec.Struct, frozen=True, array_like=True, tag="page"):
    """A page of a list, counted from 0."""

    name: ListName
    number: int


class SetContext(msgspec.Struct, frozen=True, array_like=True, tag="context"):
    """What the owner is doing; None: by their schedule."""

    context: Context | None = None


class Setting(msgspec.Struct, frozen=True, array_like=True, tag="setting"):
    """All settings, one of them, or a value for it (with dots for colons; `reset` takes a change back)."""

    name: str | None = None
    value: str | None = None


class Wish(enum.Enum):
    """What the owner wants of a task in the coming night."""

    SKIP = "skip"
    FIRST = "first"
    APPROVE = "approve"


class ForTonight(msgspec.Struct, frozen=True, array_like=True, tag="tonight"):
    """Leave a task out tonight, or build it first, whatever speaks against it; or approve it."""

    wish: Wish
    task: TaskId


class SessionVerb(enum.Enum):
    """What to do with a session of autonomous work."""

    START = "start"
    STOP = "stop"


class OnSession(msgspec.Struct, frozen=True, array_like=True, tag="session"):
    """Start one by hand, or let nothing more start in the one that runs."""

    verb: SessionVerb


class Period(enum.Enum):
    """What a report covers."""

    WEEK = "week"
    MONTH = "month"


class ShowPeriod(msgspec.Struct, frozen=True, array_like=True, tag="period"):
    """What a week or a month has brought."""

    period: Period


class TryAgent(msgspec.Struct, frozen=True, array_like=True, tag="try"):
    """Try a coding agent on a small task."""

    agent: str


class RunFix(msgspec.Struct, frozen=True, array_like=True, tag="fix"):
    """Show what can be cleaned up, or do it."""

    do: bool


class TakeBack(msgspec.Struct, frozen=True, array_like=True, tag="takeback"):
    """Bring back what a fix took away."""

    repair: RepairId


class PatternVerb(enum.Enum):
    """What to do with a routine; the first three answer a suggestion."""

    YES = "yes"
    NO = "no"
    NEVER = "never"
    ENABLE = "enable"
    DISABLE = "disable"
    ACTION = "action"
    DO = "do"


class OnPattern(msgspec.Struct, frozen=True, array_like=True, tag="pattern"):
    """A verb on a routine."""

    verb: PatternVerb
    pattern: PatternId


class JudgePattern(msgspec.Struct, frozen=True, array_like=True, tag="judge"):
    """Whether it was useful to get this at that time."""

    pattern: PatternId
    useful: bool
    at: Annotated[int, msgspec.Meta(ge=0, le=32_503_680_000)]
    """Seconds since 1970 UTC, up to the year 3000."""


class Ask(msgspec.Struct, frozen=True, array_like=True, tag="ask"):
    """A command as a button: `brief`, `queue`, `add`, `sample`."""

    command: str


Press = (
    OnTask
    | RetryBuild
    | MergeAll
    | Answer
    | Always
    | Seen
    | ChangeTask
    | DropRule
    | TakeSuggestion
    | Resume
    | StopAll
    | Notify
    | NotifyAtNight
    | DropLink
    | Choose
    | SetField
    | FinishDraft
    | Page
    | SetContext
    | Setting
    | ForTonight
    | OnSession
    | ShowPeriod
    | TryAgent
    | VoteWeekend
    | ChooseWeekend
    | OnWeekend
    | FinishPhase
    | RunFix
    | TakeBack
    | OnPattern
    | JudgePattern
    | OnImprovement
    | KeepLesson
    | LetBe
    | DropLesson
    | Ask
)


def encode(press: Press) -> str:
    """The wire form. Raises ValueError when it is over 64 bytes or a field holds a colon: a mistake in a view."""
    fields = [str(press.__struct_config__.tag), *(_plain(value) for value in msgspec.structs.astuple(press))]
    data = ":".join(fields)
    if len(data.encode()) > MAX_BYTES or any(":" in field for field in fields):
        raise ValueError(f"not fit for a button: {data}")
    return data


def decode(data: str) -> Press:
    """The press that `encode` wrote. Raises UnknownButton for anything else."""
    fields = [field if field else None for field in data.split(":")]
    try:
        press: Press = msgspec.convert(fields, Press, strict=False)
    except msgspec.ValidationError:
        raise UnknownButton("This button is from another version of me. /queue shows where things stand.") from None
    return press


def tag_of(data: str) -> str:
    """What kind of press it is; `unknown` for anything that no button of ours says."""
    tag = data.partition(":")[0]
    return tag if tag in _TAGS else "unknown"


_TAGS = frozenset(str(each.__struct_config__.tag) for each in get_args(Press))


def _plain(value: object) -> str:
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)
