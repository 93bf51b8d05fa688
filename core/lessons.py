"""Corrections of the owner's, and the lessons that they become: later prompts for the same project carry these."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from core import audit, notifications, task_text
from core.errors import Conflict, NotFound, Refused
from core.model.ids import CorrectionId, LessonId, ProjectName, TaskId, UserId
from core.model.improvement import Correction, Lesson
from core.model.notification import LessonAsked
from core.ports import SecretScan, Store

MOST_LINES = 10
"""That a prompt carries."""
MOST_CHARACTERS = 500


def lines(lessons: Iterable[Lesson], project: ProjectName) -> list[str]:
    """What a prompt for the project carries: its lessons and those for everywhere, newest first, not too many."""
    mine = [lesson for lesson in lessons if lesson.project in (None, project)]
    newest = sorted(enumerate(mine), key=lambda each: (each[1].since, each[0]), reverse=True)
    return [lesson.text for _, lesson in newest[:MOST_LINES]]


class Lessons:
    """Takes them down, and drops them."""

    def __init__(self, store: Store, secrets: SecretScan) -> None:
        self._store = store
        self._secrets = secrets

    def all(self) -> list[Lesson]:
        """Newest first."""
        return self._store.lessons.all()[::-1]

    def take_correction(
        self,
        text: str,
        project: ProjectName | None,
        at: datetime,
        by: UserId | None = None,
        *,
        task: TaskId | None = None,
        asked: bool = False,
    ) -> Correction:
        """Record what was wrong, and ask once what becomes of it; `asked`: that is being done already.

        What builds keep to already needs no answer, and the same words are not asked about twice.

        Without a project it is about the only one, if there is just one. Raises Refused without words, NotFound for a
        project that is not registered.
        """
        words = self._clean(text)
        with self._store.transaction():
            if project is None and len(projects := self._store.projects.all()) == 1:
                project = projects[0].name
            self._check(project)
            number = self._store.number("correction")
            made = Correction(
                id=CorrectionId(f"correction_{number}"), text=words, project=project, at=at, by=by, task=task
            )
            known = self._held(words, project)
            alike = self._open_like(made)
            if known is not None:
                made = msgspec.structs.replace(made, answered_at=at, lesson=known.id)
            self._store.corrections.put(made.id, made)
            if not asked and known is None and not alike:
                notifications.record(self._store, LessonAsked(correction=made.id), None, at, silent=True)
            _note(self._store, "corrected", at, by, correction=made.id, project=project, text=words)
        return made

    def correction(self, correction_id: CorrectionId) -> Correction:
        """Raises NotFound."""
        found = self._store.corrections.get(correction_id)
        if found is None:
            raise NotFound("That correction is not known any more.")
        return found

    def keep(
        self, correction_id: CorrectionId, project: ProjectName | None, now: datetime, by: UserId | None = None
    ) -> Lesson:
        """Make a correction a lesson, of a project or for everywhere. Raises NotFound, or Conflict when answered."""
        with self._store.transaction():
            found = self._unanswered(correction_id)
            lesson = self.add(found.text, project, now, by, correction=found.id)
            for each in (found, *self._open_like(found)):
                changed = msgspec.structs.replace(each, answered_at=now, lesson=lesson.id)
                self._store.corrections.put(each.id, changed)
        return lesson

    def let_be(self, correction_id: CorrectionId, now: datetime, by: UserId | None = None) -> Correction:
        """It was about this one time. Raises NotFound, or Conflict when it is answered."""
        with self._store.transaction():
            found = msgspec.structs.replace(self._unanswered(correction_id), answered_at=now)
            for each in (found, *self._open_like(found)):
                self._store.corrections.put(each.id, msgspec.structs.replace(each, answered_at=now))
            _note(self._store, "correction let be", now, by, correction=found.id)
        return found

    def add(
        self,
        text: str,
        project: ProjectName | None,
        now: datetime,
        by: UserId | None = None,
        *,
        correction: CorrectionId | None = None,
    ) -> Lesson:
        """Write a lesson down; the same words for the same place are the same lesson. Raises Refused or NotFound."""
        words = self._clean(text)
        with self._store.transaction():
            self._check(project)
            for known in self._store.lessons.all():
                if (known.text.casefold(), known.project) == (words.casefold(), project):
                    return known
            lesson_id = LessonId(f"lesson_{self._store.number('lesson')}")
            lesson = Lesson(id=lesson_id, text=words, project=project, since=now, by=by, correction=correction)
            self._store.lessons.put(lesson.id, lesson)
            _note(self._store, "lesson", now, by, lesson=lesson.id, project=project, text=words)
        return lesson

    def drop(self, lesson_id: LessonId, now: datetime, by: UserId | None = None) -> Lesson:
        """Forget one. Raises NotFound."""
        with self._store.transaction():
            lesson = self._store.lessons.get(lesson_id)
            if lesson is None:
                raise NotFound("There is no such lesson any more. /lessons lists them.")
            self._store.lessons.remove(lesson_id)
            _note(self._store, "lesson dropped", now, by, lesson=lesson.id, project=lesson.project, text=lesson.text)
        return lesson

    def _held(self, words: str, project: ProjectName | None) -> Lesson | None:
        """The lesson of the same words that builds of the project keep to."""
        return next(
            (
                lesson
                for lesson in self._store.lessons.all()
                if lesson.text.casefold() == words.casefold() and lesson.project in (None, project)
            ),
            None,
        )

    def _open_like(self, said: Correction) -> list[Correction]:
        """The others of the same words about the same project, about which nothing was said yet."""
        return [
            each
            for each in self._store.corrections.all()
            if each.answered_at is None and each.id != said.id
            if (each.text.casefold(), each.project) == (said.text.casefold(), said.project)
        ]

    def _unanswered(self, correction_id: CorrectionId) -> Correction:
        found = self.correction(correction_id)
        if found.answered_at is not None:
            raise Conflict("That was answered already. /lessons lists what holds now.")
        return found

    def _check(self, project: ProjectName | None) -> None:
        if project is not None and self._store.projects.get(project) is None:
            raise NotFound(f"There is no project “{project[:40]}”. /projects lists them.")

    def _clean(self, text: str) -> str:
        """One line. Raises Refused."""
        words = " ".join(task_text.clean_text(text, "lesson").split())
        if not words:
            raise Refused("Say in a sentence how it should be, for example: use tabs.")
        if len(words) > MOST_CHARACTERS:
            raise Refused(f"That has {len(words):,} characters; {MOST_CHARACTERS} are enough for a lesson.")
        if found := self._secrets("lesson.txt", [(1, words)]):
            raise Refused(f"That holds {found[0][1]}, and agents would read it. Say it without; I have not kept it.")
        return words


def _note(store: Store, action: str, now: datetime, by: UserId | None, **more: Any) -> None:
    audit.note(store, audit.IMPROVEMENTS, action, now, actor=audit.actor(by), **more)
