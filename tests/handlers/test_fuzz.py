"""Whatever an owner types or presses: exactly one kind of answer, no exception, and nothing changed by a refusal."""

import random
import string

from bot.local.models import PersonError
from core.model.build import Broke
from core.model.task import Category
from handlers import commands
from tests.handlers.conftest import House

ROUNDS = 300
NASTY = [
    "<b>",
    "&amp;",
    "\u202e",
    "💥" * 20,
    "٣",
    "-1",
    "0",
    "1e400",
    "nan",
    "' \"",
    "\\",
    "--",
    "@",
    "#",
    ">",
    "!",
    "%s",
    "{}",
    "task_1",
    "task_3",
    "99",
    "\n",
    "run:",
    "verify:",
    "\ud7ff",
    "a:b:c",
    "x" * 300,
]
DATA = [
    "task",
    "answer",
    "unlink",
    "choose",
    "set",
    "draft",
    "page",
    "ask",
    "show",
    "start",
    "cancel",
    "merge",
    "task_1",
    "task_2",
    "approval_1",
    "draft_1",
    "hours",
    "project",
    "queue",
    "finished",
    "0",
    "1",
    "-1",
    "",
    "add",
    "drop",
    "vote",
    "project",
    "weekend",
    "phase",
    "pattern",
    "judge",
    "pattern_1",
    "yes",
    "2026-11-28",
    "2026-03-07",
    "poll",
    "stop",
    "next",
    "improve",
    "improvement_1",
    "keep",
    "correction_1",
    "letbe",
    "nolesson",
    "lesson_1",
]


def words(chance: random.Random) -> str:
    letters = "".join(chance.choices(string.printable, k=chance.randint(0, 12)))
    return " ".join(chance.choice([*NASTY, letters]) for _ in range(chance.randint(0, 5)))


def forged(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return "".join(chance.choices(string.printable, k=chance.randint(1, 60)))
    return ":".join(chance.choices(DATA, k=chance.randint(1, 5)))[:64] or "x"


async def furnish(house: House) -> int:
    """Something in every state; returns a message to press buttons on."""
    await house.build(house.add("Good"))
    await house.build(house.add("Bad"), Broke())
    house.add("A new page", category=Category.FEATURE)
    await house.ask("Fix the login test")
    await house.ask("/queue")
    return house.last_id()


async def test_any_command_is_answered(house: House) -> None:
    await furnish(house)
    chance = random.Random(7)
    names = [command.name for command in commands.table()]
    for _ in range(ROUNDS):
        name = chance.choice([*names, "nonsense", "task_1"])
        text = f"/{name} {words(chance)}"
        before = house.state()
        try:
            answers = await house.say(text)
        except PersonError:
            continue

        assert 1 <= len(answers) <= 2, text
        assert house.troubles() == [], text
        if name in (
            "queue",
            "brief",
            "next",
            "schedule",
            "stats",
            "help",
            "task",
            "log",
            "diff",
            "finished",
            "nonsense",
        ):
            assert house.state() == before, text


async def test_any_text_becomes_a_draft_or_is_refused(house: House) -> None:
    await furnish(house)
    chance = random.Random(8)
    for _ in range(100):
        text = words(chance)
        before = house.state()["tasks"]
        try:
            answers = await house.say(text)
        except PersonError:
            continue

        assert len(answers) == 1, text
        assert house.troubles() == [], text
        if not text.lstrip().startswith("/"):
            assert house.state()["tasks"] == before, text


async def test_any_press_is_answered_once(house: House) -> None:
    message = await furnish(house)
    chance = random.Random(9)
    for _ in range(ROUNDS):
        data = forged(chance)
        before = house.state()

        toast = await house.press_data(message, data)

        assert house.troubles() == [], data
        if toast.show_alert:
            assert toast.text, data
            assert house.state() == before, data
