"""The card of a draft, and the choices for its fields."""

from core import categories, windows
from core.model.ids import ProjectName
from core.model.project import Project
from core.model.task import Category, Draft, Priority
from handlers.callbacks import Choose, DraftEnd, DraftField, FinishDraft, SetField
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines, shorten

HOURS = (0.25, 0.5, 1, 2, 4, 6, 8, 12)


def card(draft: Draft, *, agent_missing: bool, has_projects: bool) -> Message:
    """The draft with a button for each field, and warnings about what would keep it from being built."""
    no_project = (
        "Choose a project, or it can't be built." if has_projects else "No project is registered yet: /projects"
    )
    text = lines(
        f"📝 <b>{escape(draft.title)}</b>",
        f"<blockquote expandable>{escape(shorten(draft.description, 1000))}</blockquote>"
        if draft.description
        else None,
        f"command <code>{escape(shorten(draft.command, 300))}</code>" if draft.command else None,
        "Shall I add this task? Tap what you want to change.",
        "⚠️ No coding agent is installed yet, so it will wait: /agents" if agent_missing else None,
        f"⚠️ {no_project}" if draft.project is None else None,
    )
    project = draft.project or "no project"
    return Message(
        text,
        [
            [
                Button(f"⏱ {times.hours(draft.hours)}", Choose(draft.id, DraftField.HOURS)),
                Button(f"❗ {draft.priority.value}", Choose(draft.id, DraftField.PRIORITY)),
            ],
            [
                Button(f"🏷 {draft.category.value}", Choose(draft.id, DraftField.CATEGORY)),
                Button(f"📁 {shorten(project, 25)}", Choose(draft.id, DraftField.PROJECT)),
            ],
            [
                Button("➕ Add", FinishDraft(draft.id, DraftEnd.ADD)),
                Button("▶️ Add and start", FinishDraft(draft.id, DraftEnd.ADD_AND_START)),
                Button("🗑 Drop", FinishDraft(draft.id, DraftEnd.DROP)),
            ],
        ],
    )


def choices(draft: Draft, field: DraftField, projects: list[Project]) -> Message:
    """The values of a field as buttons."""
    options: list[tuple[str, str]]
    match field:
        case DraftField.HOURS:
            options = [(f"{times.hours(value)} · {windows.size_class(value)}", f"{value:g}") for value in HOURS]
        case DraftField.PRIORITY:
            options = [(priority.value, priority.value) for priority in Priority]
        case DraftField.CATEGORY:
            options = [(category.value, categories.short_name(category)) for category in Category]
        case DraftField.PROJECT:
            options = [(project.name, project.name) for project in projects]
    buttons = [Button(text, SetField(draft.id, field, value)) for text, value in options]
    rows = [buttons[index : index + 2] for index in range(0, len(buttons), 2)]
    question = {
        DraftField.HOURS: "How long will it take?",
        DraftField.PRIORITY: "How important is it?",
        DraftField.CATEGORY: "What kind of work is it?",
        DraftField.PROJECT: "Which project?" if projects else "No project is registered yet. /projects says how.",
    }[field]
    return Message(f"📝 <b>{escape(draft.title)}</b>\n{question}", [*rows, [Button("↩️ Back", Choose(draft.id))]])


def field_changes(field: DraftField, value: str) -> dict[str, float | Category | Priority | ProjectName]:
    """The change that a chosen value means. Raises Refused or ValueError for a value that no button has."""
    match field:
        case DraftField.HOURS:
            return {"hours": float(value)}
        case DraftField.PRIORITY:
            return {"priority": categories.parse_priority(value)}
        case DraftField.CATEGORY:
            return {"category": categories.parse_category(value)}
        case DraftField.PROJECT:
            return {"project": ProjectName(value)}
