"""What a person should see in a change before it is merged."""

from collections.abc import Sequence

from core.model.decision import Finding, Verdict
from handlers.views.message import escape, lines, shorten

SHOWN = 5


def findings(found: Sequence[Finding]) -> str | None:
    """What a person should see before the merge."""
    if not found:
        return None
    serious = any(finding.verdict is Verdict.ESCALATE for finding in found)
    ordered = sorted(found, key=lambda finding: finding.verdict.strictness, reverse=True)
    listed = [f"• {escape(shorten(finding.reason, 160))}{_place(finding)}" for finding in ordered[:SHOWN]]
    more = [f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    title = "🚨 <b>Look before you merge</b>" if serious else "👀 <b>Worth a look before you merge</b>"
    return lines(title, listed, more)


def _place(finding: Finding) -> str:
    if not finding.path:
        return ""
    line = f":{finding.line}" if finding.line is not None else ""
    return f" (<code>{escape(shorten(finding.path, 80))}{line}</code>)"
