"""Decision framework: what may run by itself, what asks first, what is escalated. Pure; the rules are data."""

import re
from collections.abc import Sequence

from core.model.category import Category
from core.model.config import Config
from core.model.decision import Decision, Finding, Risk, Rule, Verdict
from core.model.ids import ProjectName
from core.model.task import Task

TABLE = {
    Category.PERFORMANCE: Verdict.RUN,
    Category.BUG: Verdict.RUN,
    Category.DOCUMENTATION: Verdict.RUN,
    Category.TESTS: Verdict.RUN,
    Category.REFACTORING: Verdict.RUN,
    Category.INFRASTRUCTURE: Verdict.ASK,
    Category.FEATURE: Verdict.ASK,
    Category.RESEARCH: Verdict.ASK,
    Category.EXTERNAL: Verdict.ASK,
    Category.CONFIG: Verdict.ASK,
    Category.API: Verdict.ASK,
    Category.USER_FACING: Verdict.ASK,
    Category.OTHER: Verdict.ASK,
}
"""What holds where the owner has said nothing else."""

_SOME = r"(?:[\w'’-]+ )*?"
MAINTENANCE = re.compile(
    r"\b(?:log rotation|cache clean-?up|database optimi[sz]ation|old files|backup checks?|vacuum\w*|re-?index\w*"
    r"|defrag\w*"
    rf"|(?:rotat|compress|archiv|gzip|zip)\w* {_SOME}logs?|(?:clean|clear|prun|empty)\w*(?: up)? {_SOME}(?:caches?"
    rf"|logs|files)"
    rf"|(?:optimi[sz]|compact|analy[sz])\w* (?:{_SOME}(?:databases?|db|tables)|after)"
    rf"|(?:remov|delet|clean)\w* (?:up )?{_SOME}(?:logs?|log files|temporary files|temp files|cache files"
    rf"|cache entries)\b"
    rf"|(?:check|verif|test|restor)\w* {_SOME}backups?|backups? can be restored)\b",
    re.IGNORECASE,
)
"""Infrastructure that runs by itself."""

_LONGEST_REASON = 300


def decide(task: Task, config: Config, rules: Sequence[Rule] = ()) -> Decision:
    """The verdict on a task as it enters the queue, or starts: the strictest of category, rules, words, costs, command.

    A rule of the owner's takes the place of the table; what escalates it leaves alone.
    """
    from core import costs, wording  # compiling what they look for takes longer than a short command

    text = f"{task.title}\n{task.description}"
    found = [_by_category(task, text, rules)]
    found += wording.scan(text, task.category)
    found += wording.scan_command(task.command or "")
    cost = costs.largest(text, task.category)
    if cost is not None and cost.amount > config.cost_limit:
        reason = f"it may cost {cost}, more than the {config.cost_limit:g} allowed"
        found.append(Decision(verdict=Verdict.ESCALATE, rule="cost", reason=reason, risk=Risk.HIGH))
    return max(found, key=lambda decision: decision.verdict.strictness)


def decide_result(findings: Sequence[Finding]) -> Decision:
    """The verdict on a result: the strictest of what was found in its change, with the most serious first."""
    if not findings:
        reason = "nothing in the change needs a look"
        return Decision(verdict=Verdict.RUN, rule="result: clean", reason=reason, risk=Risk.LOW)
    ordered = sorted(findings, key=lambda finding: finding.verdict.strictness, reverse=True)
    files: dict[str, list[str]] = {}
    for finding in ordered:
        known = files.setdefault(finding.reason, [])
        if finding.path and finding.path not in known:
            known.append(finding.path)
    sentences = [f"{reason[:140]}{_named(paths)}" for reason, paths in files.items()]
    told = 1
    while told < len(sentences) and len("; ".join(sentences[: told + 1])) < _LONGEST_REASON - 20:
        told += 1
    reason = "; ".join(sentences[:told])
    if told < len(sentences):
        reason += f"; and {len(sentences) - told} more"
    risk = Risk.HIGH if ordered[0].verdict is Verdict.ESCALATE else Risk.MEDIUM
    return Decision(verdict=ordered[0].verdict, rule=ordered[0].rule, reason=reason, risk=risk)


def _named(paths: Sequence[str]) -> str:
    """Two files in brackets, and how many more there are."""
    if not paths:
        return ""
    shown = ", ".join(path if len(path) <= 50 else f"…{path[-49:]}" for path in paths[:2])
    return f" ({shown} and {len(paths) - 2} more)" if len(paths) > 2 else f" ({shown})"


def of_category(category: Category, project: ProjectName | None, rules: Sequence[Rule]) -> Verdict:
    """What holds for a category by the table and the rules, whatever the words of a task."""
    rule = fitting(category, project, rules)
    return TABLE[category] if rule is None else rule.verdict


def fitting(category: Category, project: ProjectName | None, rules: Sequence[Rule]) -> Rule | None:
    """The rule that holds: the one for the project before the one for all, and the newest among equals."""
    candidates = [rule for rule in rules if rule.category in (None, category) and rule.project in (None, project)]
    if not candidates:
        return None
    return max(
        enumerate(candidates),
        key=lambda pair: (pair[1].project is not None, pair[1].category is not None, pair[1].at, pair[0]),
    )[1]


def _by_category(task: Task, text: str, rules: Sequence[Rule]) -> Decision:
    name = task.category.value
    rule = fitting(task.category, task.project, rules)
    if rule is not None:
        reason = (
            f"you let {name} run by itself" if rule.verdict is Verdict.RUN else f"you want to be asked about {name}"
        )
        return Decision(verdict=rule.verdict, rule=rule.id, reason=reason, risk=_risk(rule.verdict))
    verdict = TABLE[task.category]
    if task.category is Category.INFRASTRUCTURE and MAINTENANCE.search(text):
        return Decision(verdict=Verdict.RUN, rule="maintenance", reason="maintenance runs by itself", risk=Risk.LOW)
    reason = f"{name} runs by itself" if verdict is Verdict.RUN else f"its category is {name}"
    return Decision(verdict=verdict, rule=f"category: {name}", reason=reason, risk=_risk(verdict))


def _risk(verdict: Verdict) -> Risk:
    return Risk.LOW if verdict is Verdict.RUN else Risk.MEDIUM
