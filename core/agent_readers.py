"""Understands what the agent programs print, each in its own format, and tells it in the events of `core.model.agent`.

Formats change from version to version: what is unknown, or not as expected, is passed over. Nothing here raises.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from core import agent_text
from core.model.agent import Acted, Closed, Event, Said, Spent, Started, Trouble, Troubled, Usage

LONGEST_LINE = 4_000_000
"""Characters; a longer line is no event."""
_LONGEST_TEXT = 1000
"""Characters of a line of text that are looked at: patterns take their time over long ones."""
_SHOWN = 200
_AGAIN = re.compile(r"attempt \d+ failed|\bretry(ing)?\b", re.IGNORECASE)

Json = Mapping[str, Any]


class Reader(Protocol):
    """Understands one format, line by line."""

    def feed(self, line: str, now: datetime) -> list[Event]:
        """What the line tells; nothing for most."""


class _JsonReader:
    """For formats with one JSON object a line; other lines (warnings, traces) are passed over."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def feed(self, line: str, now: datetime) -> list[Event]:
        if not line.startswith("{"):
            return self._beside(line, now)
        try:
            event = msgspec.json.decode(line)
            return list(self._read(event, now)) if isinstance(event, dict) else []
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
            return []  # not as expected: another version of the program

    def _read(self, event: Json, now: datetime) -> Iterable[Event]:
        raise NotImplementedError

    def _beside(self, line: str, now: datetime) -> list[Event]:
        """Lines that are no JSON are warnings and traces; some tell that it tries again."""
        found = agent_text.trouble(line, now, self._zone) if _AGAIN.search(line[:_SHOWN]) else None
        return [found] if found is not None else []

    def _failed(self, message: str, now: datetime, status: int | None = None) -> Troubled:
        found = agent_text.trouble(message, now, self._zone, status)
        return found or Troubled(trouble=Trouble.OTHER, detail=_line(message))


