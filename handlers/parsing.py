"""Reads what people type: one-line tasks, task ids, page numbers."""

import re
from typing import TypeVar

from core import categories, task_text
from core.autonomous_queue import NewTask
from core.errors import Refused
from core.model.ids import ChatId, ProjectName, TaskId, UserId
from core.model.task import Priority

USAGE_ADD = (
    "For example:\n"
    "<code>/add Fix the login test 0.5h !high #bug @shop\n"
    "What should be done, on the next lines.\n"
    "run: make fix\n"
    "verify: make test</code>"
)

OFFLINE, CONFINED = WALLS = ("offline", "confined")


def task_id(text: str) -> TaskId:
    """`task_12` from “task_12”, “12”, “/task_12” or “#12”. Raises Refused."""
    match = re.fullmatch(r"(?:/|#)?(?:task[_-]?)?(\d{1,9})", text.strip(), re.IGNORECASE)
    if match is None:
        raise Refused(f"“{text.strip()[:40]}” is no task. Write its number, like task_12; /queue lists them.")
    return TaskId(f"task_{int(match[1])}")


def only_task_id(args: list[str], command: str) -> TaskId:
    """The single argument of a command on a task. Raises Refused when it is missing or there are more."""
    if not args:
        raise Refused(f"Which task? For example: /{command} task_12")
    if len(args) > 1:
        raise Refused(f"One task at a time, please: /{command} {args[0][:40]}")
    return task_id(args[0])


def no_arguments(args: list[str], command: str) -> None:
    """Raises Refused when there are any."""
    if args:
        raise Refused(f"/{command} takes nothing after it. Just send /{command}")


def new_task(text: str, chat: ChatId, message: int | None = None, by: UserId | None = None) -> NewTask:
    """A task from one message.

    First line: the title, then in any order `2h` or `30m` at the end, `!high`, `#bug` (a category, else a tag),
    `@project` and `>task_3` (waits for it); `#offline` keeps the build from the network, and `#confined` from being
    done without walls. Lines that begin with `run:` and `verify:` are commands, one with `agent:` names the engine; the
    others are the description. `message` is the id of the message, which is never two tasks; `by` is who wrote it.
    Raises Refused.
    """
    first, _, rest = text.strip().partition("\n")
    words, marks = _split_marks(first)
    hours = 1.0
    if words and re.fullmatch(r"-?\d+(?:[.,]\d+)?(?:h|m|min|hours?)(?:\d+m)?", words[-1], re.IGNORECASE):
        hours = task_text.parse_hours(words.pop())
    title = " ".join(words)
    description, commands = split_commands(rest)
    found = [category for category in map(categories.find, marks["#"]) if category is not None]
    return NewTask(
        title=title,
        description=description,
        hours=hours,
        category=_one(found, "category") or categories.guess(title),
        priority=_one([categories.parse_priority(word) for word in marks["!"]], "priority") or Priority.MEDIUM,
        depends=[task_id(word) for word in marks[">"]],
        tags=[word for word in marks["#"] if categories.find(word) is None and word.lower() not in WALLS],
        network=not any(word.lower() == OFFLINE for word in marks["#"]),
        confined=any(word.lower() == CONFINED for word in marks["#"]),
        agent=commands.get("agent"),
        project=_one([ProjectName(word) for word in marks["@"]], "project"),
        command=commands.get("run"),
        verify=commands.get("verify"),
        chat=chat,
        by=by,
        request=f"message {chat}:{message}" if message is not None else None,
    )


T = TypeVar("T")


def _one(values: list[T], what: str) -> T | None:
    if len(set(map(str, values))) > 1:
        raise Refused(f"Name one {what}, not {len(values)}.")
    return values[0] if values else None


def _split_marks(line: str) -> tuple[list[str], dict[str, list[str]]]:
    words: list[str] = []
    marks: dict[str, list[str]] = {"!": [], "#": [], "@": [], ">": []}
    for word in line.split():
        if word[0] in marks and re.match(r"[\w.-]", word[1:2]) and not (word[0] == "#" and word[1:].isdigit()):
            marks[word[0]].append(word[1:])
        else:
            words.append(word)
    return words, marks


def split_commands(text: str) -> tuple[str, dict[str, str]]:
    """A description without its lines `run:`, `verify:` and `agent:`, and what these say."""
    description: list[str] = []
    commands: dict[str, str] = {}
    for line in text.splitlines():
        match = re.match(r"\s*(run|verify|agent):\s*(\S.*)$", line, re.IGNORECASE)
        if match:
            commands[match[1].lower()] = match[2].strip()
        else:
            description.append(line)
    return "\n".join(description).strip(), commands
