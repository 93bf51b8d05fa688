"""`jarvis problem-predictor`: a folder that fills is foretold, fixed, verified and reported, by several processes."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from core import metrics
from core.model.metrics import Sample
from core.runtime.clock import utc_now
from storage import open_store
from tests.bot.test_cli import Jarvis, jarvis, printed

__all__ = ["jarvis"]

PREDICTOR = "problem-predictor"


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "service"
    folder.mkdir()
    monkeypatch.setenv("LOG_ROOTS", str(folder))
    monkeypatch.setenv("DATABASE_ROOTS", str(folder))
    monkeypatch.setenv("LOG_LIMIT_MB", "22")
    # Whatever the machine is like that runs this.
    monkeypatch.setenv("DISK_LIMIT", "100")
    monkeypatch.setenv("MEMORY_LIMIT", "100")
    return folder


def problems(jarvis: Jarvis, verb: str) -> list[dict[str, object]]:
    return [each for each in printed(jarvis(PREDICTOR, verb, "--json")) if str(each["series"]).startswith("logs")]


def test_a_folder_that_fills_is_foretold_fixed_verified_and_reported(jarvis: Jarvis, logs: Path, home: Path) -> None:
    store = open_store(home, utc_now)
    now, series = utc_now(), f"logs:{logs}"
    for hours in range(1, 100):  # half a MB a day
        metrics.record(store, Sample(at=now - timedelta(hours=hours), values={series: 20.4 - 0.02 * hours}))
    store.close()
    log = logs / "app.log"
    log.write_text("a line of the service\n" * 930_000)

    (found,) = problems(jarvis, "scan")
    assert found["severity"] == "medium"
    assert found["fix"] == "/fix can rotate 1 large log: about 18 MB"
    assert problems(jarvis, "list") == [found]

    assert f"rotate  18 MB  {log}" in jarvis(PREDICTOR, "fix", "--dry-run").out
    assert log.stat().st_size > 20_000_000

    done = printed(jarvis(PREDICTOR, "fix", "--json"))
    assert done["freed"] > 19_000_000
    assert done["before"][series] > 20
    assert done["after"][series] < 1
    assert problems(jarvis, "list") == []

    lines = [json.loads(line) for line in (home / "logs" / "auto_fixes.log").read_text().splitlines()]
    told = [(line["action"], line["actor"]) for line in lines if line.get("repair")]
    assert told == [("rotate", "command line"), ("done", "command line")]

    assert jarvis(PREDICTOR, "restore", "repair_1").out == f"Restored: {log}.repair_1\n"
    assert (logs / "app.log.repair_1").read_text() == "a line of the service\n" * 930_000


def test_a_database_is_vacuumed_and_brought_back(jarvis: Jarvis, logs: Path) -> None:
    base = sqlite3.connect(logs / "app.db")
    base.execute("CREATE TABLE t (x)")
    base.executemany("INSERT INTO t VALUES (zeroblob(4000))", [()] * 1000)
    base.execute("DELETE FROM t WHERE rowid > 10")
    base.commit()
    base.close()
    before = (logs / "app.db").stat().st_size

    assert jarvis(PREDICTOR, "fix").out.startswith("Vacuumed app.db, freed 4 MB (repair_1)\nFreed 4 MB.\n")
    assert (logs / "app.db").stat().st_size < 100_000
    assert "repair_1" in jarvis(PREDICTOR, "restore").out
    assert jarvis(PREDICTOR, "restore", "repair_1").code == 0
    assert (logs / "app.db").stat().st_size == before


def test_metrics_tell_every_series_with_its_limit(jarvis: Jarvis, logs: Path) -> None:
    shown = printed(jarvis(PREDICTOR, "metrics", "--json"))

    assert {"disk", "memory", "swap", "load", f"logs:{logs}", f"databases:{logs}", "own:data"} <= set(shown["values"])
    assert shown["limits"][f"logs:{logs}"] == 22
    assert jarvis(PREDICTOR, "metrics").out.splitlines()[0].split() == ["series", "now", "limit"]


def test_what_was_never_done_is_not_taken_back(jarvis: Jarvis, logs: Path) -> None:
    done = jarvis(PREDICTOR, "restore", "repair_9")

    assert (done.code, done.out) == (1, "")
    assert "There is no fix repair_9" in done.err


def test_the_doctor_names_folders_that_are_not_there(
    jarvis: Jarvis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOG_ROOTS", f"{tmp_path}, {tmp_path}/lgos")

    done = jarvis("doctor")

    assert done.code == 1
    assert f"!!  LOG_ROOTS: {tmp_path}/lgos is no folder\n" in done.out
    assert f"{tmp_path} is no folder" not in done.out
