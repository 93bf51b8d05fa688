"""A night in small: windows of minutes, real builds, the real process, and the brief at its end."""

import json
from datetime import timedelta
from pathlib import Path

from core.runtime.clock import utc_now
from tests.end_to_end.jarvis_process import PATIENCE, Jarvis, until
from tests.end_to_end.telegram_chat import OWNER, Telegram

LEFT = timedelta(seconds=70)
"""Of the night, at least, when the bot starts."""


async def test_a_night_with_three_builds_ends_with_its_brief(jarvis: Jarvis, telegram: Telegram, project: Path) -> None:
    now = utc_now()
    end = (now + LEFT + timedelta(minutes=1)).replace(second=0, microsecond=0)
    begin = end - timedelta(minutes=20)
    jarvis.start(
        OWNER_IDS=str(OWNER),
        PROJECTS=str(project),
        SLEEP_HOURS=f"{begin:%H:%M}-{end:%H:%M}",
        BRIEF_AT=f"{end:%H:%M}",
        **telegram.settings,
    )
    await jarvis.ready()
    await telegram.ask("/start")
    # Too little of it is left for a session to be opened late; started by hand, nothing in it waits.
    started = await jarvis.run("overnight-runner", "start")
    assert "the bot leads it" in started.stdout, started.stderr
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

    patience = (end - utc_now()).total_seconds() + PATIENCE
    brief = (await until(lambda: telegram.said("Morning brief"), "the brief", patience))[0]
    assert "Count on" in brief.text
    assert "Break it" in brief.text
    telegram.api.people.send("/overnight report")
    await telegram.hear("(?s)completed.*task_1.*task_2.*task_3")
    report = jarvis.home / "logs" / f"overnight_report_{end:%Y-%m-%d}.json"
    await until(report.exists, "the report")
    written = json.loads(report.read_text())
    assert {line["title"] for line in written["builds"]} >= {"Count on", "Break it", "Dream"}
    await jarvis.stop()
    jarvis.start()
    await jarvis.ready()
    await telegram.ask("/queue")
    assert len(telegram.said("Morning brief")) == 1, "once a day, also after a restart"


def _log(jarvis: Jarvis) -> str:
    path = jarvis.home / "logs" / "overnight_execution.log"
    return path.read_text() if path.exists() else ""