class Claude(_JsonReader):
    """`claude -p --output-format stream-json`: the `is_error` of its result decides, not the exit code."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(zone)
        self._counted: str | None = None

    def _read(self, event: Json, now: datetime) -> Iterable[Event]:
        match event.get("type"):
            case "system" if event.get("subtype") == "init":
                yield Started(session=_text(event.get("session_id")), model=_text(event.get("model")))
            case "system" if event.get("subtype") == "api_retry":
                yield self._failed(_line(event.get("error")), now, _number(event.get("error_status")))
            case "rate_limit_event" if (about := event["rate_limit_info"]).get("status") == "rejected":
                yield self._failed(f"usage limit reached|{_number(about.get('resetsAt'))}", now)
            case "assistant":
                yield from self._message(event["message"])
            case "result":
                yield Spent(usage=_anthropic_usage(event.get("usage"), event.get("total_cost_usd")), total=True)
                text, is_ok = _line(event.get("result")), event.get("is_error") is False
                if not is_ok:
                    said = text or " ".join(map(_line, event.get("errors") or [])) or _line(event.get("subtype"))
                    yield self._failed(said, now, _number(event.get("api_error_status")))
                yield Closed(ok=is_ok, text=text)

    def _message(self, message: Json) -> Iterable[Event]:
        name = _text(message.get("id"))
        if name is None or name != self._counted:  # a message comes in several events, each with its usage
            self._counted = name
            yield Spent(usage=_anthropic_usage(message.get("usage"), None))
        for block in message["content"]:
            if block.get("type") == "text" and block.get("text"):
                yield Said(text=_line(block["text"]))
            elif block.get("type") == "tool_use":
                yield Acted(what=_action(block.get("name"), block.get("input")))


class Codex(_JsonReader):
    """`codex exec --json`: its errors while it reconnects are not fatal, only the end of the turn decides."""

    def _read(self, event: Json, now: datetime) -> Iterable[Event]:
        match event.get("type"):
            case "thread.started":
                yield Started(session=_text(event.get("thread_id")))
            case "item.started" | "item.completed":
                yield from self._item(event["item"], is_over=event["type"] == "item.completed")
            case "error":
                yield self._failed(_line(event.get("message")), now)
            case "turn.failed":
                yield self._failed(_line(event["error"].get("message")), now)
                yield Closed(ok=False, text=_line(event["error"].get("message")))
            case "turn.completed":
                usage = event["usage"]
                read, written = _number(usage.get("input_tokens")), _number(usage.get("output_tokens"))
                yield Spent(usage=Usage(tokens_in=read or 0, tokens_out=written or 0), total=True)
                yield Closed(ok=True)

    def _item(self, item: Json, *, is_over: bool) -> Iterable[Event]:
        match item.get("type"):
            case "agent_message" if is_over:
                yield Said(text=_line(item.get("text")))
            case "command_execution" if not is_over:
                yield Acted(what=f"$ {_line(item.get('command'))}")
            case "file_change" if is_over:
                yield Acted(what="Edit " + _line(", ".join(str(change["path"]) for change in item["changes"])))
            case "mcp_tool_call" | "web_search" if not is_over:
                yield Acted(what=_action(item.get("tool") or item.get("type"), item))


class Gemini(_JsonReader):
    """`gemini --output-format stream-json`."""

    def _read(self, event: Json, now: datetime) -> Iterable[Event]:
        match event.get("type"):
            case "init":
                yield Started(session=_text(event.get("session_id")), model=_text(event.get("model")))
            case "message" if event.get("role") == "assistant" and str(event.get("content", "")).strip():
                yield Said(text=_line(event["content"]))
            case "tool_use":
                yield Acted(what=_action(event.get("tool_name"), event.get("parameters")))
            case "error":
                yield self._failed(_line(event.get("message")), now)
            case "result":
                stats: Json = event.get("stats") or {}
                read, written = _number(stats.get("input_tokens")), _number(stats.get("output_tokens"))
                yield Spent(usage=Usage(tokens_in=read or 0, tokens_out=written or 0), total=True)
                is_ok, error = event.get("status") == "success", event.get("error") or {}
                if not is_ok:
                    yield self._failed(f"{_line(error.get('type'))}: {_line(error.get('message'))}", now)
                yield Closed(ok=is_ok, text=_line(error.get("message")))


class Opencode(_JsonReader):
    """`opencode run --format json`: it may end with 0 and an empty answer, so only an answer counts as its end."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(zone)
        self._has_answered = False

    def _read(self, event: Json, now: datetime) -> Iterable[Event]:
        part: Json = event.get("part") or {}
        match event.get("type"):
            case "step_start":
                yield Started(session=_text(event.get("sessionID")))
            case "text" if str(part.get("text", "")).strip():
                self._has_answered = True
                yield Said(text=_line(part["text"]))
            case "tool_use":
                self._has_answered = True
                state: Json = part.get("state") or {}
                yield Acted(what=_action(part.get("tool"), state.get("input")))
                if "permission" in str(state.get("error", "")).lower():
                    yield Troubled(trouble=Trouble.PERMISSION, detail=_line(state["error"]))
            case "step_finish":
                tokens: Json = part.get("tokens") or {}
                cache: Json = tokens.get("cache") or {}
                read = sum(_number(each) or 0 for each in (tokens.get("input"), cache.get("read"), cache.get("write")))
                written = sum(_number(each) or 0 for each in (tokens.get("output"), tokens.get("reasoning")))
                yield Spent(usage=Usage(tokens_in=read, tokens_out=written, dollars=_dollars(part.get("cost"))))
                if part.get("reason") == "stop" and self._has_answered:
                    yield Closed(ok=True)
            case "error":
                error: Json = event["error"]
                data: Json = error.get("data") or {}
                said = f"{_line(error.get('name'))}: {_line(data.get('message'))}"
                yield self._failed(said, now, _number(data.get("statusCode")))


