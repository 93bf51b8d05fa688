"""The message of a notification, as things stand: which view shows which subject."""

from collections.abc import Callable
from datetime import datetime

from core import budgets, notifications, retries, weekend_book, weekend_progress
from core.approvals import is_open
from core.briefs import Briefs
from core.builds import Builds
from core.daily import Daily
from core.model.agent import Usage
from core.model.approval import Approval
from core.model.build import Active, Build, Ended
from core.model.config import Config
from core.model.decision import Stage
from core.model.ids import BuildId, TaskId
from core.model.notification import (
    ActionAsked,
    ApprovalAsked,
    BudgetLow,
    BuildEnded,
    BuildStarted,
    ChangeAsked,
    ChatLost,
    CheckIn,
    DependencyLost,
    ImprovementSuggested,
    LessonAsked,
    MorningBrief,
    NightBudgetLow,
    NightPlanned,
    PatternDue,
    PatternForgotten,
    PatternSuggested,
    ProblemFound,
    QuestionExpired,
    RuleSuggested,
    Subject,
    TaskShown,
    WeekendAsked,
    WeekendClosed,
    WeekendFree,
    WeekendNews,
    WeekendShown,
    WeekendSummary,
)
from core.model.task import Task
from core.model.weekend import Summarised
from core.people import People
from core.ports import Store
from handlers.views import (
    approvals,
    builds,
    improvements,
    patterns,
    problems,
    system,
    verdicts,
    weekend,
)
from handlers.views import briefs as brief_views
from handlers.views import daily as daily_views
from handlers.views.message import Message


