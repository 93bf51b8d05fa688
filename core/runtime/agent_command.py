"""From an engine to the command line, standard input and environment of its agent."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.model.build import BuildSpec
from core.runtime.environment import allowed
from core.runtime.files import private_folder
from core.runtime.run_folder import RunFolder

_NOTHING = Path(os.devnull)


@dataclass(frozen=True, kw_only=True)
class AgentCommand:
    """What to execute."""

    argv: list[str]
    stdin: Path


def agent_command(owner: Mapping[str, str], folder: RunFolder, spec: BuildSpec) -> AgentCommand:
    """The command of the engine with its placeholders filled in, once all it needs stands in its home folder.

    `owner` is the environment of the owner. Raises ValueError when the engine has no command, and OSError.
    """
    _furnish(Path(owner.get("HOME") or Path.home()), folder, spec)
    if spec.engine.shell is not None:
        return AgentCommand(argv=["/bin/sh", "-c", spec.engine.shell], stdin=_NOTHING)
    if not spec.engine.argv:
        raise ValueError(f"The engine {spec.engine.name} has no command.")
    by_file = any("{prompt_file}" in word for word in spec.engine.argv)
    places = {"{prompt_file}": str(folder.prompt), "{worktree}": spec.worktree, "{home}": str(folder.home)}
    words = [_filled(word, places) for word in spec.engine.argv]
    return AgentCommand(argv=words, stdin=_NOTHING if by_file else folder.prompt)


def run_environment(source: Mapping[str, str], folder: RunFolder, spec: BuildSpec) -> dict[str, str]:
    """The environment of all programs of a run; what the engine names comes on top for the agent alone."""
    return {
        **allowed(source),
        "TERM": "dumb",
        "TMPDIR": str(folder.temporary),
        "GIT_TERMINAL_PROMPT": "0",
        "JARVIS_RUN": spec.id,
        "JARVIS_TASK": spec.task,
    }


def agent_environment(source: Mapping[str, str], spec: BuildSpec) -> dict[str, str]:
    """The further variables that the engine needs, such as the key of a model."""
    wanted = frozenset((*spec.environment, *spec.engine.keys))
    secrets = {name: value for name, value in allowed(source, wanted).items() if name in wanted}
    return {**dict(spec.engine.environment), **secrets}


def _furnish(home: Path, folder: RunFolder, spec: BuildSpec) -> None:
    """What the engine finds in its home folder: files of ours, and copies of the owner's logins."""
    prompt = msgspec.json.encode(spec.prompt).decode()
    for name, content in spec.engine.files:
        place = folder.home / name
        private_folder(place.parent)
        place.write_text(content.replace("{prompt_json}", prompt))
    for name in spec.engine.logins:
        if (home / name).is_file():
            private_folder((folder.home / name).parent)
            shutil.copyfile(home / name, folder.home / name)
            (folder.home / name).chmod(0o600)


def _filled(word: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(name, value)
    return word