class Plain:
    """Lines of text: each one is what the agent did last, unless it tells of trouble."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def feed(self, line: str, now: datetime) -> list[Event]:
        """What the line tells."""
        if not any(map(str.isalnum, line)):
            return []
        found = agent_text.trouble(line, now, self._zone)
        return [found] if found is not None else [Said(text=_line(line))]


class Aider(Plain):
    """`aider`: it ends with 0 on every error of the model, so what it said last decides."""

    def feed(self, line: str, now: datetime) -> list[Event]:
        """What the line tells."""
        line = line[:_LONGEST_TEXT]
        if spent := re.match(r"Tokens: ([\d.,]+[kM]?) sent, (?:.*?)([\d.,]+[kM]?) received\.", line):
            cost = re.search(r"\$([\d.]+) session", line)
            usage = Usage(tokens_in=_counted(spent[1]), tokens_out=_counted(spent[2]))
            totals = [Spent(usage=Usage(dollars=_amount(cost[1])), total=True)] if cost else []
            return [Spent(usage=usage), *totals]
        if edited := re.match(r"Applied edit to (.+)", line):
            return [Acted(what=f"Edit {_line(edited[1])}")]
        if re.match(r"(litellm\.\w+|\w*Error\b|The API provider)", line):
            return [agent_text.trouble(line, now, self._zone) or Troubled(trouble=Trouble.OTHER, detail=_line(line))]
        if line.startswith(("Retrying in", "https://", "HTTPSConnectionPool")):
            return []
        return [Said(text=_line(line))] if any(map(str.isalnum, line)) else []


class Mini(Plain):
    """`mini` (mini-swe-agent): it ends with 0 also when it has given up; what stands behind “Exit:” decides."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(zone)
        self._is_exit = False

    def feed(self, line: str, now: datetime) -> list[Event]:
        """What the line tells."""
        line = line[:_LONGEST_TEXT]
        if self._is_exit and line.strip():
            self._is_exit = False
            if not re.fullmatch(r"([\w.]*\.)?[A-Z]\w*(Error|Exceeded|Exception)(:.*)?", line.strip()):
                return [Closed(ok=True, text=_line(line))]
            found = agent_text.trouble(line, now, self._zone)
            return [*([found] if found else []), Closed(ok=False, text=_line(line))]
        self._is_exit = line.strip() == "Exit:" or (self._is_exit and not line.strip())
        if step := re.match(r"mini-swe-agent \(step \d+, \$([\d.]+)\)", line):
            return [Spent(usage=Usage(dollars=_amount(step[1])), total=True)]
        if re.match(r"(Retrying .* raised |\S*)(litellm\.)?\w+Error: ", line):
            return [agent_text.trouble(line, now, self._zone) or Troubled(trouble=Trouble.OTHER, detail=_line(line))]
        return [Said(text=_line(line))] if any(map(str.isalnum, line)) else []


READERS: Mapping[str, Callable[[ZoneInfo], Reader]] = {
    "plain": Plain,
    "claude": Claude,
    "codex": Codex,
    "gemini": Gemini,
    "opencode": Opencode,
    "aider": Aider,
    "mini": Mini,
}

TEXT_READERS = frozenset({"plain", "aider", "mini"})
"""Those whose output people can read as it is."""


def _line(value: object) -> str:
    """A value as one line, not too long."""
    return " ".join(value[: 4 * _SHOWN].split())[:_SHOWN] if isinstance(value, str) else ""


def _text(value: object) -> str | None:
    return value[:_SHOWN] if isinstance(value, str) else None


def _number(value: object) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and 0 <= value < 10**15 else None  # type: ignore[operator, call-overload]


def _dollars(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 10**9 else None  # type: ignore[operator, arg-type]


def _anthropic_usage(usage: object, dollars: object) -> Usage:
    found: Json = usage if isinstance(usage, dict) else {}
    read = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return Usage(
        tokens_in=sum(_number(found.get(name)) or 0 for name in read),
        tokens_out=_number(found.get("output_tokens")) or 0,
        dollars=_dollars(dollars),
    )


def _action(tool: object, given: object) -> str:
    """A tool call in a few words: the command, or the tool and the file."""
    about: Json = given if isinstance(given, dict) else {}
    command = about.get("command") or about.get("cmd")
    if command:
        return f"$ {_line(command if isinstance(command, str) else ' '.join(map(str, command)))}"
    target = next((about[name] for name in _TARGETS if isinstance(about.get(name), str)), "")
    return f"{_line(tool)} {_line(target)}".strip()


_TARGETS = ("file_path", "filePath", "path", "absolute_path", "pattern", "query", "url", "description")


def _amount(text: str) -> float | None:
    """A sum of money; None for what is none."""
    found = re.fullmatch(r"\d{1,9}(\.\d{1,9})?\.?", text)
    return float(text.rstrip(".")) if found else None


def _counted(text: str) -> int:
    """`1.2k` as a number; 0 for what is none."""
    found = re.fullmatch(r"(\d{1,3}(?:,\d{3})*|\d{1,12})(\.\d{1,6})?([kM]?)", text.rstrip("."))
    if found is None:
        return 0
    return int(float(found[1].replace(",", "") + (found[2] or "")) * {"k": 1000, "M": 1_000_000, "": 1}[found[3]])
