"""`jarvis self-improver` on real data, and by real processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.runtime.clock import utc_now
from storage import open_store
from tests import factories
from tests.bot.test_cli import Jarvis, jarvis, printed

__all__ = ["jarvis"]

ROOT = Path(__file__).resolve().parents[2]
IMPROVER = "self-improver"


def test_an_empty_home(jarvis: Jarvis) -> None:
    assert jarvis(IMPROVER, "suggest").out == "Nothing to improve.\n"
    assert jarvis(IMPROVER, "stats").out == "Nothing was measured yet.\n"
    assert jarvis(IMPROVER, "lessons").out == "No lessons yet.\n"
    assert printed(jarvis(IMPROVER, "suggest", "--json")) == []
    assert printed(jarvis(IMPROVER, "stats", "--json")) == {"operations": [], "improved": []}


def test_three_failures_from_a_shell_are_a_suggestion(home: Path, tmp_path: Path) -> None:
    environment = {**{n: v for n, v in os.environ.items() if n == "PATH"}, "JARVIS_HOME": str(home), "TIMEZONE": "UTC"}

    def shell(words: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", f"exec {sys.executable} -m bot self_improver {words}"],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    for _ in range(3):
        shell("log-failure weather 'timed out'")

    assert "unreliable" in shell("suggest")
    assert "3 failures within 7 days, last: timed out" in shell("suggest")


def test_times_are_shown_with_percentiles(jarvis: Jarvis) -> None:
    for ms in ("100", "200", "8000", "9000.5", "7000"):
        assert jarvis(IMPROVER, "log-time", "op", ms).code == 0

    row = jarvis(IMPROVER, "stats").out.splitlines()[1].split()
    assert row[:2] == ["op", "5"]
    assert row[-3:] == ["9.0", "s", "0"]
    figures = printed(jarvis(IMPROVER, "stats", "--json"))["operations"][0]["figures"]
    assert figures["p50"] == pytest.approx(7000, rel=0.05)
    assert figures["p95"] == pytest.approx(9000, rel=0.05)
    (found,) = printed(jarvis(IMPROVER, "suggest", "--json"))
    assert (found["weakness"], found["subject"], found["state"]["state"]) == ("slow", "op", "open")


def test_do_needs_a_repository_and_then_queues_a_task(
    jarvis: Jarvis, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        jarvis(IMPROVER, "log-failure", "weather", "timed out")
    (found,) = printed(jarvis(IMPROVER, "suggest", "--json"))
    refused = jarvis(IMPROVER, "do", found["id"])
    assert (refused.code, "OWN_PROJECT" in refused.err) == (1, True)

    store = open_store(home, utc_now)
    with store.transaction():
        store.projects.put("shop", factories.project())
    store.close()
    monkeypatch.setenv("OWN_PROJECT", "shop")
    done = printed(jarvis(IMPROVER, "do", found["id"], "--json"))
    assert done["state"]["task"] == "task_1"
    assert jarvis(IMPROVER, "do", found["id"]).code == 1
    assert "after not yet" in jarvis(IMPROVER, "stats").out
    lines = (home / "logs" / "improvements.log").read_text().splitlines()
    assert ['"found"' in lines[0], '"done"' in lines[1]] == [True, True]


def test_corrections_and_lessons(jarvis: Jarvis) -> None:
    assert jarvis(IMPROVER, "log-correction", "use tabs").out == "correction_1: use tabs\n"
    assert jarvis(IMPROVER, "log-correction", "use tabs", "--project", "nowhere").code == 1
    assert printed(jarvis(IMPROVER, "log-correction", "use tabs", "--json"))["id"] == "correction_2"
    assert "corrected 2 times" in jarvis(IMPROVER, "suggest").out

    (lesson,) = printed(jarvis(IMPROVER, "lessons", "--add", "short sentences", "--json"))
    assert lesson["text"] == "short sentences"
    assert jarvis(IMPROVER, "lessons", "--drop", lesson["id"]).out == "No lessons yet.\n"
    assert jarvis(IMPROVER, "lessons", "--drop", lesson["id"]).code == 1


@pytest.mark.parametrize(
    "words", [["log-time", "op"], ["log-time", "op", "fast"], ["log-failure", "api"], ["do"], ["x"]]
)
def test_wrong_usage(jarvis: Jarvis, words: list[str]) -> None:
    assert jarvis(IMPROVER, *words).code == 2


@pytest.mark.parametrize("words", [["log-time", "op", "nan"], ["log-time", " ", "1"], ["do", "improvement_9"]])
def test_refusals(jarvis: Jarvis, words: list[str]) -> None:
    assert jarvis(IMPROVER, *words).code == 1
