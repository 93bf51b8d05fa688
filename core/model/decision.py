"""What may happen without asking."""

import enum

import msgspec


class Verdict(enum.Enum):
    """From the freest to the strictest; of two, the stricter wins."""

    RUN = "run"
    ASK = "ask"
    ESCALATE = "escalate"

    @property
    def strictness(self) -> int:
        """Higher is stricter."""
        return list(Verdict).index(self)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with the rule that gave it and the reason in plain words."""

    verdict: Verdict
    rule: str
    reason: str
