"""Build processes on this machine: the adapter behind `core.ports.Executor`."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping
from pathlib import Path

import psutil

from core.errors import Refused, StoreUnavailable
from core.model.build import BuildSpec, Confinement, Level
from core.model.execution import Alive, Capacity, Finished, LogPart, Lost, NotStarted, Status
from core.model.ids import BuildId
from core.ports import Clock
from core.runtime import sweeping
from core.runtime.confinement import Unconfinable, available, resolve
from core.runtime.environment import allowed
from core.runtime.files import PACK_SUFFIX, open_packed
from core.runtime.local_environment import python_environment
from core.runtime.locks import Lock, is_locked, try_lock
from core.runtime.process_tree import start_time
from core.runtime.run_folder import RunFolder

_LOCK_PATIENCE = 0.5
_SAME_START = 2.0
STALL_SECONDS = 90.0
"""Without a sign of life, after which a build process is taken for hung."""

_log = logging.getLogger(__name__)


class LocalExecutor:
    """One process per build, independent of this one: it goes on when the bot ends, and is found again.

    `home` is `JARVIS_HOME`, `level` how builds are to be confined, `environment` what agents get their variables from.
    A build process holds the lock on its run folder as long as it lives, and touches a file there every few seconds.
    """

    def __init__(
        self,
        home: Path,
        clock: Clock,
        level: Level = Level.AUTO,
        environment: Mapping[str, str] = os.environ,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._home = home.resolve()
        self._clock = clock
        self._level = level
        self._environment = environment
        self._stall_seconds = stall_seconds
        self._hearts: dict[BuildId, tuple[float, float]] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self._reaping = threading.Lock()

    def submit(self, spec: BuildSpec) -> None:
        """Start the build process, unless this build already runs or has ended.

        Raises Refused when the process can't be started.
        """
        self._reap()
        folder = self._folder(spec.id)
        try:
            folder.make()
            lock = try_lock(folder.lock, patience=0.0 if self._lives(folder) else _LOCK_PATIENCE)
            if lock is None:
                return
            with lock:
                folder.set_damaged_result_aside()
                if folder.result() is None:
                    folder.write_spec(spec)
                    self._launch(folder, spec, lock)
        except OSError as error:
            raise Refused(f"The build could not be started: {error.strerror or error}.") from error

    def status(self, build: BuildId) -> Status:
        """How it stands. A build process that shows no sign of life is ended here, and so becomes lost."""
        self._reap()
        folder = self._folder(build)
        # In this order: a build process that another one starts meanwhile is not taken for one that vanished, and one
        # that ends meanwhile has written its result before.
        begun, alive, result = folder.has_begun(), is_locked(folder.lock), folder.result()
        if result is not None:
            return Finished(result=result)
        if alive:
            self._listen_to_heart(folder)
            return Alive(progress=folder.progress())
        if not begun:
            return NotStarted()
        return Lost(resumable=folder.findings() is not None)

    def log(self, build: BuildId, offset: int = 0, most: int = 1_000_000) -> LogPart:
        """What its agent has said, in words if it speaks in JSON."""
        try:
            with open_packed(self.log_file(build)) as file:
                size = file.seek(0, os.SEEK_END)
                start = max(size + offset, 0) if offset < 0 else min(offset, size)
                file.seek(start)
                return LogPart(data=file.read(most), offset=start, size=size)
        except (OSError, EOFError):
            return LogPart(data=b"", offset=0, size=0)

    def log_file(self, build: BuildId) -> Path:
        """Where `log` reads from (the file may not exist yet, or be packed by now)."""
        folder = self._folder(build)
        packed = folder.readable.with_name(folder.readable.name + PACK_SUFFIX)
        return folder.readable if folder.readable.exists() or packed.exists() else folder.output

    def cancel(self, build: BuildId) -> None:
        """Ask the build process to end its agent with all descendants; returns at once.

        The wish is durable: a build process that starts later ends at once. Raises StoreUnavailable when it can't be
        written down; the build goes on then.
        """
        folder = self._folder(build)
        if folder.result() is not None:
            return
        try:
            folder.make()
            folder.request_stop(self._clock().isoformat())
        except OSError as error:
            raise StoreUnavailable(
                f"The build could not be asked to stop: {folder.path} can't be written ({error.strerror or error})."
            ) from error
        self._signal(folder, signal.SIGTERM)

    def sweep(self, build: BuildId) -> None:
        """End what a vanished build process left behind, and remove its worktrees; its commits stay.

        Uncommitted work is committed first. Nothing happens while the build process lives. Raises Refused (GitError
        is one) when it can't be done; unsaved work is still there then.
        """
        folder = self._folder(build)
        spec = folder.spec()
        if spec is None:
            return
        try:
            lock = try_lock(folder.lock, patience=_LOCK_PATIENCE)
            if lock is not None:
                with lock:
                    folder.set_damaged_result_aside()
                    sweeping.sweep(self._home, folder, spec)
        except OSError as error:
            raise Refused(f"What {build} left could not be cleaned up: {error.strerror or error}.") from error

    def reattach(self, active: Collection[BuildId]) -> None:
        """Remove worktrees below the home folder that belong to no build of `active` and to no living process.

        Builds that go on need nothing from us. Worktrees with unsaved work are kept, and logged; nothing is raised.
        """
        sweeping.sweep_leftovers(self._home, set(active))

    def capacity(self) -> Capacity:
        """As many as the settings say, if they can be confined as the settings say."""
        try:
            level = resolve(Confinement(level=self._level))
        except Unconfinable as error:
            return Capacity(slots=0, reason=str(error))
        return Capacity(confined=level is not Level.NONE, detail=available().get(level, ""))

    def _folder(self, build: BuildId) -> RunFolder:
        return RunFolder.of(self._home, build)

    def _launch(self, folder: RunFolder, spec: BuildSpec, lock: Lock) -> None:
        environment = python_environment(
            allowed(self._environment, (*spec.environment, *spec.engine.keys, "XDG_CONFIG_HOME"))
        )
        log = os.open(folder.builder_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            # The lock goes over with its descriptor, so there is no moment in which a second start could slip in.
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "core.runtime.builder", str(folder.path), str(lock.handle)],
                cwd=folder.path,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock.handle,),
                start_new_session=True,
            )
        finally:
            os.close(log)
        with self._reaping:
            self._children.append(child)

    def _lives(self, folder: RunFolder) -> bool:
        """Whether the process that reports here is the one that has this pid now."""
        progress = folder.progress()
        if progress is None:
            return False
        started = start_time(progress.pid)
        return started is not None and abs(started - progress.started) < _SAME_START

    def _listen_to_heart(self, folder: RunFolder) -> None:
        """End a build process that hangs. By our own clock: a machine that sleeps stops both."""
        build = BuildId(folder.path.name)
        try:
            beat = folder.heart.stat().st_mtime
        except OSError:
            beat = 0.0
        last, since = self._hearts.get(build, (None, 0.0))
        if beat != last:
            self._hearts[build] = (beat, time.monotonic())
        elif time.monotonic() - since > self._stall_seconds:
            _log.error("%s shows no sign of life for %.0f s; it is ended", build, self._stall_seconds)
            del self._hearts[build]
            self._signal(folder, signal.SIGKILL)

    def _signal(self, folder: RunFolder, number: int) -> None:
        """To the build process; SIGTERM only says “look”."""
        progress = folder.progress()
        if progress is None or not is_locked(folder.lock) or not self._lives(folder):
            return
        try:
            # Make sure that it is one.
            if "core.runtime.builder" in psutil.Process(progress.pid).cmdline():
                os.kill(progress.pid, number)
        except (psutil.Error, OSError):
            return

    def _reap(self) -> None:
        """Take the exit codes of build processes that have ended, so that they do not stay on as zombies."""
        with self._reaping:
            self._children = [child for child in self._children if child.poll() is None]
