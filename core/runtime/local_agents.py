"""Build processes on this machine: the adapter behind `core.ports.Agents`."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from core.errors import Refused, StoreUnavailable
from core.model.build import BuildResult, BuildSpec, Progress
from core.model.ids import BuildId
from core.ports import Clock
from core.runtime import sweeping
from core.runtime.environment import allowed
from core.runtime.locks import Lock, is_locked, try_lock
from core.runtime.process_tree import start_time
from core.runtime.run_folder import RunFolder

_IMPORT_ROOT = Path(__file__).resolve().parents[2]
_LOCK_PATIENCE = 0.5
_SAME_START = 2.0


class LocalAgents:
    """One process per build, independent of this one: it goes on when the bot ends, and is found again.

    `home` is `JARVIS_HOME`. A build process holds the lock on its run folder for as long as it lives.
    """

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home = home.resolve()
        self._clock = clock
        self._children: list[subprocess.Popen[bytes]] = []
        self._reaping = threading.Lock()

    def start(self, spec: BuildSpec) -> None:
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

    def progress(self, build: BuildId) -> Progress | None:
        """How far it is; None before the build process has said anything."""
        return self._folder(build).progress()

    def result(self, build: BuildId) -> BuildResult | None:
        """The result once there is one; None while it runs."""
        return self._folder(build).result()

    def alive(self, build: BuildId) -> bool:
        """Whether the build process lives."""
        self._reap()
        return is_locked(self._folder(build).lock)

    def begun(self, build: BuildId) -> bool:
        """Whether its agent may have been started: then it must not be started again."""
        return self._folder(build).has_begun()

    def stop(self, build: BuildId) -> None:
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
        self._wake(folder)

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

    def sweep_leftovers(self, active: set[BuildId]) -> None:
        """Remove worktrees below the home folder that belong to no build of `active` and to no living process.

        For the start of the bot. Those with unsaved work are kept, and logged; nothing is raised.
        """
        sweeping.sweep_leftovers(self._home, active)

    def log(self, build: BuildId) -> Path:
        """Where the output of the agent is (the file may not exist yet)."""
        return self._folder(build).output

    def _folder(self, build: BuildId) -> RunFolder:
        return RunFolder.of(self._home, build)

    def _launch(self, folder: RunFolder, spec: BuildSpec, lock: Lock) -> None:
        environment = allowed(os.environ, (*spec.environment, "XDG_CONFIG_HOME"))
        ours = os.environ.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{_IMPORT_ROOT}{os.pathsep}{ours}" if ours else str(_IMPORT_ROOT)
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

    def _wake(self, folder: RunFolder) -> None:
        progress = folder.progress()
        if progress is None or not is_locked(folder.lock) or not self._lives(folder):
            return
        try:
            # To the build process SIGTERM only says "look"; make sure that it is one.
            if "core.runtime.builder" in psutil.Process(progress.pid).cmdline():
                os.kill(progress.pid, signal.SIGTERM)
        except (psutil.Error, OSError):
            return

    def _reap(self) -> None:
        """Take the exit codes of build processes that have ended, so that they do not stay on as zombies."""
        with self._reaping:
            self._children = [child for child in self._children if child.poll() is None]
