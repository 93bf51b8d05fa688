"""How a process of ours starts another one of ours."""

import os
from collections.abc import Mapping
from pathlib import Path

_IMPORT_ROOT = Path(__file__).resolve().parents[2]


def python_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, with the search path by which the other process finds our modules."""
    ours = os.environ.get("PYTHONPATH")
    return {**environment, "PYTHONPATH": f"{_IMPORT_ROOT}{os.pathsep}{ours}" if ours else str(_IMPORT_ROOT)}
