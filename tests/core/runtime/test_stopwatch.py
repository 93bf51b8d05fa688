"""Timing a block, however it ends."""

from datetime import datetime

import pytest

from core.errors import Refused
from core.runtime.stopwatch import Stopwatch
from tests import factories
from tests.fakes import SetClock


class Log:
    """What was logged, with a steady clock that is set by hand."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float]] = []
        self.failures: list[tuple[str, str]] = []
        self.steady = 100.0
        self.measured = Stopwatch(self.log_time, self.log_failure, SetClock(), lambda: self.steady)

    def log_time(self, name: str, ms: float, at: datetime) -> None:
        assert at == factories.NOW
        self.times.append((name, ms))

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
