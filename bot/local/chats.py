"""The methods about chats: who is in them, what is pinned, reactions."""

from bot.local.backend import Backend
from bot.local.messages import without_reply
from bot.local.models import Chat, JsonDict, StoredMessage, User, bad_request
from bot.local.params import Params
from bot.local.records import ChatKnown, MessageStored

_GONE = ("left", "kicked")
_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
)


def get_chat(backend: Backend, params: Params) -> JsonDict:
    """Method getChat."""
    chat = backend.find_chat(params)
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    full: JsonDict = {
        **chat.to_json(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }
    pinned = backend.find_message(chat.id, chat.pinned) if chat.pinned else None
    if pinned is not None:
        full["pinned_message"] = without_reply(pinned.body)
    return full


def get_chat_member(backend: Backend, params: Params) -> JsonDict:
    """Method getChatMember."""
    chat = backend.find_chat(params)
    user = _known_user(backend, params.integer("user_id"))
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID" if params.integer("user_id") else "invalid user_id specified")
    return member_json(user, _status(backend, chat, user))


def get_chat_administrators(backend: Backend, params: Params) -> list[JsonDict]:
    """Method getChatAdministrators."""
    chat = backend.find_chat(params)
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    heads = [(n, s) for n, s in chat.members.items() if s in ("administrator", "creator")]
    users = [(_known_user(backend, number), status) for number, status in heads]
    return [member_json(user, status) for user, status in users if user is not None]


def get_chat_member_count(backend: Backend, params: Params) -> int:
    """Method getChatMemberCount."""
    chat = backend.find_chat(params)
    return 2 if chat.type == "private" else sum(s not in _GONE for s in chat.members.values())


def leave_chat(backend: Backend, params: Params) -> bool:
    """Method leaveChat."""
    chat = backend.find_chat(params)
    if chat.type == "private":
        raise bad_request("chat member status can't be changed in private chats")
    chat.members[backend.bot.id] = "left"
    backend.commit(ChatKnown(chat=chat))
    return True


def pin_message(backend: Backend, params: Params) -> bool:
    """Method pinChatMessage."""
    chat = backend.writable_chat(params)
    message = _message(backend, chat, params, "message to pin not found")
    chat.pinned = message.message_id
    backend.commit(ChatKnown(chat=chat))
    return True


def unpin_message(backend: Backend, params: Params) -> bool:
    """Methods unpinChatMessage and unpinAllChatMessages."""
    chat = backend.writable_chat(params)
    if params.integer("message_id", chat.pinned or 0) != (chat.pinned or 0):
        raise bad_request("message to unpin not found")
    chat.pinned = None
    backend.commit(ChatKnown(chat=chat))
    return True


def set_reaction(backend: Backend, params: Params) -> bool:
    """Method setMessageReaction."""
    chat = backend.writable_chat(params)
    message = _message(backend, chat, params, "message to react not found")
    reaction = params.sequence("reaction", "ReactionType") or []
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    emoji = reaction[0].get("emoji") if reaction and isinstance(reaction[0], dict) else None
    if reaction and (not isinstance(emoji, str) or reaction[0].get("type") != "emoji"):
        raise bad_request("REACTION_INVALID")
    changed = StoredMessage(body=message.body, keyboard=message.keyboard, reaction=emoji, silent=message.silent)
    backend.commit(MessageStored(chat=chat.id, message=changed))
    return True


def member_json(user: User, status: str) -> JsonDict:
    """A `ChatMember` object."""
    member: JsonDict = {"user": user.to_json(), "status": status}
    match status:
        case "creator":
            member["is_anonymous"] = False
        case "administrator":
            member.update({"can_be_edited": False, "is_anonymous": False}, **dict.fromkeys(_RIGHTS, True))
        case "kicked":
            member["until_date"] = 0
    return member


def _known_user(backend: Backend, number: int) -> User | None:
    return backend.bot if number == backend.bot.id else backend.state.users.get(number)


def _status(backend: Backend, chat: Chat, user: User) -> str:
    if chat.type == "private":
        return "member" if user.id in (chat.id, backend.bot.id) else "left"
    return chat.members.get(user.id, "left")


def _message(backend: Backend, chat: Chat, params: Params, otherwise: str) -> StoredMessage:
    message = backend.find_message(chat.id, params.integer("message_id"))
    if message is None:
        raise bad_request(otherwise)
    return message
