"""Where both adapters enter: the token, planned faults, and the waiting of getUpdates."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from bot.local.core import NOT_FOUND, UNAUTHORIZED, BotApi
from bot.local.faults import Fault
from bot.local.models import ApiResult, Upload
from bot.local.params import Params
from bot.local.updating import CONFLICT, waiting_time

_TOKEN_FORM = re.compile(r"[0-9]+:[A-Za-z0-9_-]{30,}")
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What goes over the wire."""

    status: int
    body: bytes
    json: bool = True


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """No answer comes: the connection breaks before or after the call took effect."""

    when: Literal["before", "after"]


def check_token(given: str, token: str) -> ApiResult | None:
    """None for the right token; else the refusal: 401 for a wrong one, 404 for what is no token."""
    if given == token:
        return None
    return UNAUTHORIZED if _TOKEN_FORM.fullmatch(given) else NOT_FOUND


async def answer(
    api: BotApi, method: str, params: Mapping[str, Any], files: Mapping[str, Upload] | None = None
) -> Answer | Dropped:
    """Answer one call as Telegram's server would, planned faults included."""
    fault = api.faults.take(method)
    if fault is None:
        return _wire(await _perform(api, method, params, files))
    return await _suffer(fault, api, method, params, files)


async def _suffer(
    fault: Fault,
    api: BotApi,
    method: str,
    params: Mapping[str, Any],
    files: Mapping[str, Upload] | None,
) -> Answer | Dropped:
    match fault.kind:
        case "reset_before":
            return Dropped(when="before")
        case "bad_gateway":
            return Answer(status=502, body=_BAD_GATEWAY, json=False)
        case "error" if fault.result is not None:
            return _wire(fault.result)
        case "slow":
            await asyncio.sleep(fault.delay)
    result = _wire(await _perform(api, method, params, files))
    return Dropped(when="after") if fault.kind == "timeout_after" else result


async def _perform(
    api: BotApi, method: str, params: Mapping[str, Any], files: Mapping[str, Upload] | None
) -> ApiResult:
    if method.lower() != "getupdates":
        return api.call(method, params, files)
    return await _get_updates(api, params)


async def _get_updates(api: BotApi, params: Mapping[str, Any]) -> ApiResult:
    """Wait until there are updates, the time is over, or another bot comes.

    Cancelling it leaves the place at once, so that a bot that was killed can come back.
    """
    pollers = api.backend.pollers
    pollers.supersede()
    result = api.call("getUpdates", params)
    seconds = waiting_time(Params(params))
    if not result.ok or result.result or not seconds:
        return result
    woken = asyncio.Event()
    poller = pollers.enter(woken.set)
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        pass
    finally:
        pollers.leave(poller)
    return CONFLICT if poller.superseded else api.call("getUpdates", params)


def _wire(result: ApiResult) -> Answer:
    return Answer(status=result.status, body=result.to_bytes())
