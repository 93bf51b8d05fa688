"""How builds end: which ends leave a result to merge, and why the others failed, in one plain sentence."""

from core.model.agent import Trouble
from core.model.build import (
    Abandoned,
    AgentFailed,
    AgentTroubled,
    AlreadyRed,
    Broke,
    BuildResult,
    Empty,
    NotPrepared,
    Outcome,
    OverLimit,
    Phase,
    Proven,
    Resource,
    Stopped,
    TimedOut,
    Unverified,
    Verification,
)


def is_usable(outcome: Outcome) -> bool:
    """Whether there is a change on the branch that the owner may want to merge."""
    return isinstance(outcome, Proven | Unverified | AlreadyRed)


def is_proven(outcome: Outcome) -> bool:
    """Whether the verification command passed on the result; only then is it reported as shipped."""
    return isinstance(outcome, Proven)


def reason(result: BuildResult) -> str:
    """One sentence on how it ended."""
    match result.outcome:
        case Proven():
            return _proof(result)
        case Unverified():
            return "Done, but not proven: no verification command is set."
        case AlreadyRed():
            return f"Not proven: the checks failed before the change too ({tests(result)})."
        case Broke():
            return f"The checks fail with this change: {tests(result)}."
        case Empty():
            return "The agent ended without changing anything."
        case AgentFailed() | AgentTroubled():
            return _failure(result.outcome)
        case OverLimit():
            return _over(result.outcome)
        case TimedOut(limit=limit, idle=idle):
            return f"Stopped: no output for {span(limit)}." if idle else f"Stopped at its time limit of {span(limit)}."
        case Stopped():
            return "Stopped on request."
        case NotPrepared(detail=detail):
            return detail
        case Abandoned():
            return "The build process vanished; the machine went down or something ended it. Its commits are kept."


def _proof(result: BuildResult) -> str:
    """Says “proven” only where the checks show a difference that the change made."""
    before, after = result.before, result.after
    if before is not None and after is not None and before.passed and before.tests == after.tests:
        return f"The checks pass as before{': ' + _counts(after) if after.tests else ''}."
    return f"Proven: {tests(result)}." if after is not None and after.tests else "Proven by its checks."


def _trouble(outcome: AgentTroubled) -> str:
    """What the agent said, and for some kinds what to do."""
    said = f": {outcome.detail}" if outcome.detail else ""
    advice = {
        Trouble.LOGIN: " Log in or set its key; /agents shows which.",
        Trouble.PERMISSION: " Nobody is there to allow it while it builds.",
    }.get(outcome.trouble, "")
    return f"The agent could not work, {outcome.trouble.value}{said}.{advice}"


def _over(outcome: OverLimit) -> str:
    during = "" if outcome.phase is Phase.WORKING else f" while {outcome.phase.value}"
    match outcome.resource:
        case Resource.DOLLARS:
            limit = f"its budget of ${outcome.limit:.2f}"
        case Resource.TOKENS:
            limit = f"its budget of {outcome.limit:,.0f} tokens"
        case Resource.PROCESSES:
            limit = f"its limit of {outcome.limit:.0f} processes"
        case Resource.CPU:
            limit = f"its limit of {span(outcome.limit)} of processor time"
        case Resource.MEMORY | Resource.DISK:
            limit = f"its limit of {size(outcome.limit)} of {outcome.resource.value}"
    return f"Stopped at {limit}{during}."


def size(count: float) -> str:
    """Bytes in the unit that reads best: “500 MB”, “4 GB”."""
    return f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.3g} MB"


def _failure(outcome: AgentFailed | AgentTroubled) -> str:
    if isinstance(outcome, AgentTroubled):
        return _trouble(outcome)
    if outcome.exit_code is None:
        return outcome.detail or "The agent could not be started."
    return f"It ended with exit code {outcome.exit_code}{': ' + outcome.detail if outcome.detail else ''}."


def tests(result: BuildResult) -> str:
    """Before and after, in numbers where the test runner told them: “1 failed, 3 passed → 4 passed”."""
    return " → ".join(_counts(run) for run in (result.before, result.after) if run is not None) or "not run"


def _counts(run: Verification) -> str:
    if run.tests is None:
        if run.exit_code is None:
            return "ended at the time limit"
        return "passed" if run.passed else f"exit code {run.exit_code}"
    parts = [f"{run.tests.failed} failed"] if run.tests.failed else []
    return ", ".join([*parts, f"{run.tests.passed} passed"])


def span(seconds: float) -> str:
    """A length of time in the unit that reads best: “40 s”, “5 min”, “1 h 20 min”."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
