"""The agent programs that the tests run, in a cache folder: `python -m tests.agents.programs [NAME ...]` installs them.

The versions stand in `programs.json`. What can't be installed here is told, and its tests are skipped.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSIONS: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "programs.json").read_text())


def cache() -> Path:
    """Where they are kept; `JARVIS_TEST_AGENTS` names another folder."""
    return Path(os.environ.get("JARVIS_TEST_AGENTS") or ROOT / ".cache" / "agents")


def find(name: str) -> Path | None:
    """The program, if it is installed in the version that the tests are made for."""
    folder = cache() / name
    program = folder / ("node_modules/.bin" if "npm" in VERSIONS[name] else "bin") / name
    return program if program.exists() and _noted(folder) == _wanted(name) else None


def install(name: str) -> bool:
    """Install one, if it is not there; whether it is there now."""
    if find(name) is not None:
        return True
    folder = cache() / name
    folder.mkdir(parents=True, exist_ok=True)
    if "npm" in VERSIONS[name]:
        done = _run("npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), _wanted(name))
    else:
        done = _run(sys.executable, "-m", "venv", str(folder)) and _run(
            str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", _wanted(name)
        )
    if done:
        (folder / "installed").write_text(_wanted(name))
    return find(name) is not None


def _wanted(name: str) -> str:
    return next(iter(VERSIONS[name].values()))


def _noted(folder: Path) -> str:
    note = folder / "installed"
    return note.read_text() if note.exists() else ""


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=900, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
        return False


if __name__ == "__main__":
    for wanted in sys.argv[1:] or VERSIONS:
        print(f"{wanted}: {'installed' if install(wanted) else 'could not be installed; its tests are skipped'}")
