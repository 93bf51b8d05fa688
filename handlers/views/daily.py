"""The plan of the coming night, and the check-in of the evening."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.daily import ENOUGH_FOR_THE_NIGHT, Ahead, Evening
from core.model.task import NeedsApproval
from core.patterns import occurrence_at
from core.planning import Plan
from handlers.callbacks import Ask, ForTonight, ListName, OnTask, Page, TaskVerb, Wish
from handlers.views import improvements, patterns, times
from handlers.views.message import Button, Message, escape, lines, shorten
from handlers.views.night_pictures import plan_picture

SHOWN = 12
FEW = 3


def night(plan: Plan, ahead: Ahead, now: datetime, zone: ZoneInfo) -> Message:
    """What the night builds, when and on which slot, and what else it brings; buttons change it, a picture shows it."""
    span = f"{times.clock(plan.now, zone, now)}–{plan.until.astimezone(zone):%H:%M}"
    if not plan.planned and not plan.left_out:
        empty = "The queue is empty, so nothing is planned."
        return Message(lines(f"🌙 <b>The night</b> · {span}", empty, _ahead(ahead, now, zone)), _queue())
    planned = [
        f"{entry.start.astimezone(zone):%H:%M}–{entry.end.astimezone(zone):%H:%M} · slot {entry.slot} · "
        f"/{entry.task.id} {escape(shorten(entry.task.title, 60))}"
        for entry in plan.planned[:SHOWN]
    ]
    left = [
        f"/{entry.task.id} {escape(shorten(entry.task.title, 50))}: {escape(shorten(entry.reason, 120))}"
        for entry in plan.left_out[:SHOWN]
    ]
    hours = sum(entry.task.hours for entry in plan.planned)
    text = lines(
        f"🌙 <b>The night</b> · {span}",
        f"{_builds(len(plan.planned))}, {times.hours(hours)} of work"
        if planned
        else "Nothing can be built as things stand.",
        f"One build fewer at a time: {escape(plan.tight)}." if plan.tight else None,
        _ahead(ahead, now, zone),
        planned,
        _more(len(plan.planned)),
        ["", "<b>Not tonight</b>", *left, *filter(None, [_more(len(plan.left_out))])] if left else None,
    )
    return Message(text, _night_buttons(plan), picture=plan_picture(plan, zone) if plan.planned else None)


def _ahead(ahead: Ahead, now: datetime, zone: ZoneInfo) -> list[str]:
    """Limits that are likely to be reached, and what is built ahead."""
    told = [f"⚠️ {escape(problem.evidence)}. {escape(problem.prediction)}" for problem in ahead.problems[:FEW]]
    for pattern, each in ahead.prebuilt[:FEW]:
        known = occurrence_at(pattern, each.at)
        done = f"/{known.task} is" if known is not None and known.task is not None else "to be"
        told.append(
            f"🔁 {done} built ahead: {patterns.name(pattern.type)}, usually asked for {times.clock(each.at, zone, now)}"
        )
    return told


def _night_buttons(plan: Plan) -> list[list[Button]]:
    rows = [
        [
            Button(f"⏭ Skip {entry.task.id}", ForTonight(Wish.SKIP, entry.task.id)),
            Button(f"⏫ {entry.task.id} first", ForTonight(Wish.FIRST, entry.task.id)),
        ]
        for entry in plan.planned[:4]
    ]
    able = [entry.task.id for entry in plan.left_out if entry.can_be_wanted]
    asked = [entry.task.id for entry in plan.left_out if isinstance(entry.task.state, NeedsApproval)]
    rows += [[Button(f"✅ Approve {task}", ForTonight(Wish.APPROVE, task))] for task in asked[:3]]
    rows += [[Button(f"🌙 {task} tonight anyway", ForTonight(Wish.FIRST, task))] for task in able[:3]]
    return [*rows, *_queue()]


def _builds(count: int) -> str:
    return "1 build" if count == 1 else f"{count} builds"


def _more(count: int) -> str | None:
    return f"… and {count - SHOWN} more" if count > SHOWN else None


def check_in(evening: Evening, now: datetime, zone: ZoneInfo) -> Message:
    """Ready for tonight? Quick wins as buttons, and how the queue stands."""
    stats = evening.stats
    waiting = sum(stats.by_state.get(name, 0) for name in ("queued", "needs approval"))
    tonight = len(evening.plan.planned)
    hours = times.hours(sum(entry.task.hours for entry in evening.plan.planned)) if tonight else ""
    suggestion = improvements.suggested(evening.suggestion) if evening.suggestion is not None else None
    text = lines(
        "🌆 <b>Ready for tonight's build session?</b>",
        _quick_wins(evening),
        "",
        f"Queue: {waiting} waiting, {times.hours(stats.hours_queued)} of work." if waiting else "The queue is empty.",
        f"Tonight: {_builds(tonight)}, {hours} of work." if tonight else "Nothing is planned for tonight.",
        _health(evening),
        [f"🔁 Usually asked for: {line}" for line in patterns.today(evening.expected, zone)],
        suggestion.text if suggestion is not None else None,
    )
    rows = [
        [
            Button(
                f"▶️ {shorten(one.task.title, 40)} · {times.hours(one.task.hours)}", OnTask(TaskVerb.START, one.task.id)
            )
        ]
        for one in evening.quick_wins
    ]
    rows += [
        [Button(f"{_verb(task.state)} {shorten(task.title, 40)}", OnTask(TaskVerb.SHOW, task.id))]
        for task in (*evening.to_approve, *evening.candidates)
    ]
    rows += [list(row) for row in suggestion.rows] if suggestion is not None else []
    return Message(text, [*rows, [Button("🌙 The night", Ask("night")), Button("📋 Queue", Page(ListName.QUEUE, 0))]])


def _verb(state: object) -> str:
    return "✋" if isinstance(state, NeedsApproval) else "🔁"


def _quick_wins(evening: Evening) -> str:
    ask = ""
    if evening.to_approve:
        count = "One waits" if len(evening.to_approve) == 1 else f"{len(evening.to_approve)} wait"
        ask = f" {count} for your approval."
    return _ready(evening) + ask


def _ready(evening: Evening) -> str:
    if not evening.quick_wins and evening.to_approve:
        return "No quick wins are ready."
    if not evening.quick_wins:
        return "No quick wins are ready. Write me one, and I build it while you are here."
    return "Quick wins for now:" if len(evening.quick_wins) > 1 else "One quick win for now:"


def _health(evening: Evening) -> str | None:
    if evening.ready_for_night >= ENOUGH_FOR_THE_NIGHT:
        return None
    ready = evening.ready_for_night
    count = {0: "No task", 1: "Only one task"}.get(ready, f"Only {ready} tasks")
    offer = "These wait for your word:" if evening.candidates else "Write me what I should build while you sleep."
    return f"⚠️ {count} of the night's size (2 to 6 h) {'are' if ready > 1 else 'is'} ready. {offer}"


def _queue() -> list[list[Button]]:
    return [[Button("📋 Queue", Page(ListName.QUEUE, 0))]]
