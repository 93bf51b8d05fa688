"""Weaknesses and what was done about them, corrections, and lessons."""

from collections.abc import Sequence

from core.model.ids import ProjectName
from core.model.improvement import (
    Acted,
    Correction,
    Declined,
    Figures,
    Impact,
    Improvement,
    Lesson,
    Open,
    Postponed,
    Remedy,
)
from core.model.project import Project
from core.self_improver import Stat
from handlers.callbacks import Ask
from handlers.improvement_buttons import DropLesson, ImprovementVerb, KeepLesson, LetBe, OnImprovement
from handlers.views.message import Button, Message, escape, lines, shorten

SHOWN = 5
LESSONS_SHOWN = 20
STATS_SHOWN = 25
PROJECTS_OFFERED = 3
WORDS = {
    Remedy.CACHE: "make it faster",
    Remedy.ERROR_HANDLING: "cope with the failures",
    Remedy.DOCS: "write it down",
    Remedy.AUTOMATION: "answer it by itself",
}


def improve(waiting: Sequence[Improvement], acted: Sequence[tuple[Improvement, Impact]]) -> Message:
    """Open suggestions with their buttons, and what earlier ones have brought."""
    done = [_brought(each, impact) for each, impact in acted[:SHOWN]]
    if not waiting and not done:
        return Message(
            "Nothing to improve: no operation is slow, nothing fails again and again, nothing was corrected."
        )
    shown = waiting[:SHOWN]
    more = f"and {len(waiting) - SHOWN} more" if len(waiting) > SHOWN else None
    text = lines(
        "<b>What I could do better</b>" if shown else "<b>Nothing new to improve</b>",
        [f"{number}. {_entry(each)}" for number, each in enumerate(shown, 1)],
        more,
        ["", "<b>What it brought</b>", *done] if done else None,
    )
    return Message(text, [_buttons(each, f"{number}: ") for number, each in enumerate(shown, 1)])


def stats(numbers: Sequence[Stat]) -> Message:
    """The operations of the last seven days."""
    if not numbers:
        return Message("Nothing was measured in the last seven days.")
    listed = [
        f"• {escape(each.operation)}: {each.figures.count}x, p50 {ms(each.figures.p50)}, {figures(each.figures)}"
        if each.figures.count
        else f"• {escape(each.operation)}: {figures(each.figures)}, last: {escape(shorten(each.last_failure, 80))}"
        for each in numbers[:STATS_SHOWN]
    ]
    more = f"and {len(numbers) - STATS_SHOWN} faster ones" if len(numbers) > STATS_SHOWN else None
    return Message(lines("<b>The last seven days</b>", listed, more), [[Button("💡 Suggestions", Ask("improve"))]])


def suggested(each: Improvement) -> Message:
    """The one suggestion of a day, to stand in the check-in."""
    head = f"💡 {_entry(each)}"
    match each.state:
        case Open():
            return Message(head, [_buttons(each, evening=True)])
        case Acted():
            return Message(lines(head, escape(done(each))))
        case Declined():
            return Message(lines(head, "Never, then."))
        case Postponed():
            return Message(lines(head, "Not now; /improve lists it again in a week."))
    return Message(lines(head, "It is gone by itself."))


def done(each: Improvement) -> str:
    """What was done, in a sentence of plain text."""
    task = each.state.task if isinstance(each.state, Acted) else None
    return f"It is {task} now." if task is not None else "Switched on: the answer is remembered for some minutes."


def ask_lesson(said: Correction, projects: Sequence[Project]) -> Message:
    """What becomes of a correction."""
    head = f"✍️ Noted: {escape(said.text)}"
    if said.lesson is not None:
        return Message(lines(head, "I keep to it; /lessons shows it."))
    if said.answered_at is not None:
        return Message(lines(head, "Only this time, then."))
    places = [said.project] if said.project is not None else [each.name for each in projects[:PROJECTS_OFFERED]]
    rows = [[Button(f"📁 In {place}", KeepLesson(said.id, place))] for place in places]
    rows.append([Button("🌐 Everywhere", KeepLesson(said.id)), Button("Only this time", LetBe(said.id))])
    return Message(lines(head, "Shall later builds keep to it?"), rows)


def kept(lesson: Lesson) -> Message:
    """A lesson was taken down."""
    text = f"📚 {_where(lesson.project)}: {escape(lesson.text)}\nEvery build is told from now on."
    return Message(text, [[Button("🗑 Forget it", DropLesson(lesson.id))]])


def lessons(known: Sequence[Lesson], project: ProjectName | None) -> Message:
    """All of them, newest first, or those that hold in a project."""
    mine = [each for each in known if project is None or each.project in (None, project)]
    if not mine:
        return Message("No lessons yet. Reply “no, …” to a message of mine, or write <code>/lessons use tabs</code>.")
    shown = mine[:LESSONS_SHOWN]
    listed = [f"• {_where(each.project)}: {escape(shorten(each.text, 150))}" for each in shown]
    more = f"and {len(mine) - len(shown)} older" if len(mine) > len(shown) else None
    rows = [[Button(shorten(f"🗑 {each.text}", 40), DropLesson(each.id))] for each in shown]
    return Message(lines(f"<b>Lessons</b> · {len(mine)}", listed, more), rows)


def ms(value: float | None) -> str:
    """A latency for people: `120 ms`, `5.3 s`."""
    if value is None:
        return "-"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def figures(each: Figures) -> str:
    """What was measured, in a few words."""
    parts = [f"p95 {ms(each.p95)}" if each.count else "", f"{each.failures} failed" if each.failures else ""]
    parts.append(f"{each.mentions} times" if each.mentions else "")
    return ", ".join(filter(None, parts)) or "none"


def _entry(each: Improvement) -> str:
    effort = f"about {each.effort:g} h" if each.effort else "a switch"
    return lines(
        f"<b>{escape(each.subject)}</b> · {each.weakness.value}: {escape(each.evidence)}",
        f"→ {WORDS[each.remedy]} ({effort})",
    )


def _brought(each: Improvement, impact: Impact) -> str:
    what = f"• {escape(each.subject)}: {figures(impact.before)} in {impact.before.days} days before"
    if impact.after is not None:
        return f"{what}, {figures(impact.after)} in {impact.after.days} days after"
    task = each.state.task if isinstance(each.state, Acted) else None
    return f"{what}; " + ("measured from the next day on" if impact.since else f"/{task} is not merged yet")


def _buttons(each: Improvement, prefix: str = "", *, evening: bool = False) -> list[Button]:
    answers = (
        (f"{prefix}Do it", ImprovementVerb.DO),
        ("Not now", ImprovementVerb.LATER),
        ("Never", ImprovementVerb.NEVER),
    )
    return [Button(label, OnImprovement(verb, each.id, evening)) for label, verb in answers]


def _where(project: ProjectName | None) -> str:
    return escape(project) if project is not None else "Everywhere"
