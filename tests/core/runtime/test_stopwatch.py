"""Timing a block, however it ends."""

import asyncio
from datetime import datetime

import pytest

from core.errors import Conflict, Refused
from core.runtime.stopwatch import Stopwatch
from tests import factories
from tests.fakes import SetClock


class Log:
    """What was logged, with a steady clock that is set by hand."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float]] = []
        self.causes: list[str] = []
        self.failures: list[tuple[str, str]] = []
        self.steady = 100.0
        self.measured = Stopwatch(self.log_time, self.log_failure, SetClock(), lambda: self.steady)

    def log_time(self, operation: str, ms: float, at: datetime, inside: str = "") -> None:
        assert at == factories.NOW
        self.times.append((operation, ms))
        self.causes.append(inside)

    def log_failure(self, name: str, error: str, at: datetime) -> None:
        self.failures.append((name, error))


def test_a_block_is_timed_in_milliseconds() -> None:
    log = Log()
    with log.measured("plan"):
        log.steady += 1.5

    assert log.times == [("plan", 1500.0)]
    assert log.failures == []


def test_an_error_is_a_failure_and_passes_on() -> None:
    log = Log()
    with pytest.raises(ZeroDivisionError), log.measured("plan"):
        log.steady += 1 / 0

    assert log.times == [("plan", 0.0)]
    assert log.failures == [("plan", "ZeroDivisionError: division by zero")]


def test_a_refusal_is_no_failure() -> None:
    log = Log()
    with pytest.raises(Refused), log.measured("chat /go"):
        raise Refused("No.")

    assert len(log.times) == 1
    assert log.failures == []


def test_blocks_may_lie_in_each_other() -> None:
    log = Log()
    with log.measured("outer"):
        log.steady += 1
        with log.measured("inner"):
            log.steady += 1

    assert log.times == [("inner", 1000.0), ("outer", 2000.0)]


async def test_a_block_knows_what_took_most_of_it_also_in_another_thread() -> None:
    log = Log()

    def inner() -> None:
        with log.measured("inner"):
            log.steady += 9.5

    with log.measured("outer"):
        await asyncio.to_thread(inner)
        log.steady += 0.5
    with log.measured("outer"):
        inner()
        log.steady += 2

    assert log.causes == ["", "inner", "", ""]


def test_an_error_counts_where_it_came_from() -> None:
    log = Log()
    with pytest.raises(OSError, match="gone"), log.measured("outer"), log.measured("inner", "machine"):
        raise OSError("gone")

    assert log.failures == [("machine", "OSError: gone")]
    assert [name for name, _ in log.times] == ["inner", "outer"]


class Engine:
    """Something with methods."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def work_hard(self, seconds: float, *, fails: bool = False) -> float:
        self.log.steady += seconds
        if fails:
            raise Conflict("branch gone")
        return seconds

    def _inner(self) -> None:
        self.log.steady += 1


def test_every_public_method_of_a_thing_is_timed_from_then_on() -> None:
    log = Log()
    engine, other = Engine(log), Engine(log)
    log.measured.watch("engine", engine, lambda error: isinstance(error, Conflict))

    assert engine.work_hard(2) == 2
    engine._inner()
    other.work_hard(2)
    with pytest.raises(Conflict):
        engine.work_hard(1, fails=True)
    assert log.times == [("engine work hard", 2000.0), ("engine work hard", 1000.0)]
    assert log.failures == [("engine", "Conflict: branch gone")]
