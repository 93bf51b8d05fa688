"""How the bot gets its updates: getUpdates, and the webhook methods that a local server has no use for."""

from typing import Any

from bot.local.backend import Backend
from bot.local.models import ApiError, JsonDict, bad_request
from bot.local.params import Params
from bot.local.records import UpdatesChosen, UpdatesConfirmed

MAX_UPDATES = 100
MAX_WAIT = 50
LIFETIME = 24 * 3600
CONFLICT = ApiError(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
).to_result()


def get_updates(backend: Backend, params: Params) -> list[JsonDict]:
    """Method getUpdates, without its waiting: confirms what is below `offset`, tells what is there."""
    _choose_kinds(backend, params)
    _confirm(backend, params.integer("offset"))
    limit = params.integer("limit", MAX_UPDATES)
    if not 1 <= limit <= MAX_UPDATES:
        limit = MAX_UPDATES
    waiting = backend.state.updates
    return [waiting[place].to_json() for place in range(min(limit, len(waiting)))]


def waiting_time(params: Params) -> int:
    """How many seconds a getUpdates wants to wait."""
    return max(0, min(params.integer("timeout"), MAX_WAIT))


def get_webhook_info(backend: Backend, params: Params) -> JsonDict:
    """Method getWebhookInfo."""
    return {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": len(backend.state.updates),
    }


def set_webhook(backend: Backend, params: Params) -> bool:
    """Method setWebhook: only taking the webhook away is possible here."""
    if params.text("url"):
        raise bad_request("the local server has no webhooks; use getUpdates")
    return delete_webhook(backend, params)


def delete_webhook(backend: Backend, params: Params) -> bool:
    """Method deleteWebhook."""
    if params.flag("drop_pending_updates"):
        backend.commit(UpdatesConfirmed(below=backend.state.last_update + 1))
    return True


def yes(backend: Backend, params: Params) -> bool:
    """Methods logOut and close: nothing has to be done."""
    return True


def _choose_kinds(backend: Backend, params: Params) -> None:
    kinds: list[Any] | None = params.sequence("allowed_updates", "allowed updates")
    if kinds is None:
        return
    chosen = frozenset(str(kind) for kind in kinds)
    if chosen != backend.state.allowed:
        backend.commit(UpdatesChosen(kinds=sorted(chosen)))


def _confirm(backend: Backend, offset: int) -> None:
    """Forget what the bot has, and what is older than a day, as Telegram does."""
    updates = backend.state.updates
    if not updates:
        return
    below = offset
    if offset < 0:
        below = updates[max(len(updates) + offset, 0)].update_id
    limit = backend.now() - LIFETIME
    for update in updates:
        if update.at > limit:
            break
        below = max(below, update.update_id + 1)
    if updates[0].update_id < below:
        backend.commit(UpdatesConfirmed(below=below))
