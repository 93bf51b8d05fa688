"""What the buttons of suggestions, corrections and lessons say; part of `handlers.callbacks.Press`."""

import enum

import msgspec

from core.model.ids import CorrectionId, ImprovementId, LessonId, ProjectName


class ImprovementVerb(enum.Enum):
    """What to do about a weakness."""

    DO = "do"
    LATER = "later"
    NEVER = "never"


class OnImprovement(msgspec.Struct, frozen=True, array_like=True, tag="improve"):
    """A verb on a weakness of Jarvis itself."""

    verb: ImprovementVerb
    improvement: ImprovementId
    evening: bool = False
    """Whether it stands below the check-in, and not below the list."""


class KeepLesson(msgspec.Struct, frozen=True, array_like=True, tag="keep"):
    """Make a correction a lesson of a project; without one, for everywhere."""

    correction: CorrectionId
    project: ProjectName | None = None


class LetBe(msgspec.Struct, frozen=True, array_like=True, tag="letbe"):
    """A correction was about that one time."""

    correction: CorrectionId


class DropLesson(msgspec.Struct, frozen=True, array_like=True, tag="nolesson"):
    """Forget a lesson."""

    lesson: LessonId