class Renderer:
    """Reads the store; changes nothing."""

    def __init__(
        self,
        store: Store,
        builds: Builds,
        people: People,
        card: Callable[[TaskId], Message],
        briefs: Briefs,
        daily: Daily,
        config: Config,
    ) -> None:
        self._store = store
        self._builds = builds
        self._people = people
        self._card = card
        self._briefs = briefs
        self._daily = daily
        self._config = config

    def render(self, subject: Subject, now: datetime) -> Message | None:
        """The message as things stand; None when what it tells of is gone."""
        match subject:
            case NightBudgetLow():
                return builds.night_budget_low(subject)
            case RuleSuggested(suggestion=suggestion):
                made = self._store.suggestions.get(suggestion)
                return None if made is None else approvals.suggestion(made)
            case ProblemFound() | LessonAsked():
                return self._own_news(subject)
            case ChatLost():
                return system.chat_lost(subject)
            case ChangeAsked() | ActionAsked() | ImprovementSuggested():
                return None  # was sent as an answer, or by an earlier version
            case MorningBrief(since=since, due=due, at=at):
                return brief_views.brief(self._briefs.compose(at, since, due), self._config.zone, morning=True)
            case NightPlanned():
                plan, ahead = self._daily.plan_of_night(now), self._daily.ahead(now)
                return daily_views.night(plan, ahead, now, self._config.zone)
            case CheckIn():
                return daily_views.check_in(self._daily.evening(now), now, self._config.zone)
            case WeekendAsked() | WeekendShown() | WeekendClosed() | WeekendFree() | WeekendSummary():
                return self._weekend(subject, now)
            case PatternSuggested() | PatternDue() | PatternForgotten():
                return self._pattern(subject, now)
        task_id = notifications.task_of(self._store, subject)
        task = self._store.tasks.get(task_id) if task_id is not None else None
        return None if task is None else self._about(task, subject, now)

    def _own_news(self, subject: ProblemFound | LessonAsked) -> Message | None:
        """Of the machine, and of Jarvis itself."""
        match subject:
            case ProblemFound(problem=problem):
                found = self._store.problems.get(problem)
                return None if found is None else problems.alarm(found)
            case LessonAsked(correction=correction):
                said = self._store.corrections.get(correction)
                return None if said is None else improvements.ask_lesson(said, self._store.projects.all())

    def _weekend(self, subject: WeekendNews, now: datetime) -> Message | None:
        found = self._store.weekends.get(subject.weekend)
        if found is None:
            return None
        names, voting = self._people.names(), bool(weekend_book.groups(self._store, found.id))
        progress = weekend_progress.progress(self._store, found, now)
        match subject:
            case WeekendAsked(round=number):
                return weekend.asked(found, number, names, now, self._config, voting=voting)
            case WeekendClosed():
                return weekend.closed(found, names, now, self._config)
            case WeekendSummary() if progress is not None and isinstance(found.state, Summarised):
                return weekend.summary(progress)
            case WeekendShown() | WeekendFree():
                group = isinstance(subject, WeekendShown) and subject.group
                return weekend.shown(found, progress, names, now, self._config, group=group, voting=voting)
        return None

    def _pattern(self, subject: PatternSuggested | PatternDue | PatternForgotten, now: datetime) -> Message | None:
        found = self._store.patterns.get(subject.pattern)
        if found is None:
            return None
        match subject:
            case PatternSuggested():
                known = self._store.moments.get(found.type)
                return patterns.suggested(found, known.example if known is not None else "", now, self._config.zone)
            case PatternForgotten():
                return patterns.forgotten(found, subject, now, self._config.zone)
        task = self._store.tasks.get(subject.task) if subject.task is not None else None
        occurrence = next((one for one in found.occurrences if one.at == subject.at), None)
        return patterns.due(found, subject, occurrence, task, self._result(task, now) if task is not None else None)

    def _result(self, task: Task, now: datetime) -> Message | None:
        """What the build that its state speaks of has made, if it has ended."""
        build = self._store.builds.get(getattr(task.state, "build", None) or BuildId(""))
        if build is None or not isinstance(build.state, Ended):
            return None
        return self._build(task, build, BuildEnded(build=build.id), now)

    def _about(self, task: Task, subject: Subject, now: datetime) -> Message | None:
        match subject:
            case BuildStarted(build=build_id) | BuildEnded(build=build_id) | BudgetLow(build=build_id):
                build = self._store.builds.get(build_id)
                return None if build is None else self._build(task, build, subject, now)
            case QuestionExpired():
                return approvals.expired(task)
            case ApprovalAsked(approval=approval_id):
                approval = self._store.approvals.get(approval_id)
                return None if approval is None else self._question(task, approval, now)
            case TaskShown():
                return self._card(task.id)
            case DependencyLost(lost=lost):
                return builds.dependency_lost(task, self._store.tasks.get(lost), lost)
        return None

    def _build(self, task: Task, build: Build, subject: Subject, now: datetime) -> Message:
        if isinstance(subject, BudgetLow):
            return builds.budget_low(task, build, self._builds.progress(build.id))
        if isinstance(build.state, Active):
            stopping = build.state.stop_requested
            return builds.running(task, build, self._builds.progress(build.id), stopping=stopping, now=now)
        result = build.state.result
        if isinstance(subject, BuildStarted):
            return builds.over(task, build, result)
        current = getattr(task.state, "build", None) == build.id
        again = not current and retries.may_pass(result.outcome)
        return builds.ended(task, build, result, current=current, again=again)

    def _question(self, task: Task, approval: Approval, now: datetime) -> Message:
        """Open with its buttons, or how it was settled, by whom and when."""
        if not is_open(self._store, approval):
            verdict = verdicts.verdict(approval, self._people.names(), now, self._config.zone)
            return approvals.answered(task, verdict or "Not needed any more.")
        if approval.stage is not Stage.RESULT:
            return approvals.question(task, approval, self._spent(task), now, self._config.zone)
        build = self._store.builds.get(getattr(task.state, "build", None) or BuildId(""))
        if build is None or not isinstance(build.state, Ended):
            return approvals.answered(task, "Not needed any more.")
        return approvals.result(task, approval, builds.ended(task, build, build.state.result, current=True))

    def _spent(self, task: Task) -> Usage | None:
        tries = [build.state for build in self._store.builds.all() if build.task == task.id]
        return budgets.total(state.result.usage for state in tries if isinstance(state, Ended))
