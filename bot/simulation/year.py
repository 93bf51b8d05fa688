"""The loop of a simulation: from one moment at which something is due to the next."""

import contextlib
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from bot.rendering import Renderer
from bot.run import renderer_of
from bot.simulation.machine import Crashed, Machine
from bot.simulation.owner import OWNER, Owner
from bot.tending import Tending
from bot.wiring import Installation
from core import notifications
from core.builds import Builds
from core.model.build import BuildSpec
from core.model.config import AgentTemplate, Config
from core.model.ids import ChatId, ProjectName
from core.model.notification import Delivered, MorningBrief, Notification, Pending
from core.model.project import Project
from core.model.task import Running, Task
from storage import JournalStore, open_store

START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
"""A Monday."""
STEP = timedelta(minutes=30)
"""Everything is looked at so often at least, and whenever something happens; the bot does so far more often."""
START_EVERY = timedelta(hours=1)
"""Builds are started at least so often, and whenever something has happened."""
DUTY_STEP = timedelta(minutes=14)
"""So often the hours on duty are counted in between."""
TROUBLES = 24
"""How often in a year the machine sleeps, or starts anew."""


@dataclass
class Record:
    """What happened, as far as the store does not tell."""

    briefs: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    """Local day, when it was due, and when it arrived."""
    messages: Counter[str] = field(default_factory=Counter)
    off: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When the machine was off or asleep."""
    crashes: int = 0
    wrong: list[str] = field(default_factory=list)
    """Promises that were broken."""


class Simulation:
    """One run. `days` from a Monday on; the same for the same seed."""

    def __init__(self, days: int, seed: int, home: Path, crashes: int | None = None) -> None:
        self.days = days
        self.end = START + timedelta(days=days)
        self.record = Record()
        self._chance = random.Random(f"{seed} world")
        self._config = Config(
            home=home,
            zone=ZoneInfo("Europe/Berlin"),
            agent_templates=(AgentTemplate(name="agent", argv=("agent",)),),
            agents=("agent",),
            plan_effort=0.02,
        )
        self.machine = Machine(START, seed, self._task_of)
        self.owner = Owner(seed)
        self.at = self._open()
        self._tending = Tending(self.at, timedelta(minutes=1))
        self._renderer: Renderer = renderer_of(self.at)
        self.moves = [(START, self._config.zone)]
        """When the owner came into which time zone."""
        self._set_up()
        self._owner_at = START + timedelta(hours=6)
        count = round(days * 50 / 365) if crashes is None else crashes
        self._crashes = self._moments(count)
        self._troubles = self._moments(round(days * TROUBLES / 365))
        self._upkeep_at = self._started_at = self._due_at = START

    @property
    def store(self) -> JournalStore:
        """The data, as they are now."""
        return self.at.store

    def run(self, progress: Callable[[float], None] = lambda share: None) -> Record:
        """To the end; `progress` is told the share that is done."""
        while self.machine.now < self.end:
            try:
                self._step()
                self._go_to(self._next())
            except Crashed:
                self._restart()
            progress(min((self.machine.now - START) / (self.end - START), 1.0))
        self.store.close()
        self.at = self._open()
        return self.record

    # -- one step -----------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        now = self.machine.now
        if self._crashes and self._crashes[-1] <= now:
            self._crashes.pop()
            self.machine.disk.arm(self._chance.randrange(40))
        happened = self._act(now)
        if happened or now - self._started_at >= START_EVERY:
            self._started_at = now
            self._tending.go_on(now)
            self._deliver(now)
        if now - self._upkeep_at >= timedelta(hours=24):
            self._upkeep_at = now
            self.store.checkpoint_if_due()
            self.store.archive_finished(now)
            notifications.forget_old(self.store, now)
            self.at.audit.flush()
            self._check(now)

    def _act(self, now: datetime) -> bool:
        """What the owner, the time and the builds do; whether that was anything."""
        acts, due = self._owner_at <= now, self._due_at <= now
        if acts:
            self._owner_at = self.owner.next_act(now)
            self.owner.act(self.at, now)
            if self.at.config.zone != self.moves[-1][1]:
                self.moves.append((now, self.at.config.zone))
        if acts or due:
            due = bool(self._tending.keep_times(now))
            self._due_at = self.at.timetable.next_at(now)
        self._tending.look_after(now)
        self._tending.learn_patterns(now)
        return bool(self._tending.collect(now)) or acts or due

    def _deliver(self, now: datetime) -> None:
        """Every message is rendered, and arrives."""
        due = [note for note in self.store.notifications.all() if type(note.state) is Pending]
        for note in due:
            if self._renderer.render(note.subject, now) is None:
                self.record.wrong.append(f"nothing to show for {note.key}")
        if due:
            with self.store.transaction():
                for number, note in enumerate(due):
                    state = Delivered(at=now, message=number)
                    self.store.notifications.put(note.id, msgspec.structs.replace(note, state=state))
            for note in due:
                self._arrived(note, now)

    def _arrived(self, note: Notification, now: datetime) -> None:
        self.record.messages[str(note.subject.__struct_config__.tag)] += 1
        if isinstance(note.subject, MorningBrief):
            self.record.briefs.append((note.subject.day, note.subject.due, now))

    def _next(self) -> datetime:
        now = self.machine.now
        moments = [now + STEP, self._owner_at, self._due_at]
        moments += [end] if (end := self.machine.next_end()) is not None else []
        moments += [self._crashes[-1]] if self._crashes else []
        return max(min(moments), now + timedelta(seconds=1))

    def _go_to(self, moment: datetime) -> None:
        """The time passes; now and then the machine is off meanwhile."""
        if self._troubles and self._troubles[-1] <= moment:
            self._troubles.pop()
            asleep = self._chance.random() < 0.6
            span = timedelta(minutes=self._chance.uniform(60, 600) if asleep else self._chance.uniform(2, 20))
            self.record.off.append((self.machine.now, self.machine.now + span))
            if asleep:
                self.machine.sleep(span)
                self.machine.now += span
            else:
                self.machine.reboot()
                self.machine.now += span
                self._restart()
            return
        while moment - self.machine.now > DUTY_STEP:
            self.machine.now += DUTY_STEP
            self._tending.keep_duty(self.machine.now)
        self.machine.now = moment

    # -- the process --------------------------------------------------------------------------------------------------

    def _restart(self) -> None:
        """The process is gone, and there is another one on the same data."""
        self.record.crashes += 1
        self.machine.disk.arm(None)
        with contextlib.suppress(Crashed):
            self.store.close()
        self.at = self._open()
        self._tending = Tending(self.at, timedelta(minutes=1))
        self._renderer = renderer_of(self.at)
        self._due_at = self.machine.now
        self._started_at = START  # what was recorded just before is delivered at once
        self.at.executor.reattach(set())

    def _open(self) -> Installation:
        store = open_store(self._config.home, self.machine.clock, disk=self.machine.disk)
        config = Config(**{name: getattr(self._config, name) for name in self._config.__dataclass_fields__})
        at = Installation(config, store, self.machine.clock, frozenset({OWNER}))
        parts = vars(at)  # instead of what touches a real machine
        parts["executor"] = parts["programs"] = parts["workspaces"] = self.machine
        parts["measure"] = self.machine.measure
        parts["builds"] = Builds(store, at.executor, at.programs, at.decisions, lambda spec, result: [], config)
        at.preferences.apply()
        return at

    def _set_up(self) -> None:
        shop = Project(
            name=ProjectName("shop"), path="/srv/shop", base="main", verify="make test", added_at=self.machine.now
        )
        with self.store.transaction():
            self.store.projects.put(shop.name, shop)
        self.at.people.meet(OWNER, ChatId(OWNER), self.machine.now)

    def _task_of(self, spec: BuildSpec) -> Task | None:
        return self.store.tasks.get(spec.task)

    def _moments(self, count: int) -> list[datetime]:
        """Random ones, the first at the end."""
        spread = [START + (self.end - START) * self._chance.random() for _ in range(count)]
        return sorted(spread, reverse=True)

    # -- promises -----------------------------------------------------------------------------------------------------

    def _check(self, now: datetime) -> None:
        """No slot is leaked, no task is lost or built twice at a time."""
        active = self.at.builds.active()
        running = {task.id: task.state.build for task in self.store.tasks.all() if isinstance(task.state, Running)}
        if {build.task: build.id for build in active} != running:
            self.record.wrong.append(f"{now:%d %b %H:%M}: builds {[one.id for one in active]}, tasks {running}")
        if len(active) > self._config.max_builds:
            self.record.wrong.append(f"{now:%d %b %H:%M}: {len(active)} builds at once")
        strays = self.machine.alive() - {build.id for build in active}
        if strays:
            self.record.wrong.append(f"{now:%d %b %H:%M}: {strays} run, and nobody knows")
        known = {task.id for task in (*self.store.tasks.all(), *self.store.archived_tasks.all())}
        if self.owner.added - known:
            self.record.wrong.append(f"{now:%d %b %H:%M}: lost {self.owner.added - known}")


@contextlib.contextmanager
def simulated(days: int, seed: int, crashes: int | None = None) -> Iterator[Simulation]:
    """One in a folder of its own, for the length of the block; `run` it there."""
    with tempfile.TemporaryDirectory(prefix="jarvis-simulation-") as folder:
        made = Simulation(days, seed, Path(folder) / "home", crashes)
        try:
            yield made
        finally:
            made.store.close()
