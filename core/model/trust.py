"""How far the rules can be trusted, and a suggestion to change them."""

from datetime import datetime

import msgspec

from core.model.decision import Verdict
from core.model.ids import ProjectName, SuggestionId, UserId
from core.model.task import Category


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """To let a category run by itself, or to ask first; made once, and never carried out without a person's word."""

    id: SuggestionId
    key: str
    """What it is about; the same suggestion has the same key."""
    verdict: Verdict
    """RUN or ASK."""
    category: Category
    project: ProjectName
    reason: str
    """With the numbers."""
    made_at: datetime
    accepted: bool | None = None
    """None: nobody has answered yet."""
    by: UserId | None = None
    answered_at: datetime | None = None
