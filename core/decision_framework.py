"""Decision framework: what may run by itself, what asks first, what is escalated. Pure; the rules are data."""

import re
from dataclasses import dataclass

from core.model.config import Config
from core.model.decision import Decision, Verdict
from core.model.task import Category, Task

RUNS_BY_ITSELF = {
    Category.PERFORMANCE,
    Category.BUG,
    Category.DOCUMENTATION,
    Category.TESTS,
    Category.REFACTORING,
}

MAINTENANCE = re.compile(
    r"\b(log rotation|rotat\w+ (the )?(old )?logs?|clean\w*( up)?( the| old)? (caches?|logs?|files)|cache clean-?up"
    r"|vacuum\w*|(optimi[sz]e|compact)\w* (the )?database\w*|database optimi[sz]ation|old files"
    r"|check\w* (the )?backups?|backup checks?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wording:
    """Words that escalate a task of any category."""

    rule: str
    pattern: re.Pattern[str]
    reason: str


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


ESCALATING = (
    Wording(
        "wording: data loss",
        _words(
            r"drop\w* (the |all |a )?(\w+ )?(tables?|databases?|schemas?|collections?)|truncate|wip(e|es|ing)"
            r"|delet\w+ (all|every|the|user|customer|production)( \w+)? ?"
            r"(data|records?|users?|rows?|backups?|history|accounts?)"
            r"|force[- ]push\w*|rm -rf|reset --hard"
        ),
        "it speaks of deleting data",
    ),
    Wording(
        "wording: security",
        _words(
            r"(rotat\w+|chang\w+|expos\w+|publish\w*|shar\w+|disabl\w+|leak\w*) (the |an? |our )?(\w+ )?"
            r"(api keys?|passwords?|secrets?|credentials?|tokens?|certificates?|authentication|auth|encryption"
            r"|firewall)"
            r"|vulnerabilit\w+|security (hole|issue|bug|breach)\w*"
        ),
        "it concerns security",
    ),
    Wording(
        "wording: breaking change",
        _words(r"breaking changes?|break\w* (the )?(api|compatibility)|not backwards? compatible"),
        "it breaks what others rely on",
    ),
)

COMMANDS = (
    Wording(
        "command: outside the worktree",
        re.compile(
            r"\bsudo\b|\brm\s+(-\w+\s+)*(/|~|\$HOME|\.\.)|\bmkfs|\bdd\s+[^|;]*of=|\bshutdown\b|\breboot\b"
            r"|\bgit\s+(-C|--git-dir)|\bchmod\s+-R\b[^;|]*\s/"
        ),
        "its command reaches outside its worktree",
    ),
    Wording(
        "command: other machines",
        re.compile(
            r"\bgit\s+push\b|\b(npm|cargo|gem|docker|podman)\s+(publish|push)\b|\btwine\s+upload\b|\bkubectl\b"
            r"|\bterraform\s+(apply|destroy)\b|\b(ssh|scp|rsync)\s|\b(curl|wget)\b[^|;]*\|\s*\w*sh\b"
        ),
        "its command reaches other machines",
    ),
)
"""What escalates a task by the shell command that it brings along."""

_AMOUNT = r"(\d{1,3}(?:[., ']\d{3})+(?!\d)|\d+)(?:[.,](\d{1,2})(?!\d))?\s?(k\b)?"
"""Whole part with or without separators, cents, thousands; “1.000” is read as a thousand, to be on the safe side."""

_COST = re.compile(rf"[$€£]\s?{_AMOUNT}|\b{_AMOUNT}\s?(?:dollars?|usd|euros?|eur)\b", re.IGNORECASE)


def decide(task: Task, config: Config) -> Decision:
    """The verdict on a task as it enters the queue: by category and by its words; the stricter one wins."""
    text = f"{task.title}\n{task.description}"
    found = [_by_category(task, text)]
    found += [
        Decision(verdict=Verdict.ESCALATE, rule=wording.rule, reason=wording.reason)
        for wording in ESCALATING
        if wording.pattern.search(text)
    ]
    found += [
        Decision(verdict=Verdict.ESCALATE, rule=wording.rule, reason=wording.reason)
        for wording in (*COMMANDS, *ESCALATING)
        if wording.pattern.search(task.command or "")
    ]
    cost = max(map(_amount, _COST.finditer(text)), default=0.0)
    if cost > config.cost_limit:
        reason = f"it may cost {cost:g} dollars, more than the {config.cost_limit:g} allowed"
        found.append(Decision(verdict=Verdict.ESCALATE, rule="cost", reason=reason))
    return max(found, key=lambda decision: decision.verdict.strictness)


def _amount(found: re.Match[str]) -> float:
    """The sum that was named."""
    whole, cents, thousands = found.groups()[:3] if found[1] else found.groups()[3:]
    return float(f"{re.sub('[^0-9]', '', whole)[:15]}.{cents or 0}") * (1000 if thousands else 1)


def _by_category(task: Task, text: str) -> Decision:
    name = task.category.value
    if task.category in RUNS_BY_ITSELF:
        return Decision(verdict=Verdict.RUN, rule=f"category: {name}", reason=f"{name} runs by itself")
    if task.category is Category.INFRASTRUCTURE and MAINTENANCE.search(text):
        return Decision(verdict=Verdict.RUN, rule="maintenance", reason="maintenance runs by itself")
    return Decision(verdict=Verdict.ASK, rule=f"category: {name}", reason=f"its category is {name}")
