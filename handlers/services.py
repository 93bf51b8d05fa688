"""What the handlers may use: the engines, wired by the process, and a few hooks into it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

import msgspec
from telegram.ext import Application, CallbackContext, ExtBot

from core.agent_status import AgentStatuses
from core.approvals import Approvals
from core.audit import Audit
from core.autonomous_queue import AutonomousQueue
from core.briefs import Briefs
from core.build_scheduler import BuildScheduler
from core.changes import Changes
from core.context_scheduler import ContextScheduler
from core.daily import Daily
from core.drafts import Drafts
from core.lessons import Lessons
from core.model.build import Engine
from core.model.config import Config
from core.model.execution import LogPart
from core.model.ids import BuildId, ChatId, PatternId, SuggestionId, TaskId, WeekendId
from core.overnight_runner import OvernightRunner
from core.patterns import Patterns
from core.pauses import Pauses
from core.people import People
from core.ports import Clock, Store
from core.preferences import Preferences
from core.problem_predictor import ProblemPredictor
from core.productivity import Productivity
from core.projects import Projects
from core.rules import Rules
from core.runtime.agent_trial import Trial
from core.self_improver import SelfImprover
from core.shipping import Shipping
from core.status import StatusReports
from core.trust import Trust
from core.weekend_planner import WeekendPlanner

SampleMaker = Callable[[ChatId], None]
"""Makes the sample project and queues its tasks for a chat; blocks for a second. Raises Refused."""


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The engines of one installation."""

    store: Store
    clock: Clock
    config: Config
    people: People
    queue: AutonomousQueue
    scheduler: BuildScheduler
    approvals: Approvals
    changes: Changes
    rules: Rules
    trust: Trust
    pauses: Pauses
    audit: Audit
    status: StatusReports
    drafts: Drafts
    shipping: Shipping
    briefs: Briefs
    contexts: ContextScheduler
    preferences: Preferences
    daily: Daily
    overnight: OvernightRunner
    problems: ProblemPredictor
    productivity: Productivity
    weekend: WeekendPlanner
    patterns: Patterns
    projects: Projects
    improver: SelfImprover
    lessons: Lessons
    measured: Callable[..., AbstractContextManager[None]]
    """Times its block, in memory."""
    agents: AgentStatuses
    try_agent: Callable[[Engine], Trial]
    """Lets an agent do a small task; blocks for a minute. Raises Refused."""
    make_sample: SampleMaker
    log_of: Callable[[BuildId, int, int], LogPart]
    """What a build's agent has said: from an offset (negative: from the end) so many bytes."""
    refresh: Callable[[TaskId], Awaitable[None]]
    """Bring the messages about a task up to date."""
    refresh_suggestion: Callable[[SuggestionId], Awaitable[None]]
    """Bring the messages about a suggested rule up to date."""
    refresh_weekend: Callable[[WeekendId], Awaitable[None]]
    """Bring the messages about a weekend up to date."""
    refresh_pattern: Callable[[PatternId], Awaitable[None]]
    """Bring the messages about a routine up to date."""
    wake: Callable[[], None]
    """Something may be due: start builds and deliver news now instead of at the next tick."""
    is_local: bool
    """Whether the chat is the local page, whose visitor is the owner."""


class Context(CallbackContext[ExtBot[Any], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """python-telegram-bot's context, with the services at hand."""

    @property
    def services(self) -> Services:
        """The engines; put into `bot_data` when the application is built."""
        services = self.bot_data[Services]
        assert isinstance(services, Services)
        return services


App = Application[Any, Context, Any, Any, Any, Any]
"""The type of our application."""
