"""The first steps as messages."""

from collections.abc import Sequence

from handlers.callbacks import Ask
from handlers.views.message import Button, Message, escape, lines


def welcome(name: str, *, offer_sample: bool, local: bool) -> Message:
    """The answer to `/start`."""
    text = lines(
        f"👋 Hello{'' if local else f' {escape(name)}'}. I am <b>Jarvis</b>.",
        "Write me what to build. I run coding agents on it while you sleep, work or train, each in its own git "
        "worktree, prove the result with your tests, and ask before I merge.",
        "",
        "New here? I can make a small sample project and work through four real tasks on it. It takes about a minute."
        if offer_sample
        else "/queue shows what waits, /brief what happened, /help everything else.",
        "\nThis page is your chat for now. To use Telegram, put TELEGRAM_BOT_TOKEN into .env and start me again."
        if local
        else None,
    )
    rows = [[Button("🎁 Make the sample project", Ask("sample"))]] if offer_sample else []
    return Message(text, [*rows, [Button("📋 Queue", Ask("queue")), Button("☀️ Brief", Ask("brief"))]])


def sample_made() -> Message:
    """Right after the sample was made."""
    return Message(
        lines(
            "🎁 The project <b>sample</b> is ready: a small Python package with a failing test and a slow function.",
            "Four tasks are queued. Three start by themselves, one of these will fail its checks on purpose; "
            "the fourth needs your approval.",
        ),
        [[Button("📋 Queue", Ask("queue")), Button("☀️ Brief", Ask("brief"))]],
    )


def help_text(commands: Sequence[tuple[str, str]]) -> Message:
    """Every command with its description."""
    listed = [f"/{name} – {escape(description)}" for name, description in commands]
    text = lines(
        "<b>What I can do</b>",
        listed,
        "",
        "Or just write what to build, and I make a task of it. A task's number, like /task_12, shows it.",
    )
    return Message(text, [[Button("📋 Queue", Ask("queue")), Button("☀️ Brief", Ask("brief"))]])
