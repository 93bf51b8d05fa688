"""Decisions as they are taken: recorded with the change that follows, and asked about where the rules want it.

The rules themselves are pure and stand in `core.decision_framework`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from core import approvals, audit, decision_framework, outcomes, rules
from core.model.approval import Approval
from core.model.build import Build, BuildResult
from core.model.config import Config
from core.model.decision import Decision, Finding, Risk, Stage, Verdict
from core.model.task import Completed, NeedsApproval, Task, Unmerged
from core.ports import Store
from core.transitions import move

BY_HAND = Decision(verdict=Verdict.RUN, rule="approved", reason="a person has approved it", risk=Risk.LOW)


class Decisions:
    """Decides three times about a task; each inside the caller's transaction."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config

    def by_the_rules(self, task: Task) -> Decision:
        """What the rules say about a task as it is worded now; records nothing."""
        return decision_framework.decide(task, self._config, rules.in_force(self._store, self._config))

    def enter(self, task: Task, now: datetime) -> Task:
        """A task comes in, or comes back changed: the task as it waits, for its time or for an answer."""
        decision = self.by_the_rules(task)
        task = msgspec.structs.replace(task, decided=decision.verdict)
        runs = decision.verdict is Verdict.RUN
        self._note(task, Stage.ENTER, decision, "queued" if runs else "asked", now)
        return task if runs else self._asked(task, decision, Stage.ENTER, now)

    def start(self, task: Task, now: datetime) -> Task:
        """A build is about to start: the task as it is, or asked about, if the rules have become stricter since."""
        decision = BY_HAND if task.approved_at is not None else self.by_the_rules(task)
        runs = decision.verdict is Verdict.RUN
        self._note(task, Stage.START, decision, "started" if runs else "asked", now)
        if runs:
            return task
        strictest = max(task.decided or Verdict.RUN, decision.verdict, key=lambda verdict: verdict.strictness)
        return self._asked(msgspec.structs.replace(task, decided=strictest), decision, Stage.START, now)

    def result(self, task: Task, build: Build, result: BuildResult, findings: Sequence[Finding], now: datetime) -> Task:
        """A build has ended with a result: the task with what a person should see, and whether it merges by itself."""
        if not isinstance(task.state, Completed) or not isinstance(task.state.delivery, Unmerged):
            return task
        decision = decision_framework.decide_result(findings)
        delivery = msgspec.structs.replace(task.state.delivery, findings=tuple(findings))
        if decision.verdict is Verdict.RUN:
            by_itself = self._merges_by_itself(task, result)
            delivery = msgspec.structs.replace(delivery, by_itself=by_itself)
            action = "merges by itself" if by_itself else "waits for a merge"
        else:
            approval = approvals.ask(self._store, task, decision, Stage.RESULT, self._config.approval_days, now)
            delivery = msgspec.structs.replace(delivery, question=approval.id)
            action = "asked"
            if approval.escalated:  # the news of the build puts the others
                approvals.tell(self._store, approval, task, now)
        self._note(task, Stage.RESULT, decision, action, now, build=build.id)
        return msgspec.structs.replace(task, state=msgspec.structs.replace(task.state, delivery=delivery))

    def _merges_by_itself(self, task: Task, result: BuildResult) -> bool:
        if not self._config.auto_merge or not outcomes.is_proven(result.outcome):
            return False
        return self.by_the_rules(task).verdict is Verdict.RUN

    def _asked(self, task: Task, decision: Decision, stage: Stage, now: datetime) -> Task:
        approval: Approval = approvals.ask(self._store, task, decision, stage, self._config.approval_days, now)
        approvals.tell(self._store, approval, task, now)
        return move(task, NeedsApproval(approval=approval.id))

    def _note(self, task: Task, stage: Stage, decision: Decision, action: str, now: datetime, **more: Any) -> None:
        actor = f"rule {decision.rule}" if decision is not BY_HAND else audit.BY_ITSELF
        columns: dict[str, Any] = {
            "subject": task.id,
            "stage": stage.value,
            "category": task.category.value,
            "project": task.project,
            "decision": decision.verdict.value,
            "rule": decision.rule,
            "reason": decision.reason,
            "risk": decision.risk.value,
        }
        audit.note(self._store, audit.DECISIONS, action, now, actor=actor, **columns, **more)
