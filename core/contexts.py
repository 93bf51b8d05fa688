"""What each context means for the work: how many builds at once, which tasks may start, and which are preferred."""

import re

from core.model.category import Category
from core.model.context import Context
from core.model.task import Source, Task

SLOTS = {Context.GYM: 2, Context.AVAILABLE: 1, Context.UNKNOWN: 1}
"""Builds at the same time; where nothing stands, as many as the settings say."""

INTENSITY = {
    Context.SLEEPING: "full: long builds, data, optimization, infrastructure",
    Context.WORK: "high: research, productivity, testing",
    Context.GYM: "medium: fitness and health tools first",
    Context.AVAILABLE: "low: quick wins only, so that the machine is yours",
    Context.UNKNOWN: "low: documentation and tests only",
}

QUICK_WIN_HOURS = 2.0

_PREFERRED = {
    Context.SLEEPING: {Category.PERFORMANCE, Category.INFRASTRUCTURE, Category.REFACTORING},
    Context.WORK: {Category.RESEARCH, Category.TESTS},
    Context.UNKNOWN: {Category.DOCUMENTATION, Category.TESTS},
}
_WORDS = {
    Context.GYM: re.compile(r"\b(?:fitness|workout|gym|health|training|nutrition|exercise|running)"),
    Context.WORK: re.compile(r"\b(?:research|productivity|revenue|analysis|testing)"),
    Context.SLEEPING: re.compile(r"\b(?:data|migration|import(?!an)|index|optimi[sz]|benchmark)"),
}
"""How words of the title, the tags or the project's name begin."""
_LOW_RISK = {Category.DOCUMENTATION, Category.TESTS}


def slots(context: Context, most: int) -> int:
    """Builds at the same time; `most` is the limit of the settings."""
    return min(SLOTS.get(context, most), most)


def unwelcome(task: Task, context: Context) -> str | None:
    """Why a task does not start in a context, in plain words; None when it may.

    What the owner chose for the weekend runs whatever they do meanwhile.
    """
    if task.source is Source.WEEKEND:
        return None
    if context is Context.AVAILABLE and task.hours > QUICK_WIN_HOURS:
        return "you are available: quick wins only"
    if context is Context.UNKNOWN and task.category not in _LOW_RISK:
        return "I do not know what you are doing: documentation and tests only"
    return None


def prefers(task: Task, context: Context) -> bool:
    """Whether this is the kind of work that the context is good for."""
    if context is Context.AVAILABLE:
        return task.hours <= QUICK_WIN_HOURS
    if context is Context.SLEEPING and task.hours > QUICK_WIN_HOURS:
        return True
    words = _WORDS.get(context)
    text = f"{task.title} {' '.join(task.tags)} {task.project or ''}".casefold().replace("_", " ")
    return task.category in _PREFERRED.get(context, ()) or bool(words and words.search(text))
