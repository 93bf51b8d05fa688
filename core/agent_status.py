"""Which coding agents there are on this machine, and what keeps each from working."""

from datetime import datetime

import msgspec

from core import engines
from core.errors import Refused
from core.model.build import Engine
from core.model.config import Config
from core.ports import Programs, Store


class AgentStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One agent."""

    name: str
    path: str | None
    """None: it is not on the PATH."""
    version: str
    """Empty when it is not told."""
    install: str
    """How to get it."""
    missing: str | None
    """What it still needs besides being installed, in plain words."""
    limited_until: datetime | None
    """The end of its usage limit, while that lasts."""
    tells_cost: bool
    is_first: bool
    """Whether it builds what names no other agent."""

    @property
    def is_ready(self) -> bool:
        """Whether it could build something now."""
        return self.path is not None and self.missing is None and self.limited_until is None


class AgentStatuses:
    """Looks at the machine."""

    def __init__(self, store: Store, programs: Programs, config: Config) -> None:
        self._store = store
        self._programs = programs
        self._config = config

    def all(self, now: datetime) -> list[AgentStatus]:
        """In the order of preference, those that are not preferred last. Asks each for its version: takes a moment."""
        config = self._config
        order = list(dict.fromkeys([*config.agents, *engines.names(config)]))
        limits = {limit.engine: limit.until for limit in self._store.limits.all() if limit.until > now}
        found = [self._look_at(name, limits.get(name)) for name in order]
        first = next((each.name for each in found if each.path is not None and each.limited_until is None), None)
        return [_first(each) if each.name == first else each for each in found]

    def engine(self, name: str) -> Engine:
        """The engine of that name, ready for use. Raises Refused when there is none, or it is not installed."""
        wanted = engines.check_name(name, self._config)
        program = None if wanted == engines.SHELL else self._programs.find(self._program(wanted))
        if program is None:
            raise Refused(f"{wanted} is not installed. {self._install(wanted)}".strip())
        return engines.engine(wanted, self._config, program)

    def _look_at(self, name: str, limited_until: datetime | None) -> AgentStatus:
        kind, program = engines.BY_NAME.get(name), self._program(name)
        found = self._programs.find(program)
        missing = None
        if kind is not None and not (self._programs.has_key(kind.secrets) or self._programs.is_logged_in(kind.logins)):
            missing = f"it is not logged in, and none of {', '.join(kind.secrets[:3])} is set"
        return AgentStatus(
            name=name,
            path=found.path if found is not None else None,
            version=self._programs.version(program) if found is not None and kind is not None else "",
            install=self._install(name),
            missing=missing,
            limited_until=limited_until,
            tells_cost=kind is not None and kind.tells_cost,
            is_first=False,
        )

    def _program(self, name: str) -> str:
        template = next((each for each in self._config.agent_templates if each.name == name), None)
        return template.argv[0] if template is not None else engines.BY_NAME[name].program

    def _install(self, name: str) -> str:
        kind = engines.BY_NAME.get(name)
        return f"To get it: {kind.install}" if kind is not None else "Its program is not on the PATH."


def _first(status: AgentStatus) -> AgentStatus:
    return msgspec.structs.replace(status, is_first=True)
