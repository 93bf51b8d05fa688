"""Times operations with the machine's steady clock: the adapter that the engines' measurements come from."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from core.errors import JarvisError


class Stopwatch:
    """Called with a name, it is a context manager that times its block. One per process."""

    def __init__(
        self,
        log_time: Callable[[str, float, datetime], None],
        log_failure: Callable[[str, str, datetime], None],
        now: Callable[[], datetime],
        steady: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._log_time = log_time
        self._log_failure = log_failure
        self._now = now
        self._steady = steady

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Log how long the block took, however it ended; an error counts as a failure, a refusal does not."""
        begin = self._steady()
        try:
            yield
        except Exception as error:
            if not isinstance(error, JarvisError):
                self._log_failure(name, f"{type(error).__name__}: {error}", self._now())
            raise
        finally:
            self._log_time(name, (self._steady() - begin) * 1000, self._now())
