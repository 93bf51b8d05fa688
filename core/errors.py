"""Errors named by what the caller should do. The text of each is a sentence for the owner."""


class JarvisError(Exception):
    """Something that the owner can understand and act on; `str(error)` is the sentence to show."""


class Refused(JarvisError):
    """The request is not possible as it stands; nothing was changed. Correct it and ask again."""


class NotFound(Refused):
    """What was named does not exist (any more)."""


class Conflict(Refused):
    """The world has changed since the question was put (already answered, branch moved); nothing was changed."""


class StoreUnavailable(JarvisError):
    """State could not be written or read; the last good state stands. Free disk space or repair, then retry."""
