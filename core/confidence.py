"""What a confidence is called, and how sure few occurrences may make anybody (the client's document)."""

FEW, SEVERAL = 3, 5
"""2-3 occurrences give a confidence below LOW, 3-5 one below MEDIUM; three count as few."""
LOW, MEDIUM = 0.5, 0.7


def band(confidence: float, occurrences: int) -> str:
    """`low`, `medium` or `high`, for a probability that rests on so many past occurrences at that time of day."""
    if confidence < LOW or occurrences <= FEW:
        return "low"
    return "medium" if confidence < MEDIUM or occurrences <= SEVERAL else "high"
