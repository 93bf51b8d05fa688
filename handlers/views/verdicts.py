"""How a question was settled, by whom and when."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from core.model.approval import Approval, Approved, Declined, Lapsed, Modified, Open
from core.model.ids import UserId
from handlers.views import times
from handlers.views.message import escape


def verdict(approval: Approval, names: Mapping[UserId, str], now: datetime, zone: ZoneInfo) -> str | None:
    """“Approved by Ann, 07:12”, safe to stand in HTML; None while the question is open."""
    match approval.state:
        case Open():
            return None
        case Approved(by=by, at=at):
            return f"Approved{_by(by, names)}, {times.clock(at, zone, now)}."
        case Declined(by=by, at=at):
            return f"Rejected{_by(by, names)}, {times.clock(at, zone, now)}."
        case Modified(by=by, at=at, what=what):
            return f"Changed{_by(by, names)}, {times.clock(at, zone, now)}: {escape(what)}."
        case Lapsed(at=at, expired=True):
            return f"Nobody answered until {times.clock(at, zone, now)}."
        case Lapsed(at=at):
            return f"Not needed any more, {times.clock(at, zone, now)}."


def _by(person: UserId | None, names: Mapping[UserId, str]) -> str:
    if person is None:
        return " from the command line"
    return f" by {escape(names.get(person, 'an owner'))}"
