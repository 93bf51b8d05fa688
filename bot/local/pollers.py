"""At most one bot waits for updates; a newer one takes the older one's place."""

from collections.abc import Callable


class Poller:
    """One waiting getUpdates."""

    __slots__ = ("superseded", "wake")

    def __init__(self, wake: Callable[[], None]):
        self.wake = wake
        self.superseded = False


class PollerSlot:
    """The place where the waiting bot stands; `changed(online)` hears of arrivals and leavings."""

    def __init__(self, changed: Callable[[bool], None]):
        self._changed = changed
        self._current: Poller | None = None

    @property
    def occupied(self) -> bool:
        """Whether a bot waits at this moment."""
        return self._current is not None

    def supersede(self) -> None:
        """Send the waiting bot away: another getUpdates has come."""
        if self._current is not None:
            self._current.superseded = True
            self._current.wake()
            self._current = None

    def enter(self, wake: Callable[[], None]) -> Poller:
        """Wait from now on; `wake` is called when there are updates, or another bot has come."""
        self.supersede()
        self._current = Poller(wake)
        self._changed(True)
        return self._current

    def leave(self, poller: Poller) -> None:
        """Wait no longer. Does nothing for a poller that was superseded."""
        if self._current is poller:
            self._current = None
            self._changed(False)

    def notify(self) -> None:
        """Wake the waiting bot: there are updates."""
        if self._current is not None:
            self._current.wake()
