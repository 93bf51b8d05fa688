"""`python -m tests.benchmarks [--quick] [chat|builds|storage|patterns|problems|planning ...]`: figures beside peers."""

import sys

from tests.benchmarks import builds, chat, patterns, planning, problems, simulation, storage
from tests.benchmarks.figures import table

TABLES = {
    "chat": ("Chat and command line", chat.rows),
    "builds": ("Builds", builds.rows),
    "storage": ("Storage", storage.rows),
    "patterns": ("Routines", patterns.rows),
    "problems": ("Forecasts of growth", problems.rows),
    "planning": ("Plans", planning.rows),
    "simulation": ("A simulated year", simulation.rows),
}


def main(arguments: list[str]) -> int:
    """Print the tables; returns the exit code."""
    names = [argument for argument in arguments if not argument.startswith("--")]
    unknown = [name for name in names if name not in TABLES] + [
        option for option in arguments if option.startswith("--") and option != "--quick"
    ]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. Known: --quick, {', '.join(TABLES)}", file=sys.stderr)
        return 2
    for name in names or TABLES:
        title, rows = TABLES[name]
        print(table(title, rows(quick="--quick" in arguments)), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
