"""What the bot says about itself: its commands by scope and language, and its descriptions."""

import re
from collections.abc import Callable
from typing import Any

from bot.local.backend import Backend
from bot.local.events import CommandsChanged
from bot.local.models import Chat, JsonDict, User, bad_request
from bot.local.params import Params
from bot.local.records import CommandsSet, TextSet

MAX_COMMANDS = 100
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
_BROAD = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
_TEXTS = {"name": 64, "description": 512, "short_description": 120}

Method = Callable[[Backend, Params], Any]


def get_me(backend: Backend, params: Params) -> JsonDict:
    """Method getMe."""
    return {
        **backend.bot.to_json(),
        "can_join_groups": True,
        "can_read_all_group_messages": backend.reads_all_group_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_my_commands(backend: Backend, params: Params) -> bool:
    """Method setMyCommands."""
    given = params.sequence("commands", "bot commands") or []
    if len(given) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = [_read_command(command) for command in given]
    _store_commands(backend, params, commands or None)
    return True


def delete_my_commands(backend: Backend, params: Params) -> bool:
    """Method deleteMyCommands."""
    _store_commands(backend, params, None)
    return True


def get_my_commands(backend: Backend, params: Params) -> list[JsonDict]:
    """Method getMyCommands."""
    return backend.state.commands.get((_read_scope(backend, params), _read_language(params)), [])


def commands_for(backend: Backend, chat: Chat, user: User) -> list[JsonDict]:
    """The menu that a person sees in a chat: the narrowest scope, their language before none."""
    admin = chat.members.get(user.id) in ("administrator", "creator")
    scopes = [f"chat_member:{chat.id}:{user.id}"]
    scopes += [f"chat_administrators:{chat.id}"] if admin else []
    scopes.append(f"chat:{chat.id}")
    scopes += ["all_chat_administrators"] if admin else []
    scopes += ["all_private_chats" if chat.type == "private" else "all_group_chats", "default"]
    for scope in scopes:
        for language in dict.fromkeys((user.language_code or "", "")):
            if commands := backend.state.commands.get((scope, language)):
                return commands
    return []


def set_text(field: str) -> Method:
    """The method that sets one of the profile texts: name, description, short_description."""

    def method(backend: Backend, params: Params) -> bool:
        text = params.text(field)
        if len(text) > _TEXTS[field]:
            raise bad_request(f"BOT_{'TITLE' if field == 'name' else 'ABOUT'}_INVALID")
        backend.commit(TextSet(field=field, language=_read_language(params), text=text))
        return True

    return method


def get_text(field: str) -> Method:
    """The method that tells one of the profile texts."""

    def method(backend: Backend, params: Params) -> JsonDict:
        otherwise = backend.bot.first_name if field == "name" else ""
        return {field: backend.state.texts.get((field, _read_language(params))) or otherwise}

    return method


def _store_commands(backend: Backend, params: Params, commands: list[JsonDict] | None) -> None:
    scope = _read_scope(backend, params)
    backend.commit(CommandsSet(scope=scope, language=_read_language(params), commands=commands))
    backend.emit(CommandsChanged())


def _read_command(command: Any) -> JsonDict:
    if not isinstance(command, dict) or not isinstance(command.get("command"), str):
        raise bad_request("can't parse BotCommand: expected an Object with command and description")
    name = command["command"].strip().removeprefix("/")
    description = str(command.get("description", "")).strip()
    if not _NAME.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def _read_scope(backend: Backend, params: Params) -> str:
    scope = params.mapping("scope", "BotCommandScope") or {"type": "default"}
    kind = str(scope.get("type"))
    if kind in _BROAD:
        return kind
    if kind not in ("chat", "chat_administrators", "chat_member"):
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    chat = backend.find_chat(Params({"chat_id": scope.get("chat_id")}))
    return f"{kind}:{chat.id}" + (f":{scope.get('user_id')}" if kind == "chat_member" else "")


def _read_language(params: Params) -> str:
    language = params.text("language_code")
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language
