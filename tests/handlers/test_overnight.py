"""The night in the chat: its plan with picture and buttons, the check-in, the brief, and sessions by hand."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import metrics
from core.daily import Ahead
from core.model.build import AgentFailed
from core.model.ids import BuildId, ProjectName, RepairId, TaskId
from core.model.metrics import Sample
from core.model.notification import MorningBrief
from core.model.pattern import Action
from core.model.problem import Fix, FixKind, Repair, RepairState
from core.model.session import SessionKind, Throttle
from core.model.task import Category, NeedsApproval, Queued, Running
from core.planning import Plan
from handlers.views import daily, night_pictures
from handlers.views.message import unescape
from handlers.views.pictures import BarKind
from tests.factories import NOW, UTC_ZONE
from tests.handlers.conftest import SHOP, House


def at(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def photo(house: House, message: int) -> Any:
    return house.message(message).body.get("photo")


def tonight(house: House) -> Plan:
    return house.services.scheduler.night(house.clock())


# -- the plan of the night --------------------------------------------------------------------------------------------


async def test_the_plan_with_its_picture_and_buttons(house: House) -> None:
    house.add("Long", hours=4.0)
    house.add("Short")
    house.add("A new page", category=Category.FEATURE)
    house.add("Behind", depends=(TaskId("task_1"),), hours=6.0)

    text = await house.ask("/night")

    shown = house.last_id()
    assert text.splitlines() == [
        "🌙 The night · 23:00–07:00",
        "2 builds, 5 h of work",
        "23:10–00:10 · slot 1 · /task_2 Short",
        "23:10–03:10 · slot 2 · /task_1 Long",
        "",
        "Not tonight",
        "/task_3 A new page: needs approval",
        "/task_4 Behind: blocked by task_1",
    ]
    assert house.labels(shown) == [
        "⏭ Skip task_2",
        "⏫ task_2 first",
        "⏭ Skip task_1",
        "⏫ task_1 first",
        "✅ Approve task_3",
        "📋 Queue",
    ]
    before = photo(house, shown)
    assert before

    toast = await house.press(shown, "Skip task_1")

    assert toast.text == "task_1 is left out tonight."
    assert "/task_1 Long: is not to start before 07:00" in house.text(shown)
    assert photo(house, shown) != before  # the picture shows the same as the text
    assert "🌙 task_1 tonight anyway" in house.labels(shown)
    assert "tonight anyway" not in " ".join(label for label in house.labels(shown) if "task_1" not in label)
    assert house.woken
    assert house.troubles() == []


async def test_first_and_anyway(house: House) -> None:
    house.add("Too long", hours=8.0)
    text = await house.ask("/night")
    shown = house.last_id()
    assert "Nothing can be built as things stand." in text
    assert "/task_1 Too long: too long for the overnight window; waits for work hours" in text
    assert photo(house, shown) is None

    toast = await house.press(shown, "task_1 tonight anyway")

    assert toast.text == "task_1 goes first tonight."
    assert "23:10–07:10 · slot 1 · /task_1 Too long" in house.text(shown)
    await house.beat()
    assert isinstance(house.task("task_1").state, Queued)  # it is evening still
    house.clock.moment = at(23, 10)
    await house.beat()
    assert isinstance(house.task("task_1").state, Running)


async def test_a_wish_that_cannot_be_granted_says_why(house: House) -> None:
    house.add("First", hours=8.0)
    house.add("Behind", depends=(TaskId("task_1"),))
    await house.ask("/night")

    toast = await house.press_data(house.last_id(), "tonight:first:task_2")

    assert toast.text == "task_2 still waits: blocked by task_1."


async def test_what_needs_an_approval_is_approved_below_the_plan(house: House) -> None:
    page = house.add("A new page", category=Category.FEATURE)
    house.add("Drop the table of users", category=Category.FEATURE)
    await house.ask("/night")
    shown = house.last_id()
    assert "/task_1 A new page: needs approval" in house.text(shown)

    assert (await house.press(shown, "Approve task_1")).text == "task_1 is approved."

    assert isinstance(house.task(page.id).state, Queued)
    assert "slot 1 · /task_1 A new page" in house.text(shown)
    assert house.labels(shown) == ["⏭ Skip task_1", "⏫ task_1 first", "✅ Approve task_2", "📋 Queue"]
    toast = await house.press(shown, "Approve task_2")
    assert toast.show_alert
    assert (toast.text or "").startswith("Look at it first: /task_2 shows it. I ask because ")
    assert isinstance(house.task("task_2").state, NeedsApproval)
    assert (await house.press_data(shown, "tonight:approve:task_1")).show_alert


async def test_wishes_for_what_is_no_longer_waiting(house: House) -> None:
    task = house.add("Too long", hours=8.0)
    await house.ask("/night")
    shown = house.last_id()
    house.services.queue.cancel(task.id, None, house.clock())

    toast = await house.press(shown, "tonight anyway")

    assert toast.show_alert
    assert toast.text == "task_1 is cancelled, so there is nothing to plan."
    for data in ("tonight:first:task_99", "tonight:later:task_1"):
        assert (await house.press_data(shown, data)).show_alert


async def test_an_empty_night(house: House) -> None:
    assert await house.ask("/night") == "🌙 The night · 23:00–07:00\nThe queue is empty, so nothing is planned."

    house.clock.moment = at(2, day=4)
    assert (await house.ask("/night")).startswith("🌙 The night · 02:00–07:00\n")


async def test_a_long_night_fits_into_a_message(house: House) -> None:
    for number in range(60):
        house.add(f"{number} " + "<&>" * 40, hours=0.5)

    plan = tonight(house)
    message = daily.night(plan, Ahead(), house.clock(), UTC_ZONE)

    assert len(plan.planned) > 40
    assert f"… and {len(plan.planned) - 12} more" in message.text
    assert len(unescape(message.text)) < 4096
    assert len(message.rows) == 8


def test_without_builds_there_is_no_picture_of_what_ran() -> None:
    assert night_pictures.ran_picture([], "Nothing", UTC_ZONE) is None


async def test_the_picture_of_the_plan_tells_what_the_text_tells(house: House) -> None:
    for hours in (1.0, 2.0, 3.0, 4.0):
        house.add(f"{hours:g} hours", hours=hours)
    plan = tonight(house)

    picture = night_pictures.plan_picture(plan, UTC_ZONE)

    drawn = {bar.label: (lane.name, bar.start, bar.end) for lane in picture.lanes for bar in lane.bars}
    assert drawn == {entry.task.title: (f"slot {entry.slot}", entry.start, entry.end) for entry in plan.planned}
    assert (picture.start, picture.end, picture.zone) == (at(23), at(7, day=4), "UTC")
    assert {bar.kind for lane in picture.lanes for bar in lane.bars} == {BarKind.PLANNED}


# -- the evening ------------------------------------------------------------------------------------------------------


async def test_an_evening_with_nothing_to_do(house: House) -> None:
    assert (await house.ask("/evening")).splitlines() == [
        "🌆 Ready for tonight's build session?",
        "No quick wins are ready. Write me one, and I build it while you are here.",
        "",
        "The queue is empty.",
        "Nothing is planned for tonight.",
        "⚠️ No task of the night's size (2 to 6 h) is ready. Write me what I should build while you sleep.",
    ]
    assert house.labels(house.last_id()) == ["🌙 The night", "📋 Queue"]


async def test_an_evening_with_quick_wins_and_candidates(house: House) -> None:
    for number in range(5):
        house.add(f"Win {number}", hours=1.0)
    house.add("Night work", hours=3.0)
    house.add("A new page", category=Category.FEATURE, hours=4.0)

    text = await house.ask("/evening")

    assert text.splitlines()[1:] == [
        "Quick wins for now:",
        "",
        "Queue: 7 waiting, 12 h of work.",
        "Tonight: 6 builds, 8 h of work.",
        "⚠️ Only one task of the night's size (2 to 6 h) is ready. These wait for your word:",
    ]
    shown = house.last_id()
    assert house.labels(shown) == [
        "▶️ Win 0 · 1 h",
        "▶️ Win 1 · 1 h",
        "▶️ Win 2 · 1 h",
        "✋ A new page",
        "🌙 The night",
        "📋 Queue",
    ]
    await house.press(shown, "Win 1")
    await house.beat()
    assert isinstance(house.task("task_2").state, Running)
    await house.press(shown, "A new page")
    assert "/task_7" in house.newest()


async def test_quick_wins_that_wait_for_an_approval_are_offered(house: House) -> None:
    page = house.add("A new page", category=Category.FEATURE, hours=1.0)

    text = await house.ask("/evening")

    assert text.splitlines()[1] == "No quick wins are ready. One waits for your approval."
    shown = house.last_id()
    assert house.labels(shown) == ["✋ A new page", "🌙 The night", "📋 Queue"]
    await house.press(shown, "A new page")
    assert house.newest().startswith(f"✋ A new page\n/{page.id}")


async def test_one_quick_win_and_enough_for_the_night(house: House) -> None:
    house.add("Win", hours=0.5)
    for number in range(5):
        house.add(f"Night {number}", hours=3.0)

    text = await house.ask("/evening")

    assert "One quick win for now:" in text
    assert "⚠️" not in text


async def test_the_plan_tells_what_fills_up_and_what_is_built_ahead(house: House) -> None:
    house.clock.moment = at(22, 40)
    for sample in range(24):
        values = {"disk": 78.0 - 0.1 * sample}
        metrics.record(house.store, Sample(at=house.clock() - timedelta(minutes=10 * sample), values=values))
    house.machine["disk"] = 78.0
    house.services.problems.scan(house.clock())
    for day in range(22):
        house.services.patterns.log("rankings", at(9) - timedelta(days=day), "manual")
    house.services.patterns.listed(house.clock())
    action = Action(title="Rank them", command="true", project=ProjectName("shop"), category=Category.DOCUMENTATION)
    house.services.patterns.set_action("rankings", action, house.clock())
    assert "built ahead" not in await house.ask("/night")  # it is not enabled
    house.services.patterns.enable("rankings", house.clock())

    house.clock.moment = at(22, 45)
    with house.store.transaction():
        house.services.daily.plan(at(22, 45), at(22, 45))
    await house.beat()

    said = house.newest().splitlines()
    assert said[:2] == ["🌙 The night · 23:00–07:00", "The queue is empty, so nothing is planned."]
    assert said[2].startswith("⚠️ Disk: 78 %, limit 80 %. 80 % in 3 h")
    assert said[3] == "🔁 to be built ahead: “rankings”, usually asked for Wed 09:00"

    house.services.patterns.prepare(at(23, 5))
    assert "🔁 /task_1 is built ahead: “rankings”" in await house.ask("/night")


# -- the brief --------------------------------------------------------------------------------------------------------


async def morning(house: House, moment: datetime, due: datetime | None = None) -> str:
    """The brief of the morning, as it is delivered."""
    house.clock.moment = moment
    with house.store.transaction():
        house.services.daily.brief(due or moment, moment)
    await house.outbox.deliver()
    return house.newest()


async def test_a_quiet_night_is_two_lines(house: House) -> None:
    text = await morning(house, at(7, day=4))

    assert text == "☀️ Morning brief · Wednesday 07:00\nNothing happened since Tue 07:00; the queue is empty."
    assert house.message(house.last_id()).silent


async def test_a_late_brief_says_so(house: House) -> None:
    assert (await morning(house, at(9, 40, day=4), at(7, day=4))).startswith(
        "☀️ Morning brief · Wednesday 09:40 · 2 h 40 min late\n"
    )


async def test_a_brief_that_is_a_little_late_does_not_mention_it(house: House) -> None:
    assert "late" not in await morning(house, at(7, 5, day=4), at(7, day=4))


async def test_a_brief_tells_of_trouble(house: House) -> None:
    reason = "disk 91 % full, limit 80 %"
    with house.store.transaction():
        house.store.throttle.put("now", Throttle(since=at(3, day=4), reason=reason, worst=11.0))

    text = await morning(house, at(7, day=4))

    assert "⚠️ Trouble\n• nothing new starts: disk 91 % full, limit 80 %" in text
    assert not house.message(house.last_id()).silent


async def test_a_brief_tells_what_was_cleaned_up_and_what_is_foretold(house: House) -> None:
    house.machine["disk"] = 91.0
    house.services.problems.scan(house.clock())
    fix = Fix(kind=FixKind.ROTATE, root="/srv", path="app.log", frees=12_000_000)
    for number, moment in ((1, house.clock()), (2, house.clock() - timedelta(days=3))):
        repair = Repair(
            id=RepairId(f"repair_{number}"), fix=fix, at=moment, state=RepairState.DONE, kept="", freed=12_000_000
        )
        with house.store.transaction():
            house.store.repairs.put(repair.id, repair)

    said = (await house.ask("/brief")).splitlines()

    assert said[said.index("🧹 Cleaned up") + 1] == "• Rotated app.log, freed 12 MB"
    assert said[said.index("📈 The machine") + 1] == "• Disk: 91 %, limit 80 %. The limit is reached."
    assert said.count("• Rotated app.log, freed 12 MB") == 1
    house.clock.moment += timedelta(hours=2)  # nobody has measured since
    assert "Disk" not in await house.ask("/brief")


async def test_a_brief_with_a_picture_of_what_ran(house: House) -> None:
    await house.build(house.add("Good"))
    await house.build(house.add("Bad"), AgentFailed(exit_code=1, detail="no"))
    house.clock.advance(minutes=20)

    text = await morning(house, at(7, day=4))

    assert "🚀 Shipped, with proof\n• /task_1 Good" in text
    assert "❌ Failed\n• /task_2 Bad" in text
    assert "1 h shipped since Tue 07:00" in text


async def test_all_that_is_proven_is_merged_by_one_button(house: House) -> None:
    for title in ("One", "Two", "Three"):
        await house.build(house.add(title))
    await morning(house, at(7, day=4))
    brief = house.last_id()
    house.workspaces.commit(SHOP, "main", "task_2-1.txt", "other words\n")

    toast = await house.press(brief, "Merge all 3 proven")

    assert toast.text == "Stopped at task_2."
    assert house.newest().splitlines() == [
        "🎉 /task_1 is merged.",
        "❌ /task_2 could not be merged: The work does not merge cleanly into main: both sides changed task_2-1.txt.",
        "Not tried any more: /task_3.",
    ]
    house.services.shipping.discard(TaskId("task_2"), None, house.clock())
    assert await house.ask("/merge all") == "🎉 /task_3 is merged."
    toast = await house.press(brief, "Merge all 3 proven")
    assert (toast.text, toast.show_alert) == (
        "Nothing waits for your merge.",
        True,
    )


async def test_the_same_brief_does_not_come_twice(house: House) -> None:
    await morning(house, at(7, day=4))
    count = house.last_id()

    await morning(house, at(7, 1, day=4), at(7, day=4))

    assert house.last_id() == count
    briefs = [note for note in house.store.notifications.all() if isinstance(note.subject, MorningBrief)]
    assert len(briefs) == 1


# -- sessions ---------------------------------------------------------------------------------------------------------


async def test_without_a_session(house: House) -> None:
    assert await house.ask("/overnight") == "🌙 No session runs now."
    assert house.labels(house.last_id()) == ["▶️ Start one"]
    house.clock.moment = at(23, 30)
    assert await house.ask("/overnight") == "🌙 It is night, but no session runs."
    assert "There was no session yet" in await house.ask("/overnight report")
    assert "nothing to stop" in await house.ask("/overnight stop")


async def test_a_session_by_hand_from_its_start_to_its_report(house: House) -> None:
    house.clock.moment = at(23, 30)
    house.add("Work", hours=2.0)

    assert (await house.ask("/overnight start")).splitlines() == [
        "🌙 overnight · until Wed 07:00",
        "23:30 checked",
        "",
        "Next",
        "23:30 /task_1 Work",
    ]
    assert house.woken
    assert "runs already" in await house.ask("/overnight start")
    await house.build(house.task("task_1"))
    house.clock.moment = at(0, 30, day=4)
    house.services.overnight.step(house.clock())
    assert (await house.ask("/overnight")).splitlines() == [
        "🌙 overnight · until 07:00",
        "00:30 checked, 2 times by now",
        "",
        "Done",
        "✅ /task_1 Work · 0 s of 2 h · proven",
    ]

    assert (await house.ask("/overnight stop")).startswith("⏹ overnight · stopped; nothing more starts before 07:00")
    assert (await house.ask("/overnight report")).splitlines() == [
        "📄 overnight · Tue 23:30–07:00",
        "1 completed, 0 failed, 0 running; 2 h shipped",
        "stopped before its time",
        "✅ /task_1 Work · 0 s of 2 h · proven",
    ]


async def test_a_session_shows_what_runs_is_done_has_failed_and_comes(house: House) -> None:
    house.clock.moment = at(23, 30)
    for title in ("Good", "Bad", "Long", "Wide", "Tall", "Last"):
        house.add(title, hours=3.0 if title == "Last" else 2.0)
    await house.ask("/overnight start")
    assert "Next\n23:30 /task_1 Good" in house.newest()
    await house.build(house.task("task_1"))
    house.executor.end(BuildId("task_2-1"), AgentFailed(exit_code=1))
    house.clock.advance(minutes=40)
    await house.beat()

    assert (await house.ask("/overnight")).splitlines()[2:] == [
        "",
        "Running",
        "🔨 /task_3 Long · 40 min of 2 h · running",
        "🔨 /task_4 Wide · 40 min of 2 h · running",
        "🔨 /task_5 Tall · 0 s of 2 h · running",
        "",
        "Done",
        "✅ /task_1 Good · 0 s of 2 h · proven",
        "",
        "Failed",
        "❌ /task_2 Bad · 0 s of 2 h · agent failed",
        "",
        "Next",
        "01:30 /task_6 Last",
    ]


async def test_the_buttons_of_a_session(house: House) -> None:
    house.clock.moment = at(12)
    await house.ask("/overnight")
    shown = house.last_id()

    assert (await house.press(shown, "Start one")).text == "Started."
    assert house.text(shown).startswith("🌙 by hand · until 20:00")
    assert (await house.press(shown, "Start nothing more")).text == "Nothing more starts."
    assert house.labels(shown) == ["▶️ Go on"]
    house.clock.advance(minutes=5)
    task = house.add("Work")
    await house.beat()
    assert isinstance(house.task(task.id).state, Queued)

    assert (await house.press(shown, "Go on")).text == "Started."
    await house.beat()
    assert isinstance(house.task(task.id).state, Running)
    assert house.text(shown).startswith("🌙 by hand · until 20:00")


async def test_a_session_says_why_nothing_starts_in_it(house: House) -> None:
    await house.ask("/overnight start")
    assert "⚠️" not in house.newest()

    with house.store.transaction():
        house.store.throttle.put("now", Throttle(since=NOW, reason="disk 91 % full, limit 80 %", worst=11.0))
    assert (await house.ask("/overnight")).endswith("⚠️ Nothing new starts: disk 91 % full, limit 80 %.")

    await house.say("/pause")
    assert (await house.ask("/overnight")).endswith("⚠️ Nothing new starts: all work is paused, and /resume ends that.")


async def test_an_old_button_of_a_session_that_is_over(house: House) -> None:
    house.clock.moment = at(23, 30)
    await house.ask("/overnight start")
    shown = house.last_id()
    house.clock.moment = at(12, day=4)

    toast = await house.press(shown, "Start nothing more")

    assert toast.show_alert
    assert "nothing to stop" in (toast.text or "")


@pytest.mark.parametrize("words", ["dance", "start now", "STOP IT", "report 1"])
async def test_other_words_are_answered_with_the_usage(house: House, words: str) -> None:
    before = house.state()

    assert await house.ask(f"/overnight {words}") == (
        "Write /overnight, or /overnight start, /overnight stop, /overnight report."
    )

    assert house.state() == before


async def test_capital_letters_are_fine(house: House) -> None:
    assert "by hand" in await house.ask("/overnight Start")


async def test_a_late_session_says_so_in_its_report(house: House) -> None:
    house.clock.moment = at(2, day=4)
    with house.store.transaction():
        house.services.overnight.open(SessionKind.OVERNIGHT, at(23), house.clock())
    house.services.overnight.step(at(6, 30, day=4))

    assert (await house.ask("/overnight report")).splitlines() == [
        "📄 overnight · Tue 23:00–07:00",
        "0 completed, 0 failed, 0 running; nothing shipped",
        "began 3 h late",
        "Nothing was built.",
    ]
    written = house.records.reports["overnight_report_2026-03-04.json"]
    assert json.loads(json.dumps(written))["opened_late_minutes"] == 180.0


# -- room on the machine ----------------------------------------------------------------------------------------------


async def test_what_makes_room_says_so(house: House) -> None:
    task = house.add("Work", hours=2.0)
    await house.beat()
    started = house.last_id()
    house.clock.advance(minutes=40)
    state = house.task(task.id).state
    assert isinstance(state, Running)
    with house.store.transaction():
        house.store.throttle.put("now", Throttle(since=NOW, reason="memory 92 % full", worst=12.0))
        house.builds.request_stop(state.build, None, requeue="memory 92 % full, limit 80 %")
    house.builds.signal_stop(state.build)

    await house.beat()

    assert house.newest().splitlines()[0] == "⏸ Work was stopped to make room · /task_1"
    assert house.newest().splitlines()[1].startswith("Memory 92 % full, limit 80 %. It had run for")
    assert house.newest().splitlines()[2] == "It is in the queue again, and starts when there is room."
    assert house.text(started).startswith("⏸ Work · /task_1 · stopped after")

    with house.store.transaction():
        house.store.throttle.remove("now")
    ended = house.last_id()
    house.clock.advance(timedelta(minutes=5).total_seconds())
    await house.beat()
    assert isinstance(house.task(task.id).state, Running)
    assert "starts when there is room" not in house.text(ended)
