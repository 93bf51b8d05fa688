"""Which environment variables a child process gets: an allowlist, so that no secret of the bot can slip through."""

from collections.abc import Iterable, Mapping

_ALLOWED = frozenset({"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"})
_NEVER_PREFIX = "TELEGRAM_"
_NEVER = frozenset({"OWNER_IDS"})


def allowed(source: Mapping[str, str], further: Iterable[str] = ()) -> dict[str, str]:
    """The harmless variables of `source`, and those that `further` names unless they are the bot's own secrets."""
    names = (_ALLOWED | frozenset(further)) - _NEVER
    return {
        name: value
        for name, value in source.items()
        if (name in names or name.startswith("LC_")) and not name.startswith(_NEVER_PREFIX)
    }
