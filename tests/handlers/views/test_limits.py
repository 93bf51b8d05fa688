"""Every view keeps to Telegram's limits, whatever stands in titles, logs and names; the strict server is the judge."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from bot.local.core import BotApi
from core import preferences, task_text
from core.briefs import Brief, Finished, Question, RunningBuild
from core.build_scheduler import Listed, Stats
from core.daily import Ahead, Evening
from core.errors import Refused
from core.model.agent import Usage
from core.model.approval import Approval, Open
from core.model.build import (
    Abandoned,
    AgentFailed,
    Broke,
    BuildResult,
    Ended,
    NotPrepared,
    Outcome,
    Proven,
    TimedOut,
    Unverified,
)
from core.model.context import Context, Evidence, Interval, Place, Reading
from core.model.ids import (
    ApprovalId,
    BuildId,
    DraftId,
    PatternId,
    ProjectName,
    SessionId,
    TaskId,
    UserId,
    WeekendId,
)
from core.model.notification import PatternDue, PatternForgotten
from core.model.pattern import Action, Expected, Occurrence, Pattern
from core.model.session import Session, SessionKind
from core.model.task import (
    Cancelled,
    Category,
    Completed,
    Discarded,
    DoneByHand,
    Draft,
    Failed,
    Merged,
    NeedsApproval,
    NotPushed,
    Priority,
    Queued,
    Rejected,
    RolledBack,
    Running,
    Split,
    Task,
    TaskState,
    Unmerged,
)
from core.model.weekend import Asked, Chosen, Nothing, Option, Phase, Rest, Vote, Weekend
from core.nights import Ran
from core.overnight_report import BuildLine, Report
from core.overnight_runner import Standing
from core.planning import LeftOut, Plan, Planned
from core.preferences import Shown
from core.projects import Registered
from core.weekend_progress import Earlier, PhaseProgress, Progress
from handlers import callbacks, replies
from handlers.callbacks import Choose, DraftField, ListName
from handlers.views import (
    approvals,
    briefs,
    builds,
    contexts,
    daily,
    drafts,
    onboarding,
    patterns,
    projects,
    sessions,
    tasks,
    weekend,
)
from handlers.views import settings as views_of_settings
from handlers.views.message import MAX_TEXT, Message, pre, unescape, utf16_length
from tests import factories
from tests.factories import NOW, UTC_ZONE
from tests.fakes import SetClock
from tests.handlers.conftest import ANN, JARVIS

BUILD = BuildId("task_123456789-12")
HOSTILE = ("<b>", "</b>", "&", "&amp;", "💥", "👩‍👩‍👧", "ש", "\u0301", "`", "_", " ", "x", "<script>", '"', "…", "\n")

hostile = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=12).map("".join)


def long(limit: int) -> st.SearchStrategy[str]:
    """Up to the limit, and often exactly there."""
    return st.tuples(hostile, st.sampled_from([1, limit // 10, limit])).map(
        lambda pair: (pair[0] * (pair[1] // len(pair[0]) + 1))[: max(pair[1], len(pair[0]))][:limit]
    )


EXPECTED = Expected(at=NOW, confidence=0.99, band="medium")
PATTERN = Pattern(id=PatternId("pattern_1"), type="<&>" * 20, since=NOW, expected=(EXPECTED,))


def title(text: str) -> str:
    try:
        return task_text.clean_title(text)
    except Refused:
        return "x"


ROLLED_BACK = RolledBack(
    commit="a" * 40,
    merge="b" * 40,
    at=NOW,
    by=None,
    checkout_behind=True,
    push=NotPushed(reason="<&>💥" * 500, at=NOW),
)

states: st.SearchStrategy[TaskState] = st.sampled_from(
    [
        NeedsApproval(approval=ApprovalId("approval_123456789")),
        Queued(since=NOW),
        Running(build=BUILD, since=NOW),
        Completed(build=BUILD, at=NOW, delivery=Unmerged()),
        Completed(build=BUILD, at=NOW, delivery=Merged(commit="a" * 40, at=NOW, by=None, checkout_behind=True)),
        Completed(build=BUILD, at=NOW, delivery=Discarded(bundle="/x/" + "<&>" * 80, at=NOW, by=None)),
        Completed(build=BUILD, at=NOW, delivery=Discarded(bundle="/x", at=NOW, by=None, purged_at=NOW)),
        Completed(build=BUILD, at=NOW, delivery=ROLLED_BACK),
        Completed(build=BUILD, at=NOW, delivery=Unmerged(push=NotPushed(reason="<&>💥" * 500, at=NOW))),
        Failed(build=BUILD, at=NOW, reason="<&>💥" * 500),
        Rejected(at=NOW, by=None),
        Cancelled(at=NOW, by=None),
        DoneByHand(at=NOW, by=None),
        Split(at=NOW, by=None, phases=tuple(TaskId(f"task_{number}") for number in range(900))),
    ]
)

commands = st.one_of(st.none(), long(10_000))

hostile_tasks = st.builds(
    lambda name, text, state, category, hours, command, verify, tags, depends: factories.task(
        123456789,
        title=title(name),
        description=text,
        state=state,
        category=category,
        hours=hours,
        priority=Priority.CRITICAL,
        command=command,
        verify=verify,
        project=ProjectName("p" * 30),
        tags=("t" * 30,) * tags,
        depends=tuple(TaskId(f"task_{number}") for number in range(depends)),
    ),
    long(200),
    long(20_000),
    states,
    st.sampled_from(Category),
    st.floats(0.001, 12),
    commands,
    commands,
    st.sampled_from([0, 3, 300]),
    st.sampled_from([0, 2, 900]),
)

outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.sampled_from([Proven(), Unverified(), Broke(), Abandoned(), TimedOut(limit=1.0, idle=True)]),
    long(5000).map(lambda text: AgentFailed(exit_code=None, detail=text)),
    long(5000).map(lambda text: NotPrepared(detail=text)),
)

results = st.builds(
    lambda outcome, tail: factories.result(outcome, tail=tail, after=factories.verification(failed=1, tail=tail)),
    outcomes,
    long(10_000),
)


@pytest.fixture(scope="module")
def api() -> Iterator[BotApi]:
    opened = BotApi(JARVIS, ANN, SetClock())
    yield opened
    opened.close()


def check(api: BotApi, message: Message, *, edited: bool = True) -> None:
    """The server takes it; what is edited in place must fit into a message, the rest may become a document."""
    if not edited and utf16_length(unescape(message.text)) > MAX_TEXT:
        message = replies.as_document(message)
    keyboard = replies.keyboard(message)
    params = {"chat_id": ANN.id, "text": message.text or "x", "parse_mode": "HTML"}
    if keyboard is not None:
        params["reply_markup"] = keyboard.to_json()
    answer = api.call("sendMessage", params)
    assert answer.ok, f"{answer.description}: {message}"
    assert answer.result["text"].strip()
    for row in message.rows:
        for button in row:
            data = callbacks.encode(button.press)
            assert 1 <= len(data.encode()) <= 64
            assert callbacks.decode(data) == button.press


def listed(task: Task) -> Listed:
    return Listed(task, 123.456, "quick win", list(task.depends))


relaxed = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None, max_examples=40
)


@relaxed
@given(task=hostile_tasks, reason=long(300), waiting=st.one_of(st.none(), long(300)))
def test_cards_questions_and_lists(api: BotApi, task: Task, reason: str, waiting: str | None) -> None:
    approval = Approval(
        id=ApprovalId("approval_123456789"), task=task.id, reason=reason, asked_at=NOW, expires_at=NOW, state=Open()
    )
    check(api, tasks.card(listed(task), approval, waiting, NOW, UTC_ZONE))
    check(api, tasks.card(listed(task), None, waiting, NOW + timedelta(days=400), UTC_ZONE))
    check(api, tasks.added(task))
    check(api, approvals.question(task, approval, Usage(tokens_in=10**9, dollars=1e6), NOW, UTC_ZONE))
    check(api, approvals.answered(task, "Approved."))
    check(api, approvals.expired(task))
    check(api, approvals.change(task))
    check(api, approvals.waiting([(task, approval)] * 50, NOW))
    check(api, builds.dependency_lost(task, task, task.id))
    check(api, builds.dependency_lost(task, None, TaskId("task_1")))
    for name in ListName:
        for page in (0, 3, 99):
            check(api, tasks.page(name, [listed(task)] * 30, page))
    check(api, tasks.upcoming([listed(task)] * 3))
    check(api, tasks.log_excerpt(task, task.description))
    plan = Plan(
        NOW, NOW + timedelta(hours=9), [Planned(task, 1, NOW, NOW)] * 50, 3, lambda: [LeftOut(task, reason, True)] * 50
    )
    check(api, tasks.plan(plan, NOW, UTC_ZONE), edited=False)
    check(api, daily.night(plan, Ahead(), NOW, UTC_ZONE))
    nothing = Plan(NOW, NOW, [], 3, lambda: [LeftOut(task, reason, True)] * 50)
    check(api, daily.night(nothing, Ahead(), NOW, UTC_ZONE))
    full = Stats({"queued": 10**9}, 10**9, 0.333, 1e9, 1e9, timedelta(days=4000), NOW)
    for ready in (0, 1, 4, 5):
        evening = Evening(
            quick_wins=[listed(task)] * 3,
            to_approve=[task] * 3,
            stats=full,
            ready_for_night=ready,
            candidates=[task] * 3,
            plan=plan,
            expected=[(PATTERN, EXPECTED)] * 5,
        )
        check(api, daily.check_in(evening, NOW, UTC_ZONE))


@relaxed
@given(task=hostile_tasks, result=results, line=long(500), current=st.booleans())
def test_builds(api: BotApi, task: Task, result: BuildResult, line: str, current: bool) -> None:
    build = factories.build(BUILD, spec=factories.spec(BUILD, base="<base>&" * 20, branch="jarvis/" + "<&>" * 30))
    for stopping in (True, False):
        check(api, builds.running(task, build, factories.progress(last_line=line), stopping=stopping, now=NOW))
    check(api, builds.running(task, build, None, stopping=False, now=NOW - timedelta(days=1)))
    check(api, builds.over(task, build, result))
    check(api, builds.ended(task, build, result, current=current))
    room = factories.build(BUILD, Ended(result=result, requeued=line))
    check(api, builds.over(task, room, result))
    check(api, builds.ended(task, room, result, current=current))


@relaxed
@given(name=long(31), why=long(200), count=st.sampled_from([0, 1, 12, 400]))
def test_contexts_and_places(api: BotApi, name: str, why: str, count: int) -> None:
    place = Place(name=name, context=Context.GYM, latitude=90.0, longitude=-180.0, metres=20_000.0)
    for each in Context:
        reading = Reading(context=each, evidence=Evidence.PLACE, why=why, until=NOW + timedelta(days=400))
        coming = [Interval(start=NOW, end=NOW, context=each, evidence=Evidence.SCHEDULE)] * min(count, 30)
        check(api, contexts.context(reading, coming, 3, NOW, UTC_ZONE))
        check(api, contexts.place(place if count else None, reading, NOW, UTC_ZONE))
    check(api, contexts.places([place] * count), edited=False)
    check(api, contexts.named(place))


@relaxed
@given(name=long(200), outcome=st.sampled_from(["running", "proven", "broke", "stopped"]), count=st.integers(0, 60))
def test_sessions(api: BotApi, name: str, outcome: str, count: int) -> None:
    line = BuildLine(
        build=BUILD,
        task=TaskId("task_123456789"),
        title=title(name),
        project="p" * 30,
        engine="e" * 30,
        started_at=NOW,
        ended_at=None,
        outcome=outcome,
        summary=name * 20,
        estimated_hours=12.0,
        hours=1e6,
    )
    for kind in SessionKind:
        session = Session(
            id=SessionId("overnight-2026-03-03"),
            kind=kind,
            start=NOW,
            end=NOW,
            opened_at=NOW,
            stopped_at=NOW if count % 2 else None,
            checks=count,
            checked_at=NOW,
        )
        made = Report(
            day="2026-03-04",
            session=session.id,
            start=NOW,
            end=NOW,
            written_at=NOW,
            opened_late_minutes=1e5 * count,
            stopped=True,
            builds=[line] * count,
            completed=count,
            failed=count,
            running=count,
            stopped_builds=count,
            hours_shipped=1e6 * count,
            dollars=1e6,
            checks=count,
        )
        check(api, sessions.report(made, UTC_ZONE))
        coming = [Planned(factories.task(title=title(name)), 1, NOW, NOW)] * count
        standing = Standing(session=session, report=made, coming=coming)
        check(api, sessions.session(standing, True, NOW, UTC_ZONE, name * 3))
    for overnight in (True, False):
        check(api, sessions.session(None, overnight, NOW, UTC_ZONE))


def test_every_setting(api: BotApi) -> None:
    for changed in (True, False):
        every = [Shown(preference, "<&>" * 30, changed) for preference in preferences.ALL]
        check(api, views_of_settings.settings(every))
        for one in every:
            check(api, views_of_settings.setting(one))


@relaxed
@given(name=long(200), text=long(20_000), command=commands)
def test_drafts(api: BotApi, name: str, text: str, command: str | None) -> None:
    draft = Draft(
        id=DraftId("draft_123456789"),
        chat=factories.new_task().chat or ANN.id,  # type: ignore[arg-type]
        title=title(name),
        description=text,
        command=command,
        category=Category.PERFORMANCE,
        project=ProjectName("p" * 30),
        created_at=NOW,
    )
    many = [factories.project(name=ProjectName(f"{number:030}")) for number in range(20)]
    for missing in (True, False):
        check(api, drafts.card(draft, agent_missing=missing, has_projects=missing))
    for field in DraftField:
        check(api, drafts.choices(draft, field, many))
        check(api, drafts.choices(draft, field, []))
    assert callbacks.decode(callbacks.encode(Choose(draft.id))) == Choose(draft.id)


@relaxed
@given(task=hostile_tasks, result=results, count=st.sampled_from([0, 1, 9, 50]))
def test_briefs(api: BotApi, task: Task, result: BuildResult, count: int) -> None:
    build = factories.build(BUILD)
    finished = [Finished(task, build, result)] * count
    approval = Approval(
        id=ApprovalId("approval_1"), task=task.id, reason="r" * 300, asked_at=NOW, expires_at=NOW, state=Open()
    )
    report = Brief(
        since=NOW - timedelta(days=1),
        now=NOW,
        shipped=finished,
        unproven=finished,
        running=[RunningBuild(task, build, None, NOW)] * min(count, 9),
        failed=finished,
        questions=[Question(task, approval)] * count,
        to_merge=[task] * count,
        all_proven=[task] * count,
        queued=count,
        hours_shipped=1.0 * count,
        dollars=1.0 * count,
        ran=[Ran(build, task.title, 0, NOW - timedelta(hours=1), NOW, "proven")] * min(count, 1),
        late=timedelta(hours=count),
        missed=[("night", NOW)] * count,
        throttled="disk " + "<&>" * 30 if count else None,
        multiplier=3.5 if count else None,
        expected=[(PATTERN, EXPECTED)] * count,
    )
    check(api, briefs.brief(report, UTC_ZONE))


@relaxed
@given(
    name=long(200), part=long(80), reason=long(2000), count=st.sampled_from([1, 5, 7]), voters=st.sampled_from([0, 50])
)
def test_weekends(api: BotApi, name: str, part: str, reason: str, count: int, voters: int) -> None:
    task = TaskId("task_123456789")
    phases = (Phase(title=title(part), hours=1.5, task=task),) * 8
    option = Option(task=task, title=title(name), hours=12.0, score=0.1, reason=reason, phases=phases, created_at=NOW)
    votes = tuple(Vote(person=UserId(number), task=task, at=NOW) for number in range(voters))
    chosen = Chosen(task=task, title=title(name), by=UserId(1), voted=False, at=NOW, phases=phases)
    names, saturday = {UserId(number): name for number in range(voters)}, WeekendId("2026-11-28")
    for state in (Asked(), chosen, Nothing(at=NOW, why=reason[:200])):
        row = Weekend(id=saturday, options=(option,) * count, votes=votes, asked_at=NOW, closes_at=NOW, state=state)
        check(api, weekend.asked(row, 2, names, NOW, factories.config(), voting=True))
        check(api, weekend.shown(row, None, names, NOW, factories.config(), group=True, voting=True))
        check(api, weekend.closed(row, names, NOW, factories.config()))
        question, options = weekend.poll(row)
        assert len(question) <= 300
        assert all(1 <= utf16_length(text) <= 100 for text in options)
        assert len(set(options)) == count
    check(api, weekend.suggestions(saturday, [option] * count))
    for shipped in (True, False):
        phase = PhaseProgress(
            number=1, title=title(part), task=task, state="failed", reason=reason, estimated=1.5, actual=2.0,
            is_done=shipped, is_shipped=shipped, is_left=not shipped,
        )  # fmt: skip
        for rest in (None, *Rest):
            shown = Progress(
                weekend=saturday, task=task, title=title(name), phases=[phase] * 8, share=0.3, estimated=12.0,
                actual=1.0, estimated_done=1.5, started_at=None, summarised_at=NOW, rest=rest, ended_at=NOW,
                earlier=[Earlier(task=task, title=title(name), phases=8, done=3)],
            )  # fmt: skip
            check(api, weekend.progress(structs.replace(shown, ended_at=None)))
            check(api, weekend.progress(shown, [option] * count))
            check(api, weekend.summary(shown))


@relaxed
@given(name=st.one_of(long(64), st.just("")))
def test_the_first_steps(api: BotApi, name: str) -> None:
    for flag in (True, False):
        check(api, onboarding.welcome(name, offer_sample=flag, local=flag))
    check(api, onboarding.sample_made())


@relaxed
@given(path=long(4000), verify=commands, tail=long(5000), count=st.sampled_from([0, 1, 40]))
def test_projects(api: BotApi, path: str, verify: str | None, tail: str, count: int) -> None:
    project = factories.project(path=path, base="<b>" * 20, verify=verify)
    check(api, projects.listing([project] * count), edited=False)
    for trial in (None, factories.verification(), factories.verification(failed=1, tail=tail)):
        check(api, projects.registered(Registered(project, trial)), edited=False)


@relaxed
@given(text=long(9000), limit=st.integers(20, 3000))
def test_a_block_of_output_counts_as_telegram_does(text: str, limit: int) -> None:
    block = pre(text, limit)

    shown = unescape(block)
    assert utf16_length(shown) <= limit + 2  # the mark of what was cut, and its line
    assert (block == "") == (not text.strip())
    if shown.startswith("…\n") and not text.startswith("…"):
        assert text.strip("\n").endswith(shown.removeprefix("…\n"))


def test_numbers(api: BotApi) -> None:
    labels = {"queued": 10**9, "needs approval": 1, "in progress": 1, "completed": 1, "failed": 1}
    full = Stats(labels, 10**9, 0.333, 1e9, 1e9, timedelta(days=4000), NOW + timedelta(days=9999))
    check(api, tasks.stats(full, NOW, UTC_ZONE))
    check(api, tasks.stats(Stats({}, 0, None, 0.0, 0.0, None, None), NOW, UTC_ZONE))


@relaxed
@given(kind=long(60), task=hostile_tasks, result=results, useful=st.sampled_from([None, True, False]), on=st.booleans())
def test_patterns(api: BotApi, kind: str, task: Task, result: BuildResult, useful: bool | None, on: bool) -> None:
    expected = Expected(at=NOW + timedelta(days=30), confidence=0.99, band="medium")
    occurrence = Occurrence(at=NOW, task=task.id, handed_over_at=NOW, useful=useful)
    action = Action(title=task.title, project=ProjectName("p" * 30), hours=12.0) if on else None
    row = Pattern(
        id=PatternId("pattern_123456789"), type=kind, since=NOW, enabled=on, action=action, useful=10**6, useless=10**6,
        expected=(expected,) * 5, occurrences=(occurrence,) * 20, suggested_for=NOW, accepted=useful,
    )  # fmt: skip
    result_message = builds.ended(task, factories.build(BUILD), result, current=True)
    told = PatternDue(pattern=row.id, at=NOW, task=task.id if on else None)
    for count in (0, 1, 8, 200):
        check(api, patterns.patterns([row] * count, {row.id: 10**6}, NOW, UTC_ZONE), edited=False)
    check(api, patterns.suggested(row, kind * 5, NOW, UTC_ZONE))
    check(api, patterns.due(row, told, occurrence, task if on else None, result_message if on else None))
    check(api, patterns.due(row, told, occurrence, task if on else None, None))
    check(api, patterns.forgotten(row, PatternForgotten(pattern=row.id, last=NOW), NOW, UTC_ZONE))
    check(api, patterns.ask_action(row))
    if on:
        check(api, patterns.action_set(row))
