"""A made-up year: the promises of the product hold, whatever happens; and the machine that is made up keeps its own."""

import dataclasses
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from bot.cli import jarvis
from bot.simulation import findings, report
from bot.simulation.findings import Findings
from bot.simulation.year import simulated


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of builds are told to nobody."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


def run(days: int, seed: int, crashes: int | None = None) -> Findings:
    with simulated(days, seed, crashes) as made:
        made.run()
        return findings.find(made)


@pytest.mark.slow
def test_a_year_with_fifty_crashes_keeps_every_promise() -> None:
    found = run(365, seed=1, crashes=50)

    assert found.wrong == []
    assert found.crashes >= 50
    assert found.weekends_asked == found.weekends == 52
    assert found.weekends_chosen >= 24  # two or more a month
    assert found.briefs >= 360
    assert found.autonomous_weekday >= 17.5  # of 18; the machine is off now and then
    assert found.builds_a_night >= 2
    assert found.shipped_a_night >= 6
    assert found.multiplier >= 3.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_other_seeds_hold_too(seed: int) -> None:
    found = run(42, seed, crashes=40)

    assert found.wrong == []
    assert found.crashes >= 30  # two that come at the same time are one


def test_the_same_seed_gives_the_same_days() -> None:
    assert run(10, seed=5) == run(10, seed=5)
    assert run(10, seed=5) != run(10, seed=6)


def test_the_command_prints_a_table_and_draws_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "year.png"

    done = CliRunner().invoke(jarvis, ["simulate", "--days", "8", "--report", str(picture)])

    assert done.exit_code == 0, done.output
    assert "productivity multiplier" in done.output
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_command_speaks_json() -> None:
    done = CliRunner().invoke(jarvis, ["simulate", "--days", "3", "--json"])

    assert json.loads(done.stdout)["days"] == 3


def test_a_broken_promise_shows() -> None:
    found = dataclasses.replace(run(7, seed=1, crashes=0), wrong=["2026-01-06: 2 briefs"])

    assert report.rows(found)[-1] == ("broken promises", "1", "0", "missed")
