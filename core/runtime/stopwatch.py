"""Times operations with the machine's steady clock: the adapter that the engines' measurements come from."""

import functools
import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.errors import JarvisError

_MOST = 0.9
"""Of an operation, that makes another one inside of it the cause of how long it took."""
_COUNTED = "_is_counted"


def is_failure(error: Exception) -> bool:
    """Of an operation: whatever is no refusal, which is told to whoever asked for it."""
    return not isinstance(error, JarvisError)


class LogTime(Protocol):
    """As `core.measurements.Measurements.log_time`."""

    def __call__(self, operation: str, ms: float, at: datetime, inside: str = "") -> None:
        """Take it."""


@dataclass
class _Block:
    """What is timed now; others may lie in it."""

    longest: float = 0.0
    inside: str = ""
    """The name of the longest one in it."""


_around: ContextVar[_Block | None] = ContextVar("_around", default=None)


class Stopwatch:
    """Called with a name, it is a context manager that times its block. One per process."""

    def __init__(
        self,
        log_time: LogTime,
        log_failure: Callable[[str, str, datetime], None],
        now: Callable[[], datetime],
        steady: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._log_time = log_time
        self._log_failure = log_failure
        self._now = now
        self._steady = steady

    @contextmanager
    def __call__(self, name: str, api: str = "", fails: Callable[[Exception], bool] = is_failure) -> Iterator[None]:
        """Log how long the block took, however it ended, and the error if that is a failure: under `api`, if given.

        An error that passes through several blocks counts in the innermost one.
        """
        around, block, begin = _around.get(), _Block(), self._steady()
        token = _around.set(block)
        try:
            yield
        except Exception as error:
            if fails(error) and not hasattr(error, _COUNTED):
                setattr(error, _COUNTED, True)
                self._log_failure(api or name, f"{type(error).__name__}: {error}", self._now())
            raise
        finally:
            _around.reset(token)
            took = (self._steady() - begin) * 1000
            if around is not None and took > around.longest:
                around.longest, around.inside = took, name
            self._log_time(name, took, self._now(), block.inside if block.longest > _MOST * took else "")

    def watch(self, name: str, thing: object, fails: Callable[[Exception], bool] = is_failure) -> None:
        """Time every public method of this object from now on, as `name method`; failures count under `name`."""
        for method, _ in inspect.getmembers_static(type(thing), inspect.isfunction):
            if not method.startswith("_"):
                setattr(thing, method, self._timed(name, getattr(thing, method), fails))

    def _timed(self, name: str, function: Callable[..., Any], fails: Callable[[Exception], bool]) -> Callable[..., Any]:
        operation = f"{name} {function.__name__.replace('_', ' ')}"

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self(operation, name, fails):
                return function(*args, **kwargs)

        return timed
