"""Agent programs on this machine: the adapter behind `core.ports.Programs`."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.ports import Program
from core.runtime.environment import allowed

_SECONDS = 15.0
_LONGEST = 80


class LocalPrograms:
    """Looks on the PATH. `environment` is what agents get their variables from."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._versions: dict[tuple[str, float], str] = {}

    def find(self, program: str) -> Program | None:
        """The program of that name; None when it is not on the PATH."""
        path = shutil.which(program, path=self._environment.get("PATH"))
        return Program(path=str(Path(path).absolute())) if path is not None else None

    def version(self, program: str) -> str:
        """The first line with a digit that `--version` prints; remembered until the file changes."""
        found = self.find(program)
        if found is None:
            return ""
        key = (found.path, Path(found.path).stat().st_mtime)
        if key not in self._versions:
            self._versions[key] = self._ask(found.path)
        return self._versions[key]

    def is_logged_in(self, files: Iterable[str]) -> bool:
        """Whether one of these files is there, below the owner's home folder."""
        home = Path(self._environment.get("HOME") or Path.home())
        return any((home / file).is_file() for file in files)

    def has_key(self, names: Iterable[str]) -> bool:
        """Whether one of these variables is set for agents."""
        return any(self._environment.get(name) for name in names)

    def _ask(self, path: str) -> str:
        try:
            done = subprocess.run(
                [path, "--version"],
                env={**allowed(self._environment), "TERM": "dumb", "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        lines = (done.stdout + b"\n" + done.stderr).decode(errors="replace").splitlines()
        said = (line.strip() for line in lines if any(map(str.isdigit, line)))
        return next(said, "")[:_LONGEST] if done.returncode == 0 else ""
