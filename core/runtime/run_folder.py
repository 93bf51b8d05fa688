"""The files of one build below `JARVIS_HOME/runs/<build id>/`: how the bot and the build process talk."""

import contextlib
import os
import re
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from core.model.build import BuildResult, BuildSpec, Findings, Progress
from core.model.ids import BuildId
from core.runtime.files import private_folder, write_atomically

Content = TypeVar("Content")

HEARTBEAT_SECONDS = 5.0
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RunFolder:
    """Paths, and the typed contents of those files that have some. Reads return None for what is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path / "lock"
        """Held by the build process as long as it lives."""
        self.prompt = path / "prompt.md"
        self.output = path / "output.log"
        """What the agent said."""
        self.builder_log = path / "builder.log"
        """What the build process itself said: empty unless something went wrong."""
        self.readable = path / "readable.log"
        """What an agent that speaks in JSON said, in words."""
        self.events = path / "events.jsonl"
        """What an agent that speaks in JSON told, as far as we understand it: one event a line."""
        self.temporary = path / "tmp"
        """TMPDIR of the agent and of the verification."""
        self.home = path / "home"
        """HOME of the agent and of the verification."""
        self.git = path / "git"
        """The repository that the agent sees."""
        self.heart = path / "heart"
        """Touched every few seconds while the build process is well."""
        self.nested = path / "nested"
        """Histories of the repositories that the agent made inside its worktree."""
        self._spec = path / "spec.json"
        self._status = path / "status.json"
        self._result = path / "result.json"
        self._stop = path / "stop"
        self._base = path / "base"
        self._prepared = path / "prepared"
        self._begun = path / "begun"
        self._worked = path / "worked.json"
        self._processes = path / "processes.json"

    @classmethod
    def of(cls, home: Path, build: BuildId) -> "RunFolder":
        """The run folder of that build; nothing is made yet."""
        return cls(home / "runs" / build)

    def make(self) -> None:
        """Make the folder, and what it lies in, for the owner's eyes only."""
        private_folder(self.path)

    def spec(self) -> BuildSpec | None:
        """What to build."""
        return _read(self._spec, BuildSpec)

    def write_spec(self, spec: BuildSpec) -> None:
        """Store what to build, and the prompt as a file of its own."""
        write_atomically(self.prompt, spec.prompt.encode(errors="replace"))
        write_atomically(self._spec, msgspec.json.encode(spec))

    def progress(self) -> Progress | None:
        """How far it is."""
        progress = _read(self._status, Progress)
        return progress if progress is not None and _aware(progress.since) else None

    def write_progress(self, progress: Progress) -> None:
        """Not durable: after a crash of the machine nobody needs it."""
        write_atomically(self._status, msgspec.json.encode(progress), durable=False)

    def result(self) -> BuildResult | None:
        """How it ended."""
        result = _read(self._result, BuildResult)
        return result if result is not None and _aware(result.started_at, result.ended_at) else None

    def set_damaged_result_aside(self) -> None:
        """Keep a result that can't be understood as `result.json.corrupt`. The caller holds the lock."""
        if os.path.lexists(self._result) and self.result() is None:
            with contextlib.suppress(OSError):
                self._result.rename(self._result.with_name(f"{self._result.name}.corrupt"))

    def write_result(self, result: BuildResult) -> None:
        """Say durably how it ended."""
        write_atomically(self._result, msgspec.json.encode(result))

    def stop_requested(self) -> bool:
        """Whether a person wants it to end."""
        return self._stop.exists()

    def request_stop(self, when: str) -> None:
        """Ask durably for its end; `when` is noted in the file."""
        write_atomically(self._stop, f"{when}\n".encode())

    def base_commit(self) -> str | None:
        """The commit that the branch was made from: the proof that this build made the branch."""
        try:
            commit = self._base.read_text(errors="replace").strip()
        except OSError:
            return None
        return commit if _COMMIT.fullmatch(commit) else None

    def write_base_commit(self, commit: str) -> None:
        """Note it before the branch is made."""
        write_atomically(self._base, f"{commit}\n".encode())

    def is_prepared(self) -> bool:
        """Whether the worktree is complete, so that what is missing in it was removed by the agent."""
        return self._prepared.exists()

    def has_begun(self) -> bool:
        """Whether the agent may have been started."""
        return self._begun.exists()

    def note_begun(self) -> None:
        """Say so durably, right before it is started."""
        write_atomically(self._begun, b"")

    def findings(self) -> Findings | None:
        """What was known when the agent had ended; None before that."""
        return _read(self._worked, Findings)

    def write_findings(self, findings: Findings) -> None:
        """Say durably that the agent has ended: from here on the build can be taken up after a crash."""
        write_atomically(self._worked, msgspec.json.encode(findings))

    def processes(self) -> list[tuple[int, float]]:
        """Pid and start time of the processes of the run that were seen last."""
        return _read(self._processes, list[tuple[int, float]]) or []

    def write_processes(self, processes: list[tuple[int, float]]) -> None:
        """Note them, so that they are found when the build process can't end them any more."""
        write_atomically(self._processes, msgspec.json.encode(processes), durable=False)

    def note_prepared(self, complete: bool) -> None:
        """Say so, or take it back."""
        if complete:
            write_atomically(self._prepared, b"")
        else:
            self._prepared.unlink(missing_ok=True)


def _read(path: Path, kind: type[Content]) -> Content | None:
    """What is not there, or can't be understood, is None: written whole or not at all, so it was damaged later."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return None


def _aware(*moments: datetime) -> bool:
    return all(moment.tzinfo is not None for moment in moments)
