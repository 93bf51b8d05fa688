"""The record that can be trusted: each line is stored in the transaction of its change, and moved to its log after.

A crash in between leaves the line in the store, from where the next `flush` moves it; lines carry numbers, so that one
which is in the log already is not written again.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.model.audit import Line
from core.model.config import Config
from core.model.ids import TaskId, UserId
from core.ports import Records, Store

QUEUE, DECISIONS, SPAWNS = "queue_actions.log", "decisions.jsonl", "subagent_spawns.jsonl"
OVERNIGHT, FIXES, IMPROVEMENTS = "overnight_execution.log", "auto_fixes.log", "improvements.log"
LOGS = (QUEUE, DECISIONS, SPAWNS, OVERNIGHT, FIXES, IMPROVEMENTS)
"""The logs in which actions are recorded."""

BY_ITSELF = "jarvis"
"""The actor where nobody asked."""


def actor(by: UserId | None) -> str:
    """Who did it, as the logs name them: `person 7`, or `command line`."""
    return "command line" if by is None else f"person {by}"


def note(
    store: Store,
    log: str,
    action: str,
    now: datetime,
    *,
    actor: str,
    task: TaskId | None = None,
    memory: str = "",
    **more: Any,
) -> None:
    """Record one line, inside the transaction of the change that it tells of. `more` is plain JSON; None is left out.

    `memory` is a sentence for the memory of the day: what was done without anybody asking for it.
    """
    number = store.number("audit")
    entry: dict[str, Any] = {"n": number, "at": now.isoformat(), "action": action, "actor": actor}
    entry |= {key: value for key, value in {"task": task, **more}.items() if value is not None}
    store.audit.put(str(number), Line(number=number, log=log, at=now, entry=entry, memory=memory))


class Audit:
    """Moves lines to the logs, and reads these."""

    def __init__(self, store: Store, records: Records, config: Config) -> None:
        self._store = store
        self._records = records
        self._config = config

    def flush(self) -> None:
        """Move the lines that wait to their logs. Raises StoreUnavailable when that can't be done; they wait then."""
        if not self._store.audit.all():
            return
        with self._store.transaction():  # one process at a time, so that the logs stay in order
            waiting = self._store.audit.all()
            for log, lines in _grouped((line.log, line) for line in waiting).items():
                self._records.write(log, [line.entry for line in lines])
            zone = self._config.zone
            days = _grouped((f"{line.at.astimezone(zone):%Y-%m-%d}", line) for line in waiting if line.memory)
            for day, lines in days.items():
                self._records.remember(day, [(line.number, self._sentence(line)) for line in lines])
            for line in waiting:
                self._store.audit.remove(str(line.number))

    def entries(self, since: datetime | None = None, task: TaskId | None = None) -> list[dict[str, Any]]:
        """What the logs say, oldest first: of a task, since a moment, or both."""
        found = []
        for log in LOGS:
            for entry in self._records.read(log):
                at = _moment(entry)
                if at is None or (since is not None and at < since):
                    continue
                if task is None or task in (entry.get("task"), entry.get("subject")):
                    found.append((at, int(str(entry.get("n", 0))), entry))
        return [entry for _, _, entry in sorted(found, key=lambda item: item[:2])]

    def _sentence(self, line: Line) -> str:
        return f"{line.at.astimezone(self._config.zone):%H:%M} {line.memory}"


def _grouped(pairs: Iterable[tuple[str, Line]]) -> dict[str, list[Line]]:
    groups: dict[str, list[Line]] = defaultdict(list)
    for key, line in pairs:
        groups[key].append(line)
    return groups


def _moment(entry: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(entry.get("at")))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
