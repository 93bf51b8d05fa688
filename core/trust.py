"""Trust: how often what ran by itself stood, and what was asked was approved; with suggestions for a person.

A share is judged by the lower or upper end of its Wilson score interval (E. B. Wilson, Probable Inference, 1927, at
90 %), so that a few lucky or unlucky tasks suggest nothing.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from core import audit, decision_framework, notifications, rules
from core.errors import Conflict, NotFound
from core.model.approval import Approved, Declined, Modified
from core.model.category import Category
from core.model.config import Config
from core.model.decision import Stage, Verdict
from core.model.ids import ProjectName, SuggestionId, UserId
from core.model.notification import RuleSuggested
from core.model.task import Completed, Discarded, Merged, RolledBack, Task
from core.model.trust import Suggestion
from core.ports import Store

WIDEN, NARROW = 0.8, 0.7
"""A category is suggested to run by itself when its approvals are surely above the one, and to ask first when what
stood is surely below the other."""

LOOK_BACK = timedelta(days=180)
_Z = 1.645
"""Of the normal distribution, for 90 %."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """How a category did in a project."""

    category: Category
    project: ProjectName
    automatic: int
    """Tasks that ran by themselves and were judged by what became of their result."""
    stood: int
    """Of these: merged, and in the base still."""
    modified: int
    rolled_back: int
    discarded: int
    asked: int
    """Questions that a person answered."""
    approved: int
    """Of these: with yes, and as they were."""


class Trust:
    """Reads the records; suggests changes of the rules."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config

    def records(self, now: datetime) -> list[Record]:
        """Per category and project, of the last half year, those with most experience first."""
        tasks: dict[tuple[Category, ProjectName], list[Task]] = defaultdict(list)
        for task in (*self._store.archived_tasks.all(), *self._store.tasks.all()):
            if task.project is not None and now - task.created_at <= LOOK_BACK:
                tasks[task.category, task.project].append(task)
        answers = self._answers()
        found = [_record(category, project, some, answers) for (category, project), some in tasks.items()]
        return sorted(found, key=lambda record: record.automatic + record.asked, reverse=True)

    def suggest(self, now: datetime) -> list[Suggestion]:
        """Record the suggestions that the figures speak for, with their news; each is made once, ever."""
        known = {made.key for made in self._store.suggestions.all()}
        new = [found for record in self.records(now) if (found := self._suggestion(record, now)) is not None]
        made = []
        for suggestion in new:
            if suggestion.key in known:
                continue
            with self._store.transaction():
                if all(other.key != suggestion.key for other in self._store.suggestions.all()):
                    suggestion_id = SuggestionId(f"suggestion_{self._store.number('suggestion')}")
                    numbered = msgspec.structs.replace(suggestion, id=suggestion_id)
                    self._store.suggestions.put(numbered.id, numbered)
                    notifications.record(self._store, RuleSuggested(suggestion=numbered.id), None, now)
                    made.append(numbered)
        return made

    def find(self, suggestion_id: SuggestionId) -> Suggestion:
        """One suggestion. Raises NotFound."""
        suggestion = self._store.suggestions.get(suggestion_id)
        if suggestion is None:
            raise NotFound("That suggestion is not known any more.")
        return suggestion

    def answer(self, suggestion_id: SuggestionId, *, yes: bool, by: UserId | None, now: datetime) -> Suggestion:
        """Take a suggestion, which adds the rule, or leave it. Raises NotFound, or Conflict when it is answered."""
        with self._store.transaction():
            suggestion = self.find(suggestion_id)
            if suggestion.accepted is not None:
                raise Conflict("That suggestion was answered already. /rules lists what holds now.")
            suggestion = msgspec.structs.replace(suggestion, accepted=yes, by=by, answered_at=now)
            self._store.suggestions.put(suggestion.id, suggestion)
            action = "suggestion taken" if yes else "suggestion left"
            audit.note(self._store, audit.QUEUE, action, now, actor=audit.actor(by), suggestion=suggestion.key)
            if yes:
                rules.Rules(self._store, self._config).add(
                    suggestion.verdict, suggestion.category, suggestion.project, by, now
                )
        return suggestion

    def _answers(self) -> dict[str, bool]:
        """Per task, whether the last answer to whether it may be built was a plain yes."""
        answers = {}
        for approval in (*self._store.archived_approvals.all(), *self._store.approvals.all()):
            if approval.stage is not Stage.RESULT and isinstance(approval.state, Approved | Declined | Modified):
                answers[str(approval.task)] = isinstance(approval.state, Approved)
        return answers

    def _suggestion(self, record: Record, now: datetime) -> Suggestion | None:
        """More freedom where it was always granted, less where it was not deserved; None where all is as it should
        be."""
        present = decision_framework.of_category(
            record.category, record.project, rules.in_force(self._store, self._config)
        )
        name = record.category.value
        if present is Verdict.ASK and wilson(record.approved, record.asked)[0] >= WIDEN:
            verdict = Verdict.RUN
            reason = f"you approved {record.approved} of {record.asked} questions about {name} as they were"
        elif present is Verdict.RUN and record.automatic and wilson(record.stood, record.automatic)[1] <= NARROW:
            verdict = Verdict.ASK
            reason = (
                f"of {record.automatic} results of {name} that nobody was asked about, {record.rolled_back} were "
                f"rolled back, {record.discarded} discarded and {record.modified} changed"
            )
        else:
            return None
        key = f"{verdict.value}:{record.category.name}:{record.project}"
        return Suggestion(
            id=SuggestionId(""),
            key=key,
            verdict=verdict,
            category=record.category,
            project=record.project,
            reason=reason,
            made_at=now,
        )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of a share, both ends in 0..1; (0, 1) without any experience."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = hits / of, _Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _record(category: Category, project: ProjectName, tasks: Iterable[Task], answers: dict[str, bool]) -> Record:
    automatic = stood = modified = rolled_back = discarded = 0
    answered = []
    for task in tasks:
        if task.id in answers:
            answered.append(answers[task.id])
        if task.decided is not Verdict.RUN or not isinstance(task.state, Completed):
            continue
        match task.state.delivery:
            case Merged():
                stood += not task.modified
                modified += task.modified
            case RolledBack():
                rolled_back += 1
            case Discarded():
                discarded += 1
            case _:
                continue
        automatic += 1
    return Record(
        category=category,
        project=project,
        automatic=automatic,
        stood=stood,
        modified=modified,
        rolled_back=rolled_back,
        discarded=discarded,
        asked=len(answered),
        approved=sum(answered),
    )
