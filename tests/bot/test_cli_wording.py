"""What is said in a terminal names verbs of the command line, not commands of the chat."""

import click
import pytest

from bot.cli import jarvis as root
from bot.cli.wording import CHAT_ONLY, VERBS, for_terminal, without_links
from handlers import commands
from tests.bot.test_cli import Jarvis, jarvis

__all__ = ["jarvis"]


def test_every_command_of_the_chat_has_its_verb_or_is_known_to_have_none() -> None:
    names = {command.name for command in commands.table()}

    assert ({name.partition(" ")[0] for name in VERBS} | CHAT_ONLY, set(VERBS) & CHAT_ONLY) == (names, set())


@pytest.mark.parametrize("words", sorted(VERBS.values()))
def test_every_verb_is_there(words: str) -> None:
    command: click.Command | None = root
    for word in words.split():
        if not word.startswith("-"):
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word)
            assert command is not None


@pytest.mark.parametrize(
    ("chat", "terminal"),
    [
        ("There is no task_9. /queue lists the tasks.", "“jarvis build-scheduler list” lists the tasks."),
        ("/restore task_1 brings it back.", "“jarvis builds restore task_1” brings it back."),
        ("/retry task_1 builds it again.", "“/retry task_1” in the chat builds it again."),
        ("Register one with /projects add PATH.", "“jarvis projects add” PATH."),
        ("all work is paused, and /resume ends that.", "“jarvis autonomous-queue resume” ends that."),
        ("There is no fix. /restore lists them.", "“jarvis problem-predictor restore” lists them."),
        ("/task_1 Work", "task_1 Work"),
        ("/home/ann/log and /log/x and ./queue stay", "/home/ann/log and /log/x and ./queue stay"),
    ],
)
def test_a_sentence_of_the_chat(chat: str, terminal: str) -> None:
    assert for_terminal(chat).endswith(terminal)


def test_a_title_stays_as_it_was_written() -> None:
    assert without_links("• /task_1 Speed up /merge and /queue") == "• task_1 Speed up /merge and /queue"


def test_a_refusal_names_the_verb(jarvis: Jarvis) -> None:
    refused = jarvis("builds", "merge", "9")
    assert refused.err == "Error: There is no task_9. “jarvis build-scheduler list” lists the tasks.\n"
