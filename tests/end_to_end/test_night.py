"""A night in small: real builds, the real process, an owner who gets up early, and the brief at its end."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from core.runtime.clock import utc_now
from tests.end_to_end.jarvis_process import PATIENCE, Jarvis, until
from tests.end_to_end.telegram_chat import OWNER, Telegram

BRIEF = "☀️ Morning brief"
SOON = timedelta(seconds=5)
"""Before its end, at least, the night is told when it ends."""


@pytest.mark.slow
async def test_a_night_with_three_builds_ends_with_its_brief(jarvis: Jarvis, telegram: Telegram, project: Path) -> None:
    begin, end = utc_now() - timedelta(minutes=20), utc_now() + timedelta(hours=3)
    jarvis.start(
        OWNER_IDS=str(OWNER),
        PROJECTS=str(project),
        SLEEP_HOURS=f"{begin:%H:%M}-{end:%H:%M}",
        BRIEF_AT=f"{end:%H:%M}",
        **telegram.settings,
    )
    await jarvis.ready()
    await telegram.ask("/start")
    # The machine was off when it began; enough is left for the session to be opened late.
    await until(lambda: "planned" in _log(jarvis), "the night is planned")
    await telegram.ask("/context sleeping 1h")
    for title, command in (("Count on", "echo two >> a.txt"), ("Break it", "exit 3"), ("Dream", "sleep 300")):
        telegram.api.people.send(f"/add {title} 0.005h #docs\nrun: {command}\nverify: test -s a.txt")
    await telegram.hear("Count on is built", "Merge")
    await telegram.hear("Break it")

    await telegram.hear("Dream", "Stop")
    telegram.api.people.send("/settings disk limit in percent 1")
    requeued = await telegram.hear("(?s)Dream.*room")
    assert "queue" in requeued.text
    telegram.api.people.send("/schedule")
    await telegram.hear("too little room")
    telegram.api.people.send("/cancel task_3")
    telegram.api.people.send("/settings DISK_LIMIT reset")

    end = (utc_now() + SOON + timedelta(minutes=1)).replace(second=0, microsecond=0)
    telegram.api.people.send(f"/settings BRIEF_AT {end:%H:%M}")
    telegram.api.people.send(f"/settings SLEEP_HOURS {begin:%H:%M}-{end:%H:%M}")
    patience = (end - utc_now()).total_seconds() + PATIENCE
    brief = (await until(lambda: telegram.said(BRIEF), "the brief", patience))[0]
    assert "Count on" in brief.text
    assert "Break it" in brief.text
    telegram.api.people.send("/overnight report")
    await telegram.hear("(?s)completed(?=.*task_1)(?=.*task_2).*task_3")
    report = jarvis.home / "logs" / f"overnight_report_{end:%Y-%m-%d}.json"
    await until(report.exists, "the report")
    written = json.loads(report.read_text())
    assert {line["title"] for line in written["builds"]} >= {"Count on", "Break it", "Dream"}
    await jarvis.stop()
    jarvis.start()
    await jarvis.ready()
    await telegram.ask("/queue")
    assert len(telegram.said(BRIEF)) == 1, "once a day, also after a restart"


def _log(jarvis: Jarvis) -> str:
    path = jarvis.home / "logs" / "overnight_execution.log"
    return path.read_text() if path.exists() else ""
