"""The owner's rules about categories: said in the chat or in the settings, listed, and taken back."""

from datetime import datetime

import msgspec

from core import audit
from core.errors import NotFound, Refused
from core.model.category import Category
from core.model.config import Config
from core.model.decision import Rule, Verdict
from core.model.ids import ProjectName, RuleId, UserId
from core.ports import Store


class Rules:
    """What stands in the settings and what was said since."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config

    def all(self) -> list[Rule]:
        """The rules of the settings first, then those of the chat, oldest first: among equals the last one holds."""
        return in_force(self._store, self._config)

    def add(
        self, verdict: Verdict, category: Category | None, project: ProjectName | None, by: UserId | None, now: datetime
    ) -> Rule:
        """Record a rule; one about the same category and project is replaced. Said again, it stays as it is.

        Raises NotFound for a project that is not registered, Refused for a verdict that no rule can give.
        """
        if verdict is Verdict.ESCALATE:
            raise Refused("A rule lets work run by itself, or asks first.")
        with self._store.transaction():
            if project is not None and self._store.projects.get(project) is None:
                raise NotFound(f"There is no project “{project[:40]}”. /projects lists them.")
            for known in self._store.rules.all():
                if (known.category, known.project) == (category, project):
                    if known.verdict is verdict:
                        return known
                    self._store.rules.remove(known.id)
            number = self._store.number("rule")
            rule = Rule(id=RuleId(f"rule_{number}"), verdict=verdict, category=category, project=project, by=by, at=now)
            self._store.rules.put(rule.id, rule)
            self._note("rule added", rule, by, now)
        return rule

    def remove(self, rule_id: RuleId, by: UserId | None, now: datetime) -> Rule:
        """Take a rule back; returns it. Raises NotFound, or Refused for one of the settings."""
        with self._store.transaction():
            rule = self._store.rules.get(rule_id)
            if rule is None:
                if any(rule_id == known.id for known in self._config.rules):
                    raise Refused("That rule stands in the settings: change RUN_BY_ITSELF or ASK_FIRST in .env.")
                raise NotFound("There is no such rule any more. /rules lists them.")
            self._store.rules.remove(rule_id)
            self._note("rule removed", rule, by, now)
        return rule

    def _note(self, action: str, rule: Rule, by: UserId | None, now: datetime) -> None:
        more = {name: value for name, value in msgspec.to_builtins(rule).items() if name in _COLUMNS}
        audit.note(self._store, audit.QUEUE, action, now, actor=audit.actor(by), rule=rule.id, **more)


_COLUMNS = ("verdict", "category", "project")


def in_force(store: Store, config: Config) -> list[Rule]:
    """See `Rules.all`."""
    return [*config.rules, *store.rules.all()]
