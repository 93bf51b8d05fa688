"""Follows an agent while it works: what it did last, what it has spent, whether it is in trouble, how it closed."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from core.agent_readers import LONGEST_LINE, READERS, TEXT_READERS
from core.model.agent import Acted, Closed, Event, Said, Spent, Started, Trouble, Troubled, Usage
from core.model.build import AgentFailed, AgentTroubled, Engine, Outcome

_LINES_AFTER = 20
"""In plain text a line after trouble may still be about it; so many are not."""


class AgentWatch:
    """Takes the output as it comes, in pieces. `clock` is asked for the moment of each event."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], zone: ZoneInfo) -> None:
        self._engine = engine
        self._reader = READERS.get(engine.reader, READERS["plain"])(zone)
        self._clock = clock
        self._pieces: list[bytes] = []
        self._length = 0
        self.progress = 0
        """Grows with every line that tells of work, and not of another try to reach the model."""
        self.session: str | None = None
        self.action = ""
        """What the agent did last, in one line."""
        self.usage: Usage | None = None
        self.trouble: Troubled | None = None
        """The last one that it has not got over."""
        self.closed: Closed | None = None
        self._since = 0
        self._speaks_text = engine.reader in TEXT_READERS

    def feed(self, data: bytes) -> list[Event]:
        """The next bytes of output; returns what they tell."""
        found = []
        for line in self._whole_lines(data):
            events = self._understand(line)
            self.progress += self._is_work(line, events)
            for event in events:
                self._take(event)
            found += events
        return found

    def end(self) -> list[Event]:
        """The output is over: the last line may have had no end."""
        return self.feed(b"\n") if self._pieces else []

    def _understand(self, line: bytes) -> list[Event]:
        try:
            return self._reader.feed(line.decode(errors="replace").rstrip("\r"), self._clock())
        except (ValueError, OverflowError, ArithmeticError):
            return []  # whatever a program prints, it must not end the build

    def _whole_lines(self, data: bytes) -> list[bytes]:
        """The lines that are complete with these bytes; of one that is too long nothing is kept."""
        begin, *others = data.split(b"\n")
        lines = []
        for piece, is_next in ((begin, False), *((other, True) for other in others)):
            if is_next:
                lines.append(b"".join(self._pieces))
                self._pieces, self._length = [], 0
            self._length += len(piece)
            self._pieces = [*self._pieces, piece] if piece and self._length <= LONGEST_LINE else self._pieces
        if self._length > LONGEST_LINE:
            self._pieces = []
        if begin and self._engine.reader == "plain":
            self.progress += 1  # a line that grows, such as the dots of a test runner
        return lines

    def _is_work(self, line: bytes, events: list[Event]) -> bool:
        if any(isinstance(event, Troubled) for event in events):
            return False
        if self._speaks_text and self.trouble is not None and self._engine.reader != "plain":
            return any(isinstance(event, Acted | Spent) for event in events)
        return bool(events) or self._engine.reader == "plain" or (not self._speaks_text and line.startswith(b"{"))

    def failure(self, exit_code: int | None, last_line: str) -> Outcome | None:
        """Why the agent has not done its work, given how its process ended (None: it was ended); None if it may have.

        For engines that tell their end themselves the exit code is no evidence.
        """
        troubled = self.trouble
        if self._engine.must_close:
            if self.closed is not None and self.closed.ok:
                return None
            if troubled is not None:
                return _outcome(troubled)
            detail = self.closed.text if self.closed is not None else last_line
            return AgentFailed(exit_code=exit_code or None, detail=detail or "The agent ended without an answer.")
        if troubled is not None and (exit_code or self._engine.reader == "aider"):
            return _outcome(troubled)
        return AgentFailed(exit_code=exit_code, detail=last_line) if exit_code else None

    def _take(self, event: Event) -> None:
        match event:
            case Troubled(trouble=kind):
                # What has a name says more than what has none.
                self.trouble = self.trouble if self.trouble is not None and kind is Trouble.OTHER else event
                self._since = 0
            case Started(session=session):
                self.session = session or self.session
            case Said(text=text):
                self.action = text or self.action
                self._since += 1
                if self._since >= (_LINES_AFTER if self._speaks_text else 1):
                    self.trouble = None
            case Acted(what=what):
                self.action = what or self.action
                self.trouble = None
            case Spent(usage=usage, total=is_total):
                self._spend(usage, is_total=is_total)
            case Closed():
                self.closed = event

    def _spend(self, new: Usage, *, is_total: bool) -> None:
        known = self.usage or Usage()
        if is_total:
            # Some tell only the cost in total, others only the tokens.
            self.usage = Usage(
                tokens_in=new.tokens_in or known.tokens_in,
                tokens_out=new.tokens_out or known.tokens_out,
                dollars=known.dollars if new.dollars is None else new.dollars,
            )
            return
        dollars = None if new.dollars is None and known.dollars is None else (known.dollars or 0) + (new.dollars or 0)
        self.usage = Usage(
            tokens_in=known.tokens_in + new.tokens_in, tokens_out=known.tokens_out + new.tokens_out, dollars=dollars
        )


def troubled(watch: AgentWatch) -> Outcome | None:
    """The trouble that an agent was in when it was ended; None if it was in none, or in one without a name."""
    known = watch.trouble
    return _outcome(known) if known is not None and known.trouble is not Trouble.OTHER else None


def _outcome(troubled: Troubled) -> Outcome:
    if troubled.trouble is Trouble.OTHER:
        return AgentFailed(exit_code=None, detail=troubled.detail)
    return AgentTroubled(trouble=troubled.trouble, detail=troubled.detail, resets_at=troubled.resets_at)
