"""What the chat says, as it is said on the command line: a verb of `jarvis` in the place of a command of the chat."""

import re

VERBS = {
    "add": "autonomous-queue add",
    "queue": "build-scheduler list",
    "brief": "overnight-runner brief",
    "weekend": "weekend-planner progress",
    "next": "build-scheduler next",
    "schedule": "build-scheduler schedule",
    "overnight": "overnight-runner status",
    "context": "context-scheduler summary",
    "questions": "approvals list",
    "approve": "approvals approve",
    "reject": "approvals reject",
    "diff": "builds diff",
    "log": "builds log",
    "merge": "builds merge",
    "update": "builds update",
    "rollback": "builds rollback",
    "discard": "builds discard",
    "restore": "problem-predictor restore",
    "push": "builds push",
    "pause": "autonomous-queue pause",
    "resume": "autonomous-queue resume",
    "stop_all": "autonomous-queue stop-all",
    "stats": "build-scheduler stats",
    "week": "productivity week",
    "month": "productivity month",
    "problems": "problem-predictor list",
    "fix": "problem-predictor fix",
    "patterns": "pattern-learner list",
    "rules": "rules list",
    "audit": "audit",
    "lessons": "self-improver lessons",
    "improve": "self-improver suggest",
    "agents": "agents list",
    "projects": "projects list",
    "projects add": "projects add",
    "settings": "settings",
    "help": "--help",
}
"""By the command of the chat."""

WITH_TASK = {"restore": "builds restore"}
"""Where a task that is named makes another verb of it."""

CHAT_ONLY = frozenset(
    {
        *("night", "evening", "place", "task", "go", "modify", "retry", "cancel", "finished", "status", "trust"),
        *("correct", "sample", "notifications", "start"),
    }
)
"""What has no verb."""

_COMMAND = re.compile(
    rf"(?<![\w/.])/(projects add|{'|'.join(sorted({*VERBS, *CHAT_ONLY}))})((?: task_\d+)?)(?![\w/]|\.\w)"
)


def for_terminal(text: str) -> str:
    """A sentence of ours with the verbs of the command line; what only the chat can do is named as such."""
    return without_links(_COMMAND.sub(_said, text))


def without_links(text: str) -> str:
    """A text with titles of tasks, which stay as they were written; `/task_1` is a link in the chat only."""
    return re.sub(r"(?<![\w/.])/(?=task_\d)", "", text)


def _said(match: re.Match[str]) -> str:
    verb = (match[2] and WITH_TASK.get(match[1])) or VERBS.get(match[1])
    return f"“jarvis {verb}{match[2]}”" if verb is not None else f"“/{match[1]}{match[2]}” in the chat"
