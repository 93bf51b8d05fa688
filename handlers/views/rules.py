"""Rules, and how far they can be trusted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core import decision_framework, rule_text
from core.model.category import Category
from core.model.decision import Rule, Verdict
from core.model.ids import UserId
from core.trust import Record
from handlers.callbacks import DropRule
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines

USAGE = (
    "Write it like this: /rules ask before infrastructure in shop — or: /rules allow research to run by itself. "
    "The category comes first, then the project, if it is about one."
)
SHOWN = 15


def rules(known: Sequence[Rule], names: Mapping[UserId, str], now: datetime, zone: ZoneInfo) -> Message:
    """The table as the specification of the house has it, and what the owner said about it."""
    runs = [c.value for c in Category if decision_framework.of_category(c, None, ()) is Verdict.RUN]
    asks = [c.value for c in Category if decision_framework.of_category(c, None, ()) is Verdict.ASK]
    said = [f"• {escape(rule_text.describe(rule))}{_origin(rule, names, now, zone)}" for rule in known[-SHOWN:]]
    text = lines(
        "<b>Rules</b>",
        f"✅ by itself: {', '.join(runs)}; Infrastructure where it is maintenance",
        f"✋ asks first: {', '.join(asks)}",
        "🚨 always escalated: security, data loss, breaking changes, costs over the limit, an emergency of the machine",
        ["", "<b>You said</b>", *said] if said else None,
        "",
        "Change it in a sentence: “ask before docs in shop”, “allow research to run by itself”.",
    )
    rows = [
        [Button(f"🗑 {rule_text.describe(rule)}"[:60], DropRule(rule.id))]
        for rule in known[-SHOWN:]
        if rule.id.startswith("rule_")
    ]
    return Message(text, rows)


def _origin(rule: Rule, names: Mapping[UserId, str], now: datetime, zone: ZoneInfo) -> str:
    if not rule.id.startswith("rule_"):
        return " (in the settings)"
    who = f"{escape(names[rule.by])}, " if rule.by is not None and rule.by in names else ""
    return f" ({who}{times.clock(rule.at, zone, now)})"


def added(rule: Rule) -> Message:
    """A rule was taken down."""
    text = f"📏 Noted: {escape(rule_text.describe(rule))}. What is escalated stays escalated."
    return Message(text, [[Button("↩️ Take it back", DropRule(rule.id))]])


def trust(records: Sequence[Record]) -> Message:
    """Per category and project: what ran by itself and stood, what was asked and approved."""
    if not records:
        return Message("Nothing has been decided yet. I count what ran by itself, and whether it stood.")
    listed = [line for record in records[:SHOWN] for line in _record(record)]
    return Message(lines("<b>How decisions turned out</b>, last half year", listed))


def _record(record: Record) -> list[str]:
    found = [f"\n<b>{escape(record.category.value)}</b> in {escape(record.project)}"]
    if record.automatic:
        gone = [
            f"{count} {what}"
            for count, what in (
                (record.modified, "changed"),
                (record.rolled_back, "rolled back"),
                (record.discarded, "discarded"),
            )
            if count
        ]
        found.append(", ".join([f"by itself: {record.stood} of {record.automatic} stood", *gone]))
    if record.asked:
        found.append(f"asked: {record.approved} of {record.asked} approved as they were")
    if len(found) == 1:
        found.append("nothing judged yet")
    return found
