"""Listens to an agent while it runs: keeps what it tells in words and as events, and watches its budget."""

from contextlib import ExitStack
from types import TracebackType
from zoneinfo import ZoneInfo

import msgspec

from core.agent_readers import TEXT_READERS
from core.agent_watch import AgentWatch
from core.model.agent import Acted, Closed, Event, Said, Troubled
from core.model.build import BuildSpec, Resource
from core.runtime.clock import utc_now
from core.runtime.gauge import Exceeded
from core.runtime.output_log import OutputLog
from core.runtime.run_folder import RunFolder

_BYTES = 2_000_000
"""Of the beginning and of the end of what it tells."""


class AgentListener:
    """Implements `core.runtime.supervision.Listener`. A context: its files are closed at the end."""

    def __init__(self, folder: RunFolder, spec: BuildSpec) -> None:
        self._folder = folder
        self._limits = spec.limits
        self._files = ExitStack()
        self._is_text = spec.engine.reader in TEXT_READERS
        self._events: OutputLog | None = None
        self._words: OutputLog | None = None
        self.watch = AgentWatch(spec.engine, utc_now, ZoneInfo(spec.zone))

    def __enter__(self) -> "AgentListener":
        if not self._is_text:
            self._events = self._files.enter_context(OutputLog(self._folder.events, head=_BYTES, tail=_BYTES))
            self._words = self._files.enter_context(OutputLog(self._folder.readable, head=_BYTES, tail=_BYTES))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._files.close()

    def feed(self, data: bytes) -> None:
        """The next bytes of its output."""
        self._keep(self.watch.feed(data))

    def end(self) -> None:
        """Its output is over."""
        self._keep(self.watch.end())

    def action(self) -> str:
        """What it did last; empty for one that speaks in text, whose last line tells it."""
        return "" if self._is_text else self.watch.action

    def tail(self, count: int) -> str:
        """The last lines of what it told in words; empty for one that speaks in text anyway."""
        return "\n".join(self._words.lines(count)) if self._words is not None else ""

    @property
    def progress(self) -> int:
        """Grows as long as it does something."""
        return self.watch.progress

    @property
    def closed(self) -> bool:
        """Whether it has said its last word."""
        return self.watch.closed is not None

    @property
    def spent_too_much(self) -> Exceeded | None:
        """The budget that it has used up."""
        usage, limits = self.watch.usage, self._limits
        if usage is None:
            return None
        if limits.dollars is not None and usage.dollars is not None and usage.dollars > limits.dollars:
            return Exceeded(resource=Resource.DOLLARS, limit=limits.dollars)
        if limits.tokens is not None and usage.tokens > limits.tokens:
            return Exceeded(resource=Resource.TOKENS, limit=limits.tokens)
        return None

    def _keep(self, events: list[Event]) -> None:
        for event in events:
            if self._events is not None:
                self._events.write(msgspec.json.encode(event) + b"\n")
            if self._words is not None and (words := _in_words(event)):
                self._words.write(words.encode() + b"\n")


def _in_words(event: Event) -> str:
    match event:
        case Said(text=text):
            return text
        case Acted(what=what):
            return f"▸ {what}"
        case Troubled(trouble=trouble, detail=detail):
            return f"! {trouble.value}: {detail}"
        case Closed(ok=False, text=text):
            return f"It ended without success. {text}".rstrip()
    return ""
