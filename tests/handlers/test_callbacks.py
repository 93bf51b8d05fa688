"""Callback data: short, readable again, and anything else is refused."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import preferences
from core.model.context import Context
from core.model.ids import (
    ApprovalId,
    BuildId,
    CorrectionId,
    DraftId,
    ImprovementId,
    LessonId,
    PatternId,
    ProjectName,
    RepairId,
    RuleId,
    SuggestionId,
    TaskId,
    WeekendId,
)
from core.model.people import Kind, Mode
from handlers.callbacks import (
    Always,
    Answer,
    Ask,
    ChangeField,
    ChangeTask,
    Choose,
    DraftEnd,
    DraftField,
    DropLink,
    DropRule,
    FinishDraft,
    ForTonight,
    JudgePattern,
    ListName,
    MergeAll,
    Notify,
    NotifyAtNight,
    OnPattern,
    OnSession,
    OnTask,
    Page,
    PatternVerb,
    Period,
    Press,
    Resume,
    RetryBuild,
    RunFix,
    Seen,
    SessionVerb,
    SetContext,
    SetField,
    Setting,
    ShowPeriod,
    StopAll,
    TakeBack,
    TakeSuggestion,
    TaskVerb,
    TryAgent,
    UnknownButton,
    Wish,
    decode,
    encode,
    tag_of,
)
from handlers.improvement_buttons import DropLesson, ImprovementVerb, KeepLesson, LetBe, OnImprovement
from handlers.weekend_buttons import ChooseWeekend, FinishPhase, OnWeekend, VoteWeekend, WeekendVerb

TASK, DRAFT = TaskId("task_999999999"), DraftId("draft_999999999")
WEEKEND = WeekendId("2026-11-28")

PRESSES: list[Press] = [
    *(OnTask(verb, TASK) for verb in TaskVerb),
    RetryBuild(TASK, BuildId("task_999999999-99")),
    MergeAll(),
    *(OnImprovement(verb, ImprovementId("improvement_999999999")) for verb in ImprovementVerb),
    KeepLesson(CorrectionId("correction_999999999")),
    KeepLesson(CorrectionId("correction_999999999"), ProjectName("p" * 30)),
    LetBe(CorrectionId("correction_999999999")),
    DropLesson(LessonId("lesson_999999999")),
    *(Answer(ApprovalId("approval_999999999"), yes) for yes in (True, False)),
    Always(ApprovalId("approval_999999999")),
    Seen(ApprovalId("approval_999999999")),
    ChangeTask(TASK),
    *(ChangeTask(TASK, field, "BACKLOG") for field in ChangeField),
    DropRule(RuleId("rule_999999999")),
    *(TakeSuggestion(SuggestionId("suggestion_999999999"), yes) for yes in (True, False)),
    Resume(),
    Resume(ProjectName("x" * 50)),
    StopAll(),
    StopAll(ProjectName("x" * 50)),
    *(Notify(kind, mode) for kind in Kind for mode in Mode),
    NotifyAtNight(True),
    DropLink(TASK, TASK),
    Choose(DRAFT),
    *(Choose(DRAFT, field) for field in DraftField),
    *(SetField(DRAFT, field, "x" * 30) for field in DraftField),
    *(FinishDraft(DRAFT, end) for end in DraftEnd),
    *(Page(name, 99_999) for name in ListName),
    *(OnPattern(verb, PatternId("pattern_999999999")) for verb in PatternVerb),
    *(JudgePattern(PatternId("pattern_999999999"), useful, 32_503_680_000) for useful in (True, False)),
    *(ShowPeriod(period) for period in Period),
    SetContext(),
    *(SetContext(context) for context in Context),
    Setting(),
    Setting("GYM_HOURS"),
    *(
        Setting(each.name, value.replace(":", "."))
        for each in preferences.ALL
        for value in each.choices
        if "/" not in value
    ),
    *(ForTonight(wish, TASK) for wish in Wish),
    *(OnSession(verb) for verb in SessionVerb),
    TryAgent("x" * 30),
    VoteWeekend(WEEKEND, TASK),
    ChooseWeekend(WEEKEND, TASK),
    *(OnWeekend(verb, WEEKEND) for verb in WeekendVerb),
    FinishPhase(TASK),
    *(RunFix(do) for do in (True, False)),
    TakeBack(RepairId("repair_999999999")),
    Ask("sample"),
]


@pytest.mark.parametrize("press", PRESSES, ids=str)
def test_there_and_back(press: Press) -> None:
    assert decode(encode(press)) == press
    assert len(encode(press).encode()) <= 64


@pytest.mark.parametrize("press", PRESSES, ids=str)
def test_the_kind_of_a_press_is_known_without_reading_it(press: Press) -> None:
    assert tag_of(encode(press)) == str(press.__struct_config__.tag)
    assert tag_of("x" + encode(press)) == tag_of("") == "unknown"


def test_every_kind_is_tried() -> None:
    assert {type(press) for press in PRESSES} == set(get_args(Press))


def test_the_wire_form_of_old_messages_stays_readable() -> None:
    assert decode("task:merge:task_12") == OnTask(TaskVerb.MERGE, TaskId("task_12"))
    assert decode("task:rollback:task_12") == OnTask(TaskVerb.ROLLBACK, TaskId("task_12"))
    assert decode("task:restore:task_12") == OnTask(TaskVerb.RESTORE, TaskId("task_12"))
    assert decode("task:push:task_12") == OnTask(TaskVerb.PUSH, TaskId("task_12"))
    assert decode("answer:approval_7:1") == Answer(ApprovalId("approval_7"), True)
    assert decode("answer:approval_7:0") == Answer(ApprovalId("approval_7"), False)
    assert decode("unlink:task_2:task_1") == DropLink(TaskId("task_2"), TaskId("task_1"))
    assert decode("choose:draft_1:") == Choose(DraftId("draft_1"))
    assert decode("set:draft_1:hours:0.5") == SetField(DraftId("draft_1"), DraftField.HOURS, "0.5")
    assert decode("draft:draft_1:start") == FinishDraft(DraftId("draft_1"), DraftEnd.ADD_AND_START)
    assert decode("page:queue:2") == Page(ListName.QUEUE, 2)
    assert decode("period:month") == ShowPeriod(Period.MONTH)
    assert decode("context:GYM") == SetContext(Context.GYM)
    assert decode("setting:BRIEF_AT:07.30") == Setting("BRIEF_AT", "07.30")
    assert decode("tonight:skip:task_12") == ForTonight(Wish.SKIP, TaskId("task_12"))
    assert decode("session:stop") == OnSession(SessionVerb.STOP)
    assert decode("ask:brief") == Ask("brief")
    assert decode("always:approval_7") == Always(ApprovalId("approval_7"))
    assert decode("seen:approval_7") == Seen(ApprovalId("approval_7"))
    assert decode("change:task_2::") == ChangeTask(TaskId("task_2"))
    assert decode("change:task_2:hours:2") == ChangeTask(TaskId("task_2"), ChangeField.HOURS, "2")
    assert decode("norule:rule_3") == DropRule(RuleId("rule_3"))
    assert decode("suggest:suggestion_1:0") == TakeSuggestion(SuggestionId("suggestion_1"), False)
    assert decode("resume:") == Resume()
    assert decode("notify:builds:silent") == Notify(Kind.BUILDS, Mode.SILENT)
    assert decode("vote:2026-11-28:task_2") == VoteWeekend(WEEKEND, TaskId("task_2"))
    assert decode("project:2026-11-28:task_2") == ChooseWeekend(WEEKEND, TaskId("task_2"))
    assert decode("weekend:next:2026-11-28") == OnWeekend(WeekendVerb.NEXT, WEEKEND)
    assert decode("phase:task_2") == FinishPhase(TaskId("task_2"))
    assert decode("stopall:shop") == StopAll(ProjectName("shop"))


@given(st.text(max_size=64))
def test_anything_else_is_refused(data: str) -> None:
    try:
        press = decode(data)
    except UnknownButton as refusal:
        assert str(refusal) == "This button is from another version of me. /queue shows where things stand."  # noqa: PT017
        return
    assert isinstance(press, get_args(Press))


@pytest.mark.parametrize("press", [Ask("x" * 61), SetField(DRAFT, DraftField.PROJECT, "💥" * 20), Ask("a:b")])
def test_what_does_not_fit_is_a_mistake_of_ours(press: Press) -> None:
    with pytest.raises(ValueError, match=r"not fit for a button"):
        encode(press)
