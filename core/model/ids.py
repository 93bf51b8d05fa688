"""Identifiers, as distinct types so that the checker finds a mix-up."""

from typing import NewType

TaskId = NewType("TaskId", str)
"""`task_12`: sequential, short enough to type on a phone."""

BuildId = NewType("BuildId", str)
"""`task_12-1`: the task and the number of the attempt; also the name of the folder below `runs/`."""

ApprovalId = NewType("ApprovalId", str)
"""`approval_7`."""

DraftId = NewType("DraftId", str)
"""`draft_3`: a task that the owner has not confirmed yet."""

SessionId = NewType("SessionId", str)
"""`overnight-2026-03-03`: by the local day on which it begins."""

RuleId = NewType("RuleId", str)
"""`rule_2`: what the owner said about a category."""

SuggestionId = NewType("SuggestionId", str)
"""`suggestion_1`: to change a rule."""

NotificationId = NewType("NotificationId", str)
"""`note_41`."""

ProjectName = NewType("ProjectName", str)
"""The short name under which a git repository is registered."""

UserId = NewType("UserId", int)
"""Telegram's id of a person."""

ChatId = NewType("ChatId", int)
"""Telegram's id of a chat; for a private chat the same number as the person's."""

WeekendId = NewType("WeekendId", str)
"""`2026-11-28`: the local date of its Saturday."""

ProblemId = NewType("ProblemId", str)
"""`problem_3`."""

RepairId = NewType("RepairId", str)
"""`repair_5`: a fix that was done."""
PatternId = NewType("PatternId", str)
"""`pattern_3`: a routine that was learned."""
CorrectionId = NewType("CorrectionId", str)
"""`correction_3`: what the owner said was wrong."""

LessonId = NewType("LessonId", str)
"""`lesson_3`: what builds have to keep to."""

ImprovementId = NewType("ImprovementId", str)
"""`improvement_4`: a weakness of Jarvis itself."""
