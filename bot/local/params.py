"""Reading the parameters of a call, which arrive as text, or as JSON values, as Telegram accepts both."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from bot.local.models import JsonDict, Upload, bad_request

_TRUE = frozenset({"true", "yes", "1"})


class Params:
    """The parameters and uploads of one call; every reader raises `ApiError` in Telegram's words."""

    __slots__ = ("_values", "files")

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, Upload] | None = None):
        self._values = values
        self.files: Mapping[str, Upload] = files or {}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def without(self, name: str) -> "Params":
        """The same parameters but one."""
        return Params({key: value for key, value in self._values.items() if key != name}, self.files)

    def text(self, name: str) -> str:
        """A string; empty when missing."""
        value = self._values.get(name)
        if value is None:
            return ""
        return _checked(value) if isinstance(value, str) else json.dumps(value)

    def flag(self, name: str) -> bool:
        """A boolean; false when missing, or when it says anything but yes."""
        value = self._values.get(name)
        return value is True or str(value).strip().lower() in _TRUE

    def optional_flag(self, name: str) -> bool | None:
        """A boolean, or None when missing."""
        return self.flag(name) if self._values.get(name) is not None else None

    def integer(self, name: str, default: int = 0) -> int:
        """An integer; what is no number counts as `default`, as it does at Telegram."""
        value = self._values.get(name)
        if isinstance(value, bool) or value is None:
            return default
        try:
            return int(value)
        except (TypeError, ValueError, OverflowError):
            return default

    def number(self, name: str) -> float | None:
        """A decimal number, or None when it is missing or none."""
        try:
            return float(self._values[name])
        except (KeyError, TypeError, ValueError):
            return None

    def value(self, name: str, what: str) -> Any:
        """A JSON value, or None when missing; `what` names it in the error."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            raise bad_request(f"can't parse {what} JSON object") from None

    def mapping(self, name: str, what: str) -> JsonDict | None:
        """A JSON object, or None when missing."""
        value = self.value(name, what)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"object expected as {what}")
        return value

    def sequence(self, name: str, what: str) -> list[Any] | None:
        """A JSON array, or None when missing."""
        value = self.value(name, what)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"expected an Array of {what}")
        return value


def _checked(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
    return text


def boolean_field(record: JsonDict, name: str) -> bool:
    """A boolean within a JSON object; false when missing."""
    value = record.get(name, False)
    if not isinstance(value, bool):
        raise bad_request(f'field "{name}" must be of type Boolean')
    return value
