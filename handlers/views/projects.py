"""The registered repositories as messages."""

from collections.abc import Sequence

from core.model.project import Project
from core.projects import Registered
from handlers.callbacks import Ask
from handlers.views.message import Button, Message, escape, lines, pre, shorten

HOW = 'Add one with <code>/projects add ~/code/shop --verify "make test"</code>'


def listing(projects: Sequence[Project]) -> Message:
    """All of them."""
    if not projects:
        return Message(
            f"No project is registered yet.\n{HOW}, or start with a sample.",
            [[Button("🎁 Make a sample project", Ask("sample"))]],
        )
    return Message("\n\n".join([f"<b>Projects</b> · {len(projects)}", *map(_entry, projects), HOW]))


def registered(done: Registered) -> Message:
    """One that was just added or changed."""
    trial = done.trial
    red = (
        lines("⚠️ Its checks fail there now, so they can't prove much yet:", pre(trial.tail, 500) or None)
        if (trial is not None and not trial.passed)
        else None
    )
    return Message(lines("Registered.", _entry(done.project), red))


def _entry(project: Project) -> str:
    return lines(
        f"📁 <b>{escape(project.name)}</b> · branch <code>{escape(project.base)}</code>",
        f"<code>{escape(project.path)}</code>",
        f"checked by <code>{escape(shorten(project.verify, 200))}</code>"
        if project.verify
        else "no verification command: results can't be proven",
        f"built by {escape(project.agent)}" if project.agent else None,
    )
