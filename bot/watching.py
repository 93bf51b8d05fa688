"""What the bot measures of itself besides the chat: every operation of the engines, and every call to the outside."""

from bot.wiring import Installation
from core.runtime.git import GitError
from core.runtime.stopwatch import is_failure


def watch(at: Installation) -> None:
    """Time them in this process from now on; before anything keeps one of their methods.

    What only reads a row is left out: of the timetable, ten a second.
    """
    outside: dict[str, object] = {
        "build process": at.executor,
        "agent program": at.programs,
        "cleaning": at.housekeeping,
    }
    engines: dict[str, object] = {
        "queue": at.queue,
        "scheduler": at.scheduler,
        "decisions": at.decisions,
        "approvals": at.approvals,
        "context": at.contexts,
        "night": at.overnight,
        "weekend": at.weekend,
        "problems": at.problems,
        "patterns": at.patterns,
        "improver": at.improver,
        "lessons": at.lessons,
        "shipping": at.shipping,
        "projects": at.projects,
        "changes": at.changes,
        "drafts": at.drafts,
        "brief": at.briefs,
        "daily": at.daily,
        "reports": at.reports,
        "status": at.status,
        "productivity": at.productivity,
        "throttling": at.throttling,
        "trust": at.trust,
    }
    at.measured.watch("git", at.workspaces, git_fails)
    for name, thing in (outside | engines).items():
        at.measured.watch(name, thing)


def git_fails(error: Exception) -> bool:
    """A conflict or a branch that is gone is an answer of git's; that it can't do its work is none."""
    return isinstance(error, GitError) or is_failure(error)
