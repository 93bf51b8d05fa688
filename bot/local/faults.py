"""Failures on purpose, for the next calls that match; both adapters obey them."""

from collections.abc import Callable
from typing import Literal

import msgspec

from bot.local.models import ApiError, ApiResult

FaultKind = Literal["error", "bad_gateway", "timeout_after", "reset_before", "slow"]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One way to fail.

    - `error`: answers `result` instead of doing anything.
    - `bad_gateway`: status 502 with a body that is no JSON; nothing is done.
    - `timeout_after`: the call takes effect, but its answer never arrives.
    - `reset_before`: the connection breaks before anything is done.
    - `slow`: everything works, `delay` seconds late.
    """

    kind: FaultKind
    result: ApiResult | None = None
    delay: float = 0.0


Matches = Callable[[str], bool]


class _Planned:
    """A fault and how often it still happens."""

    def __init__(self, fault: Fault, matches: Matches, times: int):
        self.fault = fault
        self.matches = matches
        self.left = times


class Faults:
    """The planned failures, taken in the order in which they were planned.

    `method` of every function is a method name in any case, a predicate over lower-case names, or
    None for every method but getUpdates; `times` is for how many matching calls.
    """

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self.happened: list[tuple[str, FaultKind]] = []
        """Method and kind of every fault so far."""

    def too_many_requests(self, retry_after: int, method: str | Matches | None = None, times: int = 1) -> None:
        """429 with `retry_after` seconds."""
        words = f"Too Many Requests: retry after {retry_after}"
        self.error(429, words, method, times, parameters={"retry_after": retry_after})

    def server_error(self, method: str | Matches | None = None, times: int = 1) -> None:
        """500."""
        self.error(500, "Internal Server Error", method, times)

    def forbidden(self, method: str | Matches | None = None, times: int = 1) -> None:
        """403: the person blocked the bot."""
        self.error(403, "Forbidden: bot was blocked by the user", method, times)

    def conflict(self, method: str | Matches | None = "getupdates", times: int = 1) -> None:
        """409: another bot runs with this token."""
        words = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        self.error(409, words, method, times)

    def error(
        self,
        code: int,
        description: str,
        method: str | Matches | None = None,
        times: int = 1,
        *,
        parameters: dict[str, int] | None = None,
    ) -> None:
        """Any refusal in Telegram's form."""
        result = ApiError(code, description, parameters).to_result()
        self.plan(Fault(kind="error", result=result), method, times)

    def bad_gateway(self, method: str | Matches | None = None, times: int = 1) -> None:
        """502 with an HTML page instead of JSON."""
        self.plan(Fault(kind="bad_gateway"), method, times)

    def timeout_after_delivery(self, method: str | Matches | None = None, times: int = 1) -> None:
        """The effect happens, the answer is withheld."""
        self.plan(Fault(kind="timeout_after"), method, times)

    def reset_before_delivery(self, method: str | Matches | None = None, times: int = 1) -> None:
        """The connection breaks, nothing happens."""
        self.plan(Fault(kind="reset_before"), method, times)

    def slow(self, delay: float, method: str | Matches | None = None, times: int = 1) -> None:
        """The answer comes `delay` seconds late."""
        self.plan(Fault(kind="slow", delay=delay), method, times)

    def plan(self, fault: Fault, method: str | Matches | None = None, times: int = 1) -> None:
        """Plan any fault."""
        self._planned.append(_Planned(fault, _predicate(method), times))

    def clear(self) -> None:
        """Forget what is planned."""
        self._planned.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that this call has to suffer, used up by it; None for none."""
        name = method.lower()
        for planned in self._planned:
            if planned.matches(name):
                planned.left -= 1
                if planned.left <= 0:
                    self._planned.remove(planned)
                self.happened.append((name, planned.fault.kind))
                return planned.fault
        return None


def _predicate(method: str | Matches | None) -> Matches:
    if method is None:
        return lambda name: name != "getupdates"
    if callable(method):
        return method
    wanted = method.lower()
    return lambda name: name == wanted
