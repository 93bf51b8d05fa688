"""What a shell script asks for three weeks long is offered by the bot ahead of its time, and built."""

import json
from datetime import timedelta
from pathlib import Path

from core.runtime.clock import utc_now
from tests.end_to_end.jarvis_process import PATIENCE, Jarvis
from tests.end_to_end.telegram_chat import OWNER, Telegram

DAYS = 21


async def test_what_is_asked_for_every_day_is_offered_ahead_and_built(
    jarvis: Jarvis, telegram: Telegram, project: Path
) -> None:
    now = utc_now()
    usual = (now + timedelta(hours=3)).replace(minute=20)
    asleep = f"{now + timedelta(hours=12):%H:%M}-{now + timedelta(hours=14):%H:%M}"
    jarvis.settings.update(OWNER_IDS=str(OWNER), SLEEP_HOURS=asleep, QUIET_HOURS=asleep, **telegram.settings)
    await jarvis.run("projects", "add", str(project), "--name", "shop", "--verify", "test -s ranking.txt")
    for day in range(DAYS, 0, -1):
        at = usual - timedelta(days=day) + timedelta(minutes=day % 5)
        await jarvis.run("pattern-learner", "log", "rank the shops", json.dumps({"at": at.isoformat()}))
    await jarvis.run("pattern-learner", "list")
    what = "Rank the shops 0.1h #docs @shop\nrun: echo first > ranking.txt"
    assert (await jarvis.run("pattern-learner", "action", "pattern_1", what)).returncode == 0

    jarvis.start()
    await jarvis.ready()
    await telegram.ask("/start")

    offer = await telegram.hear("You usually ask for “rank the shops” every day about", "Yes")
    assert f"about {usual:%H:}" in offer.text
    assert await telegram.press(offer, "Yes") == "Good. You get it at its time."

    deadline = utc_now() + timedelta(seconds=PATIENCE)
    while "completed" not in (card := (await telegram.ask("/task_1")).text):
        assert "failed" not in card
        assert utc_now() < deadline, card
    heard = [message.text for message in telegram.messages() if message.number > offer.number and message.from_bot]
    assert not any("is built" in text for text in heard), "it waits for its time"
    assert jarvis.git(project, "show", "jarvis/task-1-rank-the-shops:ranking.txt") == "first\n"
    assert "rank the shops" in (await telegram.ask("/patterns")).text
    assert "error" not in jarvis.errors()
