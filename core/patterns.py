"""Patterns at work: what is usually asked for is built ahead, and handed over at the time at which it is expected.

Everything may be called at any time and as often as wanted: each occurrence is prepared, and told of, at most once.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from core import audit, notifications, request_types, sessions
from core.autonomous_queue import AutonomousQueue, NewTask
from core.errors import Conflict, Refused
from core.model.config import Config
from core.model.ids import ChatId, PatternId, TaskId, UserId
from core.model.notification import PatternDue, PatternSuggested
from core.model.pattern import Action, Expected, Occurrence, Pattern
from core.model.session import SessionKind
from core.model.task import NeedsApproval, Priority, Queued, Running, Source, Task
from core.pattern_book import BEHIND, WORTH_A_WORD, PatternBook
from core.ports import Store

BY_ITSELF = 0.8
"""As sure as that a routine that is enabled is built ahead without asking."""
LEAST_SEEN = 3
EARLIEST, LATEST = timedelta(hours=4), timedelta(hours=2)
"""So long before its time something is built; later is better than never, up to LAST_CALL."""
LAST_CALL = timedelta(minutes=30)
SAME = timedelta(minutes=90)
"""Times that lie so near are the same occurrence, which is expected a little earlier or later by now."""
PATIENCE = timedelta(hours=3)
"""So long after its time a build is waited for."""
KEPT_OCCURRENCES = 20
OFFER_MARK = "pattern offer"


@dataclass(frozen=True)
class PreBuild:
    """What is worth building now, since it will be asked for in 2 to 4 hours."""

    pattern: PatternId
    type: str
    at: datetime
    confidence: float
    band: str
    action: Action | None
    """None: the owner has not said yet what to build."""
    by_itself: bool
    """It needs no word of the owner's."""
    task: TaskId | None
    """It is being built, or built."""


