"""Sessions as the planner sees them: the time that somebody added, and the time that somebody took away."""

from datetime import date, datetime, timedelta

from core import pauses, windows
from core.model.config import Config
from core.model.ids import SessionId
from core.model.session import Session, SessionKind
from core.ports import Store

BY_HAND_HOURS = 8.0
LONGEST = timedelta(days=1)
LATELY = 50
THROTTLE = "now"
"""The one key of that table."""
REPORT_BEFORE_BRIEF = timedelta(minutes=30)

WINDOW_NAMES = {
    SessionKind.OVERNIGHT: windows.OVERNIGHT,
    SessionKind.WORK: windows.WORK_HOURS,
    SessionKind.GYM: windows.GYM,
}


def current(store: Store, now: datetime) -> Session | None:
    """The session that goes on now; of several one that was stopped, since that counts for all, or the latest.

    The end of the night comes before the training that begins meanwhile.
    """

    def rank(one: Session) -> tuple[bool, bool, datetime]:
        return one.stopped_at is not None, one.kind is not SessionKind.GYM, one.opened_at

    return max(going(store, now), key=rank, default=None)


def going(store: Store, now: datetime) -> list[Session]:
    """All that go on now."""
    return [session for session in open_sessions(store) if session.start <= now < session.end]


def open_sessions(store: Store) -> list[Session]:
    """Those that are not closed, oldest first."""
    # Each is closed at its end, a day later at most; there are a few a day.
    return [session for session in store.sessions.all()[-LATELY:] if session.closed_at is None]


def hold(store: Store, config: Config, now: datetime) -> str | None:
    """Why nothing starts by itself because of a session, in plain words; None when nothing is in the way."""
    for session in open_sessions(store):
        # One that ends later than any session lasts is from before the clock was set back.
        if session.stopped_at is not None and timedelta() < session.end - now <= LONGEST:
            return f"this session was stopped; work goes on after {session.end.astimezone(config.zone):%H:%M}"
    return None


def obstacle(store: Store) -> str | None:
    """Why nothing new starts though a session goes on, in plain words; None when nothing is in the way."""
    if pauses.paused(store.pauses.all(), None) is not None:
        return "all work is paused, and /resume ends that"
    throttle = store.throttle.get(THROTTLE)
    return throttle.reason if throttle is not None else None


def added(store: Store, now: datetime) -> windows.Window | None:
    """The time that somebody added by starting a session by hand."""
    for session in open_sessions(store):
        if session.by_hand and session.stopped_at is None and session.start <= now < session.end:
            return windows.Window("by hand", session.start, session.end, windows.MAX_HOURS)
    return None


def autonomous_until(added: windows.Window | None, now: datetime, config: Config) -> datetime:
    """The end of the unbroken autonomous time that `now` lies in, with what was added by hand."""
    end = windows.autonomous_until(now, config)
    if added is None or not added.start <= now < added.end:
        return end
    return max(end, windows.autonomous_until(added.end, config))


def window_of(kind: SessionKind, moment: datetime, config: Config) -> windows.Window | None:
    """The window of that kind that a moment lies in."""
    name = WINDOW_NAMES.get(kind)
    return next((window for window in windows.open_at(moment, config) if window.name == name), None)


def session_id(kind: SessionKind, start: datetime, config: Config) -> SessionId:
    """By the local time at which it begins.

    A night whose begin the clocks skip may begin on the day of the next one, so it is told by its hour, too.
    """
    local = start.astimezone(config.zone)
    moved = kind is SessionKind.OVERNIGHT and local.time() != config.routine.sleep[0]
    several = f"-{local:%H%M}" if moved or kind in (SessionKind.GYM, SessionKind.BY_HAND) else ""
    return SessionId(f"{kind.value.replace(' ', '-')}-{local:%Y-%m-%d}{several}")


def report_at(session: Session, config: Config) -> datetime:
    """When the report of a session is due: of a night half an hour before the brief of the morning, else at its end."""
    if session.kind is not SessionKind.OVERNIGHT:
        return session.end
    day: date = session.end.astimezone(config.zone).date()
    brief = datetime.combine(day, config.routine.brief, config.zone) - REPORT_BEFORE_BRIEF
    return brief if session.start < brief < session.end else session.end
