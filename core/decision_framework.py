"""Decision framework: what may run by itself, what asks first, what is escalated. Pure; the rules are data."""

import re
from collections.abc import Sequence

from core import command_words, costs, wording
from core.model.config import Config
from core.model.decision import Decision, Finding, Risk, Rule, Verdict
from core.model.ids import ProjectName
from core.model.task import Category, Task

TABLE = {
    Category.PERFORMANCE: Verdict.RUN,
    Category.BUG: Verdict.RUN,
    Category.DOCUMENTATION: Verdict.RUN,
    Category.TESTS: Verdict.RUN,
    Category.REFACTORING: Verdict.RUN,
    Category.INFRASTRUCTURE: Verdict.ASK,  # but for what `MAINTENANCE` describes
    Category.FEATURE: Verdict.ASK,
    Category.EXTERNAL: Verdict.ASK,
    Category.CONFIG: Verdict.ASK,
    Category.API: Verdict.ASK,
    Category.USER_FACING: Verdict.ASK,
    Category.RESEARCH: Verdict.ASK,
    Category.OTHER: Verdict.ASK,
}
"""What holds for a category, where the owner has said nothing about it."""

RISKS = {
    **dict.fromkeys((Category.DOCUMENTATION, Category.TESTS, Category.RESEARCH), Risk.LOW),
    **dict.fromkeys((Category.INFRASTRUCTURE, Category.EXTERNAL, Category.CONFIG), Risk.HIGH),
}
"""How much can go wrong with a task of a category; MEDIUM for the others."""

MAINTENANCE = re.compile(
    r"\b(log rotation|rotat\w+ (the )?(old )?logs?|clean\w*( up)?( the| old)? (caches?|logs?|files)|cache clean-?up"
    r"|vacuum\w*|(optimi[sz]e|compact)\w* (the )?database\w*|database optimi[sz]ation|old files"
    r"|check\w* (the )?backups?|backup checks?)\b",
    re.IGNORECASE,
)

_LONGEST = 300
"""Characters of the reason of a result."""


def decide(task: Task, config: Config, rules: Sequence[Rule] = ()) -> Decision:
    """The verdict on a task, as it enters the queue and before it starts; of several the strictest, the first of equals.

    `rules` are the owner's, oldest first; they stand in for the table, and soften nothing that is escalated.
    """
    found = [_by_category(task, rules)]
    for hazard in (*wording.scan(task.title, task.description), *command_words.scan(task.command or "")):
        found.append(Decision(verdict=Verdict.ESCALATE, rule=hazard.rule, reason=hazard.reason, risk=Risk.HIGH))
    cost = costs.largest(f"{task.title}\n{task.description}")
    if cost is not None and cost.amount > config.cost_limit:
        period = f" a {cost.period}" if cost.period and not cost.period.endswith("ly") else f" {cost.period}".rstrip()
        reason = f"it may cost {cost.amount:g} dollars{period}, more than the {config.cost_limit:g} allowed"
        found.append(Decision(verdict=Verdict.ESCALATE, rule="cost", reason=reason, risk=Risk.HIGH))
    return max(found, key=lambda decision: decision.verdict.strictness)


def decide_result(findings: Sequence[Finding]) -> Decision:
    """The verdict on a change, by what was found in it; RUN when that is nothing. The reason names all that fits in."""
    if not findings:
        return Decision(verdict=Verdict.RUN, rule="result: clean", reason="its change touches nothing sensitive", risk=Risk.LOW)
    ordered = sorted(findings, key=lambda finding: -finding.verdict.strictness)
    files: dict[str, list[str]] = {}
    for finding in ordered:
        known = files.setdefault(finding.reason, [])
        if finding.path and finding.path not in known:
            known.append(finding.path)
    told = ""
    for number, (reason, paths) in enumerate(files.items()):
        sentence = f"{_shorten(reason, 140)}{_named(paths)}"
        if told and len(told) + len(sentence) > _LONGEST - 20:
            told += f"; and {len(files) - number} more"
            break
        told += f"; {sentence}" if told else sentence
    worst = ordered[0]
    risk = Risk.HIGH if worst.verdict is Verdict.ESCALATE else Risk.MEDIUM
    return Decision(verdict=worst.verdict, rule=worst.rule, reason=told, risk=risk)


def _named(paths: list[str]) -> str:
    """Up to two files in brackets, and how many more there are."""
    if not paths:
        return ""
    more = f" and {len(paths) - 2} more" if len(paths) > 2 else ""
    return f" ({', '.join('…' + path[-49:] if len(path) > 50 else path for path in paths[:2])}{more})"


def _shorten(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _by_category(task: Task, rules: Sequence[Rule]) -> Decision:
    """By the owner's rule that fits best, else by the table."""
    name = task.category.value
    risk = RISKS.get(task.category, Risk.MEDIUM)
    rule = _fitting(task.category, task.project, rules)
    if rule is not None:
        told = "you let it run by itself" if rule.verdict is Verdict.RUN else "you want to be asked"
        return Decision(verdict=rule.verdict, rule=rule.id, reason=f"{told} ({rule.id})", risk=risk)
    if task.category is Category.INFRASTRUCTURE and MAINTENANCE.search(f"{task.title}\n{task.description}"):
        return Decision(verdict=Verdict.RUN, rule="maintenance", reason="maintenance runs by itself", risk=Risk.LOW)
    if TABLE[task.category] is Verdict.RUN:
        return Decision(verdict=Verdict.RUN, rule=f"category: {name}", reason=f"{name} runs by itself", risk=risk)
    return Decision(verdict=Verdict.ASK, rule=f"category: {name}", reason=f"its category is {name}", risk=risk)


def _fitting(category: Category, project: ProjectName | None, rules: Sequence[Rule]) -> Rule | None:
    """The rule for both category and project, else for the project, else for the category, else for all.

    Of several with the same scope the newest.
    """
    fitting = [rule for rule in rules if rule.category in (None, category) and rule.project in (None, project)]
    return max(reversed(fitting), key=lambda rule: (rule.project is not None, rule.category is not None, rule.at), default=None)