class Patterns(PatternBook):
    """The use cases of the pattern learner. Each writes one transaction."""

    def __init__(self, store: Store, queue: AutonomousQueue, config: Config) -> None:
        super().__init__(store, config)
        self._queue = queue

    def suggest(self, now: datetime) -> list[PreBuild]:
        """What to build ahead for the next 2 to 4 hours, soonest first; nothing that was handed over or silenced."""
        self.flush()
        self.learn(now)
        found = []
        for pattern in self._store.patterns.all():
            for expected in pattern.expected:
                if not LATEST <= expected.at - now <= EARLIEST or pattern.never:
                    continue
                if request_types.command_of(pattern.type) is None:
                    known = occurrence_at(pattern, expected.at)
                    found.append(
                        PreBuild(
                            pattern=pattern.id,
                            type=pattern.type,
                            at=expected.at,
                            confidence=expected.confidence,
                            band=expected.band,
                            action=pattern.action,
                            by_itself=runs_by_itself(pattern, expected),
                            task=known.task if known is not None else None,
                        )
                    )
        return sorted(found, key=lambda one: one.at)

    def tend(self, now: datetime) -> None:
        """Learn, build ahead, and suggest: for every quarter of an hour."""
        self.flush()
        self.learn(now)
        self.prebuild(now)
        self.offer(now)

    def prepare(self, now: datetime) -> Sequence[str]:
        """For the beginning of a session: by night, build what the morning will want; returns a sentence for each."""
        self.flush()
        self.keep_learned(now)
        night = sessions.window_of(SessionKind.OVERNIGHT, now, self._config)
        made = self.prebuild(now, night.end - now + EARLIEST if night is not None else EARLIEST)
        return [
            f"{task.id} “{task.title}” is built ahead of the time at which it is usually asked for" for task in made
        ]

    def prebuild(self, now: datetime, ahead: timedelta = EARLIEST) -> list[Task]:
        """Queue what enabled patterns will want within that time, each occurrence once; returns the new tasks.

        Reads what was learned last. A template that is refused (its project is gone) is left for the next time.
        """
        made = []
        for pattern in self._store.patterns.all():
            for expected in pattern.expected:
                if LAST_CALL <= expected.at - now <= ahead and runs_by_itself(pattern, expected):
                    try:
                        task = self._build(pattern.id, expected.at, now)
                    except Refused as error:
                        self._skip(pattern.id, str(error), now)
                        continue
                    made += [task] if task is not None else []
        return made

    def do_now(self, pattern: str, now: datetime, by: UserId | None, chat: ChatId | None) -> Task:
        """Build it at once, by the owner's word; its news goes to that chat. Raises NotFound, or Refused."""
        found = self.find(pattern)
        if found.action is None:
            raise Conflict("I don't know yet what to build for it. /patterns lets you say that.")
        new = _new_task(found.action, f"{found.id} by hand {now:%Y-%m-%dT%H:%M}")
        return self._queue.add_to_queue(
            dataclasses.replace(new, source=Source.OWNER, by=by, chat=chat, start_now=True), now
        )

    def checked(self, action: Action) -> Action:
        """The template, with its project, if a task like it can be queued. Raises Refused."""
        return msgspec.structs.replace(action, project=self._queue.check(_new_task(action, "")).project)

    def accept(self, pattern: str, action: Action | None, now: datetime, by: UserId | None = None) -> Pattern:
        """Yes to a suggestion: enable it, with this action if it has none; what it was about is built now.

        Raises NotFound, or Refused when the action can't be queued; nothing is changed then.
        """
        with self._store.transaction():
            found = self.find(pattern)
            if action is not None and found.action is None:
                found = self.set_action(found.id, action, now, by)
            found = self.enable(found.id, now, by)
            at = found.suggested_for
            if found.action is not None and at is not None and at - now >= timedelta():
                self._build(found.id, at, now)
        return self.find(found.id)

    # -- telling ------------------------------------------------------------------------------------------------------

    def offer(self, now: datetime) -> Pattern | None:
        """Suggest one routine, a little before its time: at most one a day, each once ever, none while people sleep."""
        zone, last = self._config.zone, self._store.marks.get(OFFER_MARK)
        today = now.astimezone(zone).date()
        if notifications.is_quiet(self._config, now) or (last is not None and last.astimezone(zone).date() == today):
            return None
        fitting = [
            (expected.confidence, pattern, expected)
            for pattern in self._store.patterns.all()
            if self._is_worth_a_word(pattern)
            for expected in pattern.expected[:1]
            if LAST_CALL <= expected.at - now <= EARLIEST and expected.confidence >= WORTH_A_WORD
        ]
        if not fitting:
            return None
        _, pattern, expected = max(fitting, key=lambda entry: entry[0])
        with self._store.transaction():
            pattern = self.find(pattern.id)
            if pattern.suggested_at is not None:
                return None  # another process was faster
            pattern = msgspec.structs.replace(pattern, suggested_at=now, suggested_for=expected.at)
            self._put(pattern, "pattern suggested", now, audit.BY_ITSELF, confidence=expected.confidence)
            notifications.record(self._store, PatternSuggested(pattern=pattern.id), None, now)
            self._store.marks.put(OFFER_MARK, now)
        return pattern

    def hand_over(self, now: datetime) -> list[Pattern]:
        """Tell what is due: results that were built ahead, and routines that are enabled; returns their patterns.

        Cheap: reads what was learned last. A build that is late is waited for.
        """
        told = []
        for pattern in self._store.patterns.all():
            for occurrence in pattern.occurrences:
                if occurrence.handed_over_at is None and self._is_due(occurrence, now):
                    told += [pattern] if self._tell(pattern.id, occurrence, now) else []
            for expected in pattern.expected:
                known = occurrence_at(pattern, expected.at)
                due = timedelta() <= now - expected.at < BEHIND and expected.confidence >= WORTH_A_WORD
                if pattern.enabled and known is None and due and not self._has_asked(pattern, expected.at):
                    told += [pattern] if self._tell(pattern.id, Occurrence(at=expected.at), now) else []
        return told

    def feedback(
        self, pattern: str, now: datetime, by: UserId | None = None, *, useful: bool, at: datetime | None = None
    ) -> Pattern:
        """What the owner says about what was handed over at a time, by default the latest; a change of mind counts.

        Useful counts as if it had been asked for: a routine must not fade because it is served. Raises NotFound, or
        Conflict when nothing was handed over.
        """
        with self._store.transaction():
            found = self.find(pattern)
            handed = [one for one in found.occurrences if one.handed_over_at is not None and at in (None, one.at)]
            if not handed:
                raise Conflict("Nothing was handed over for it yet.")
            latest = handed[-1]
            if latest.useful is useful:
                return found
            back = latest.useful is not None
            found = msgspec.structs.replace(
                found,
                useful=max(found.useful + (1 if useful else -back), 0),
                useless=max(found.useless + (-back if useful else 1), 0),
                occurrences=tuple(
                    msgspec.structs.replace(one, useful=useful) if one == latest else one for one in found.occurrences
                ),
            )
            self._put(found, "pattern useful" if useful else "pattern useless", now, audit.actor(by))
            if useful:
                self.log(found.type, latest.at, "useful")
        return found

    # -- inside -------------------------------------------------------------------------------------------------------

    def _build(self, pattern_id: PatternId, at: datetime, now: datetime) -> Task | None:
        """Queue the task of one occurrence; None when it is known, or the last one is not done with."""
        with self._store.transaction():
            pattern = self.find(pattern_id)
            if pattern.action is None or occurrence_at(pattern, at) is not None or self._is_busy(pattern):
                return None
            request = f"{pattern.id} {at:%Y-%m-%dT%H:%M}"
            task = self._queue.add_to_queue(_new_task(pattern.action, request), now)
            self._remember(pattern, Occurrence(at=at, task=task.id), "pattern built ahead", now)
        return task

    def _is_busy(self, pattern: Pattern) -> bool:
        tasks = [self._store.tasks.get(one.task) for one in pattern.occurrences if one.task is not None]
        return any(task is not None and isinstance(task.state, Queued | NeedsApproval | Running) for task in tasks)

    def _is_due(self, occurrence: Occurrence, now: datetime) -> bool:
        task = self._store.tasks.get(occurrence.task) if occurrence.task is not None else None
        waits = task is not None and isinstance(task.state, Queued | NeedsApproval | Running)
        return now >= occurrence.at + (PATIENCE if waits else timedelta())

    def _has_asked(self, pattern: Pattern, at: datetime) -> bool:
        """The owner was faster."""
        moments = self.moments(pattern.type).at
        return bool(moments) and abs(moments[-1] - at.timestamp()) <= timedelta(hours=1).total_seconds()

    def _is_worth_a_word(self, pattern: Pattern) -> bool:
        silent = pattern.enabled or pattern.never or pattern.suggested_at is not None or pattern.accepted is not None
        return not silent and len(self.moments(pattern.type).at) >= LEAST_SEEN

    def _tell(self, pattern_id: PatternId, occurrence: Occurrence, now: datetime) -> bool:
        """Record the news of an occurrence; False when another process was faster."""
        with self._store.transaction():
            pattern = self.find(pattern_id)
            known = occurrence_at(pattern, occurrence.at)
            if known is not None and known.handed_over_at is not None:
                return False
            told = msgspec.structs.replace(known or occurrence, handed_over_at=now)
            self._remember(pattern, told, "pattern handed over", now)
            subject = PatternDue(pattern=pattern.id, at=told.at, task=told.task)
            notifications.record(self._store, subject, None, now)
        return True

    def _remember(self, pattern: Pattern, occurrence: Occurrence, action: str, now: datetime) -> None:
        others = tuple(one for one in pattern.occurrences if one.at != occurrence.at)
        kept = tuple(sorted((*others, occurrence), key=lambda one: one.at))[-KEPT_OCCURRENCES:]
        pattern = msgspec.structs.replace(pattern, occurrences=kept)
        self._put(pattern, action, now, audit.BY_ITSELF, task=occurrence.task, due=occurrence.at.isoformat())

    def _skip(self, pattern_id: PatternId, reason: str, now: datetime) -> None:
        """What can't be queued is switched off, with the reason in the log, instead of being tried for ever."""
        with self._store.transaction():
            pattern = msgspec.structs.replace(self.find(pattern_id), enabled=False)
            self._put(pattern, "pattern disabled", now, audit.BY_ITSELF, reason=reason)


def occurrence_at(pattern: Pattern, at: datetime) -> Occurrence | None:
    """What was done for the occurrence of about that time."""
    return next((one for one in pattern.occurrences if abs(one.at - at) <= SAME), None)


def action_of(new: NewTask) -> Action:
    """The template that is like a new task."""
    return Action(
        title=new.title,
        prompt=new.description,
        command=new.command,
        verify=new.verify,
        project=new.project,
        agent=new.agent,
        hours=new.hours,
        category=new.category,
    )


def _new_task(action: Action, request: str) -> NewTask:
    return NewTask(
        title=action.title,
        description=action.prompt,
        hours=action.hours,
        category=action.category,
        priority=Priority.HIGH,
        project=action.project,
        agent=action.agent,
        command=action.command,
        verify=action.verify,
        source=Source.PATTERN,
        request=request,
    )


def runs_by_itself(pattern: Pattern, expected: Expected) -> bool:
    """Whether an occurrence is built ahead without being asked for."""
    return pattern.enabled and pattern.action is not None and expected.confidence >= BY_ITSELF
