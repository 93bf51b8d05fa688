"""Which tables there are, in which file each is written down, and what type its rows have.

A new table is one line here. `VERSION` goes up when rows that are already on disk need to be rewritten; the step that
rewrites them belongs in `storage.migrations`.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar, get_args

import msgspec

from core.model.agent import UsageLimit
from core.model.approval import Approval
from core.model.audit import Line
from core.model.build import Build
from core.model.context import Fact, Place
from core.model.day import Day
from core.model.decision import Rule
from core.model.improvement import Correction, Improvement, Lesson, Measurement, Question
from core.model.metrics import Sample
from core.model.notification import Notification
from core.model.pattern import Moments, Pattern
from core.model.pause import Pause
from core.model.people import Chat, ChatSettings, Owner
from core.model.problem import Problem, Repair
from core.model.project import Project
from core.model.session import JobRecord, Session, Throttle
from core.model.task import Draft, Task
from core.model.trust import Suggestion
from core.model.weekend import Weekend

Row = TypeVar("Row")

VERSION = 1
"""Of the layout of all rows. A file of a higher version is refused."""

encode = msgspec.json.Encoder().encode


class TableSpec(Generic[Row]):
    """A table: its name, the data file that it is part of, and the type of its rows."""

    def __init__(self, name: str, file: str, row: Any) -> None:
        self.name = name
        self.file = file
        self.row = row
        self._decoder: msgspec.json.Decoder[Row] = msgspec.json.Decoder(row)

    def decode(self, text: bytes | msgspec.Raw) -> Row:
        """The row that stands in this JSON text. Raises msgspec.ValidationError with the path of what is wrong."""
        return self._decoder.decode(text)

    def document(self, row: Row) -> dict[str, Any]:
        """The row as a plain JSON object; a row that is a single value stands under `value`."""
        plain = msgspec.to_builtins(row)
        return plain if isinstance(plain, dict) else {"value": plain}

    def from_document(self, document: Any) -> Row:
        """The opposite of `document`. Raises msgspec.ValidationError."""
        kinds = get_args(self.row) or (self.row,)  # of a union: its members
        whole = all(isinstance(kind, type) and issubclass(kind, msgspec.Struct) for kind in kinds)
        return self.from_plain(document if whole else document["value"])

    def from_plain(self, plain: Any) -> Row:
        """The row from decoded JSON. Raises msgspec.ValidationError."""
        row: Row = msgspec.convert(plain, self.row)
        return row


TASKS = TableSpec[Task]("tasks", "build_queue.json", Task)
DRAFTS = TableSpec[Draft]("drafts", "build_queue.json", Draft)
BUILDS = TableSpec[Build]("builds", "queue_state.json", Build)
LIMITS = TableSpec[UsageLimit]("limits", "queue_state.json", UsageLimit)
APPROVALS = TableSpec[Approval]("approvals", "approvals.json", Approval)
RULES = TableSpec[Rule]("rules", "rules.json", Rule)
SUGGESTIONS = TableSpec[Suggestion]("suggestions", "rules.json", Suggestion)
PAUSES = TableSpec[Pause]("pauses", "rules.json", Pause)
AUDIT = TableSpec[Line]("audit", "audit.json", Line)
CONTEXTS = TableSpec[Fact]("contexts", "context_state.json", Fact)
PLACES = TableSpec[Place]("places", "context_state.json", Place)
SESSIONS = TableSpec[Session]("sessions", "queue_state.json", Session)
THROTTLE = TableSpec[Throttle]("throttle", "queue_state.json", Throttle)
TIMETABLE = TableSpec[JobRecord]("timetable", "timetable.json", JobRecord)
PREFERENCES = TableSpec[str]("preferences", "settings.json", str)
MOMENTS = TableSpec[Moments]("moments", "patterns.json", Moments)
PATTERNS = TableSpec[Pattern]("patterns", "patterns.json", Pattern)
PROJECTS = TableSpec[Project]("projects", "projects.json", Project)
OWNERS = TableSpec[Owner]("owners", "people.json", Owner)
CHATS = TableSpec[Chat]("chats", "people.json", Chat)
CHAT_SETTINGS = TableSpec[ChatSettings]("chat_settings", "people.json", ChatSettings)
NOTIFICATIONS = TableSpec[Notification]("notifications", "notifications.json", Notification)
MARKS = TableSpec[datetime]("marks", "marks.json", Annotated[datetime, msgspec.Meta(tz=True)])
SEQUENCES = TableSpec[int]("sequences", "marks.json", Annotated[int, msgspec.Meta(ge=1)])
METRICS = TableSpec[Sample]("metrics", "metrics_history.json", Sample)
DAYS = TableSpec[Day]("days", "metrics_history.json", Day)
PROBLEMS = TableSpec[Problem]("problems", "problems.json", Problem)
REPAIRS = TableSpec[Repair]("repairs", "problems.json", Repair)
WEEKENDS = TableSpec[Weekend]("weekends", "weekend_plan.json", Weekend)
MEASUREMENTS = TableSpec[Measurement]("measurements", "improvements.json", Measurement)
CORRECTIONS = TableSpec[Correction]("corrections", "improvements.json", Correction)
QUESTIONS = TableSpec[Question]("questions", "improvements.json", Question)
LESSONS = TableSpec[Lesson]("lessons", "improvements.json", Lesson)
IMPROVEMENTS = TableSpec[Improvement]("improvements", "improvements.json", Improvement)
ARCHIVED_TASKS = TableSpec[Task]("archived_tasks", "archive.json", Task)
ARCHIVED_BUILDS = TableSpec[Build]("archived_builds", "archive.json", Build)
ARCHIVED_APPROVALS = TableSpec[Approval]("archived_approvals", "archive.json", Approval)

TABLES: dict[str, TableSpec[Any]] = {
    spec.name: spec for spec in list(globals().values()) if isinstance(spec, TableSpec)
}
"""All tables by name."""

FILES: tuple[str, ...] = tuple(dict.fromkeys(spec.file for spec in TABLES.values()))
"""All data files."""


def tables_in(file: str) -> list[TableSpec[Any]]:
    """The tables of one data file."""
    return [spec for spec in TABLES.values() if spec.file == file]
