"""Categories by name, and a guess from the words of a title."""

import re

from core.errors import Refused
from core.model.task import Category, Priority

_SHORT = {
    "perf": Category.PERFORMANCE,
    "performance": Category.PERFORMANCE,
    "feature": Category.FEATURE,
    "bug": Category.BUG,
    "fix": Category.BUG,
    "research": Category.RESEARCH,
    "docs": Category.DOCUMENTATION,
    "infra": Category.INFRASTRUCTURE,
    "tests": Category.TESTS,
    "refactoring": Category.REFACTORING,
    "external": Category.EXTERNAL,
    "config": Category.CONFIG,
    "api": Category.API,
    "ui": Category.USER_FACING,
    "other": Category.OTHER,
}

_HINTS = (
    (Category.BUG, r"fix(es|ed|ing)?|bugs?|crash\w*|broken|errors?|fails?|failing|regression"),
    (Category.PERFORMANCE, r"speed|faster|slow|optimi[sz]e\w*|performance|latency|cache|caching|memory use"),
    (Category.TESTS, r"tests?|coverage"),
    (Category.DOCUMENTATION, r"docs?|documentation|readme|changelog|comments?|docstrings?|guide|tutorial"),
    (Category.REFACTORING, r"refactor\w*|clean ?up|simplify|rename|restructure|dead code"),
    (Category.RESEARCH, r"research|analy[sz]e|analysis|compare|investigate|evaluate|explore|find out"),
    (Category.CONFIG, r"config\w*|settings?|environment variables?"),
    (Category.API, r"api|webhooks?|integrat\w+|oauth"),
    (Category.INFRASTRUCTURE, r"deploy\w*|docker|ci|pipeline|backups?|logs?|rotat\w+|server|infrastructure|vacuum"),
    (Category.EXTERNAL, r"publish|e-?mail|tweet|post to|send|upload|release"),
    (Category.USER_FACING, r"ui|button|page|design|layout|screen|wording"),
    (Category.FEATURE, r"add|new|feature|implement|support|build|create|make|write"),
)


def guess(text: str) -> Category:
    """The category that the words hint at; OTHER (which asks first) when none does."""
    for category, words in _HINTS:
        if re.search(rf"\b(?:{words})\b", text, re.IGNORECASE):
            return category
    return Category.OTHER


def short_name(category: Category) -> str:
    """The first of the short words for a category, as it is typed in a chat: `bug`, `docs`."""
    return next(word for word, known in _SHORT.items() if known is category)


def find(name: str) -> Category | None:
    """The category of that name: its full name, its beginning, or a short word, in any case."""
    wanted = name.strip().casefold()
    if wanted in _SHORT:
        return _SHORT[wanted]
    matches = [category for category in Category if wanted and category.value.casefold().startswith(wanted)]
    return matches[0] if len(matches) == 1 else None


def parse_category(name: str) -> Category:
    """As `find`. Raises Refused, naming all categories, when there is none or more than one."""
    found = find(name)
    if found is None:
        known = ", ".join(category.value for category in Category)
        raise Refused(f"“{name[:40]}” is no category. Choose one of: {known}.")
    return found


def parse_priority(name: str) -> Priority:
    """CRITICAL, HIGH, MEDIUM, LOW or BACKLOG in any case. Raises Refused otherwise."""
    try:
        return Priority(name.strip().upper())
    except ValueError:
        known = ", ".join(priority.value for priority in Priority)
        raise Refused(f"“{name[:40]}” is no priority. Choose one of: {known}.") from None
