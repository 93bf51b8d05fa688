"""From an engine to the command line, standard input and environment of its agent."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.model.build import BuildSpec
from core.runtime.environment import allowed
from core.runtime.run_folder import RunFolder

_NOTHING = Path(os.devnull)


@dataclass(frozen=True, kw_only=True)
class AgentCommand:
    """What to execute."""

    argv: list[str]
    stdin: Path


def agent_command(folder: RunFolder, spec: BuildSpec) -> AgentCommand:
    """The command of the engine with its placeholders filled in. Raises ValueError when the engine has none."""
    if spec.engine.shell is not None:
        return AgentCommand(argv=["/bin/sh", "-c", spec.engine.shell], stdin=_NOTHING)
    if not spec.engine.argv:
        raise ValueError(f"The engine {spec.engine.name} has no command.")
    by_file = any("{prompt_file}" in word for word in spec.engine.argv)
    words = [
        word.replace("{prompt_file}", str(folder.prompt)).replace("{worktree}", spec.worktree)
        for word in spec.engine.argv
    ]
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
    wanted = frozenset(spec.environment)
    return {name: value for name, value in allowed(source, wanted).items() if name in wanted}
