"""Agents that do harm: each build ends within its limits, is reported truly, and leaves no process behind."""

import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from core.model.build import (
    AgentFailed,
    BuildResult,
    BuildSpec,
    Confinement,
    Limits,
    OverLimit,
    Phase,
    Proven,
    Resource,
    Stopped,
    TimedOut,
    Unverified,
)
from core.runtime.gauge import disk_usage
from core.runtime.local_executor import LocalExecutor
from tests.standing import progress_of, result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]
WaitFor = Callable[[Callable[[], object]], None]

MB = 1_000_000


def limits(**changes: float | int | None) -> Limits:
    values: dict[str, float | int | None] = {"wall": 60, "idle": 60, "verify": 60, "grace": 0.3, **changes}
    return Limits(**values)  # type: ignore[arg-type]


def python(code: str) -> str:
    return f"'{sys.executable}' -c '{code}'"


FORK_BOMB = python(
    """
import os, time
for _ in range(8):
    os.fork()
while True:
    if os.fork() == 0:
        time.sleep(0.2)
    else:
        os._exit(0)
"""
)
"""Up to 256 processes that replace each other all the time."""

HOARDER = python('b = []\nwhile True: b.append(bytearray(b"x" * 10_000_000)); __import__("time").sleep(0.01)')
FILLER = "n=0; while :; do n=$((n+1)); head -c 10000000 /dev/zero > part-$n; done"
SPINNER = python("while True: pass")


@pytest.mark.parametrize(
    ("shell", "bounds", "resource"),
    [
        (f"{FORK_BOMB}; sleep 60", {"processes": 100}, Resource.PROCESSES),
        (HOARDER, {"memory": 300 * MB}, Resource.MEMORY),
        (f"{HOARDER} & {HOARDER} & wait", {"memory": 300 * MB}, Resource.MEMORY),
        (FILLER, {"disk": 100 * MB}, Resource.DISK),
        (f'cd "$TMPDIR"; {FILLER}', {"disk": 100 * MB}, Resource.DISK),
        (f'cd "$HOME"; {FILLER}', {"disk": 100 * MB}, Resource.DISK),
        ("exec head -c 1000000000 /dev/zero > big", {"disk": 100 * MB}, Resource.DISK),
        (SPINNER, {"cpu": 1.0}, Resource.CPU),
        (f"while :; do '{sys.executable}' -c pass; done", {"cpu": 1.0}, Resource.CPU),
    ],
    ids=["fork bomb", "memory", "memory of two", "disk", "tmp", "home", "one file", "cpu", "cpu of many"],
)
def test_what_takes_too_much_is_ended(
    shell: str, bounds: dict[str, float], resource: Resource, make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    begun = time.monotonic()

    result = finish(make_spec(shell, limits=limits(**bounds), confinement=walls))

    assert result.outcome == OverLimit(resource=resource, limit=next(iter(bounds.values())))
    assert time.monotonic() - begun < 30


def test_checks_have_limits_too(make_spec: MakeSpec, finish: Finish, walls: Confinement) -> None:
    verify = f"test ! -e new.txt || {{ {HOARDER}; }}"
    spec = make_spec("echo x > new.txt", verify=verify, limits=limits(memory=300 * MB), confinement=walls)

    assert finish(spec).outcome == OverLimit(resource=Resource.MEMORY, limit=300 * MB, phase=Phase.VERIFYING)


def test_a_gigabyte_of_output_costs_neither_memory_nor_disk(
    make_spec: MakeSpec, executor: LocalExecutor, home: Path, wait_for: WaitFor, walls: Confinement
) -> None:
    spec = make_spec(
        "head -c 1000000000 /dev/zero | tr '\\0' 'x'; echo; echo the end; echo y > a.txt", confinement=walls
    )
    executor.submit(spec)
    peak = 0
    deadline = time.monotonic() + 60

    def ended() -> bool:
        nonlocal peak
        progress = progress_of(executor, spec.id)
        if progress is not None and psutil.pid_exists(progress.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                peak = max(peak, psutil.Process(progress.pid).memory_info().rss)
        return result_of(executor, spec.id) is not None

    while not ended():
        assert time.monotonic() < deadline
        time.sleep(0.05)

    result = result_of(executor, spec.id)
    assert result is not None
    assert result.outcome == Unverified()
    assert result.tail.endswith("the end")
    assert disk_usage(home / "runs" / spec.id) < 30 * MB
    assert peak < 150 * MB


@pytest.mark.parametrize("ends", ["by itself", "by its limit", "by stop"])
def test_daemons_do_not_outlive_the_build(
    ends: str, make_spec: MakeSpec, executor: LocalExecutor, wait_for: WaitFor, walls: Confinement, tmp_path: Path
) -> None:
    """They leave their session and their parents, forget all variables, change the folder and ignore all signals."""
    pids = tmp_path / "pids"
    pids.mkdir()
    daemon = (
        "import os, signal, time\\n"
        "if os.fork(): os._exit(0)\\n"
        "os.setsid()\\n"
        "if os.fork(): os._exit(0)\\n"
        "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 15)]\\n"
        'os.chdir("/")\\n'
        'open(os.path.join(os.sys.argv[1], str(time.time_ns())), "w").close()\\n'
        "time.sleep(300)"
    )
    start = f"printf '{daemon}' > d.py; for i in 1 2 3; do env -i '{sys.executable}' d.py '{pids}'; done"
    wait = f"while test $(ls '{pids}' | wc -l) -lt 3; do sleep 0.02; done"
    last = {"by itself": "true", "by its limit": "sleep 300", "by stop": "trap '' TERM; sleep 300; sleep 300"}[ends]
    wall = 4 if ends == "by its limit" else 60
    opened = Confinement(level=walls.level, hidden=walls.hidden, writable=(str(pids),))
    spec = make_spec(f"{start}; {wait}; {last}", limits=limits(wall=wall), confinement=opened)

    executor.submit(spec)
    wait_for(lambda: len(list(pids.iterdir())) == 3 or result_of(executor, spec.id))
    if ends == "by stop":
        executor.cancel(spec.id)
    wait_for(lambda: result_of(executor, spec.id))

    result = result_of(executor, spec.id)
    assert result is not None
    assert isinstance(result.outcome, {"by its limit": TimedOut, "by stop": Stopped}.get(ends, Unverified))
    assert [process for process in psutil.process_iter() if _is_daemon(process, pids)] == []


def _is_daemon(process: psutil.Process, pids: Path) -> bool:
    try:
        return str(pids) in process.cmdline()
    except psutil.Error:
        return False


def test_an_agent_that_stops_itself_is_ended_at_its_limit(
    make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    assert finish(make_spec("kill -STOP $$", limits=limits(idle=1.0), confinement=walls)).outcome == TimedOut(
        limit=1.0, idle=True
    )


def test_a_tree_that_can_not_be_read_is_cleared_away(
    make_spec: MakeSpec, finish: Finish, walls: Confinement, home: Path
) -> None:
    shell = 'for d in "$PWD" "$HOME" "$TMPDIR"; do mkdir -p "$d/a/b"; echo x > "$d/a/b/c"; chmod -R 000 "$d/a"; done'
    spec = make_spec(f"{shell}; chmod 755 a a/b; chmod 644 a/b/c; chmod 500 a", confinement=walls)
    assert finish(spec).outcome == Unverified()
    assert list((home / "worktrees").iterdir()) == []
    left = {path.name for path in (home / "runs" / spec.id).iterdir()}
    assert not left & {"home", "tmp", "git"}


def test_core_dumps_are_not_written(make_spec: MakeSpec, finish: Finish, walls: Confinement) -> None:
    result = finish(
        make_spec("ulimit -c; ulimit -c unlimited; sh -c 'kill -SEGV $$'; ls core* ; exit 7", confinement=walls)
    )
    assert result.outcome == AgentFailed(exit_code=7, detail=result.tail.splitlines()[-1])
    assert result.diff is None
    assert result.tail.startswith("0")


PIPES = {
    "attributes": "mkfifo .gitattributes",
    "ignore": "mkfifo .gitignore; mkdir d; mkfifo d/.gitattributes",
    "tracked": "rm a.txt; mkfifo a.txt",
    "socket": "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'",
    "git": "rm .git; mkfifo .git",
    "head": 'd="$(git rev-parse --git-dir)"; rm "$d/HEAD"; mkfifo "$d/HEAD"',
    "home": 'mkfifo "$HOME/p" "$TMPDIR/p"',
}


@pytest.mark.parametrize("make", PIPES.values(), ids=PIPES)
def test_pipes_and_sockets_hold_nothing_up(
    make: str, make_spec: MakeSpec, finish: Finish, walls: Confinement, home: Path, project: Path, owner: Git
) -> None:
    spec = make_spec(f"echo x > new.txt; {make}; true", confinement=walls)
    assert finish(spec).outcome == Unverified()
    assert owner(project, "show", f"{spec.branch}:new.txt") == "x\n"
    assert list((home / "worktrees").iterdir()) == []


def test_a_pipe_that_looks_like_a_report_holds_nothing_up(
    make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    spec = make_spec("echo x > new.txt", verify="mkfifo report.xml; true", confinement=walls)
    assert finish(spec).outcome == Proven()


@pytest.mark.parametrize("place", ["$PWD", "$HOME", "$TMPDIR"])
@pytest.mark.parametrize("name", ["d", "n" * 200], ids=["deep", "long"])
def test_a_tree_deeper_than_any_path_is_cleared_away(
    place: str, name: str, make_spec: MakeSpec, finish: Finish, walls: Confinement, home: Path
) -> None:
    shell = f'cd "{place}"; n=0; while test $n -lt 1200; do mkdir {name} && cd {name} || break; n=$((n+1)); done; true'
    result = finish(make_spec(f"echo x > new.txt; {shell}", limits=limits(disk=500 * MB), confinement=walls))
    assert isinstance(result.outcome, Unverified | OverLimit), result
    assert list((home / "worktrees").iterdir()) == []
    assert not (home / "runs" / "task_1-1" / "home").exists()


@pytest.mark.parametrize("reader", ["aider", "mini", "plain", "claude"])
def test_a_line_that_takes_patterns_long_does_not_switch_off_the_limits(
    reader: str, make_spec: MakeSpec, finish: Finish
) -> None:
    line = {"aider": "Tokens: 1 sent, " + "1" * 60_000, "mini": "A" * 60_000}.get(reader, "error " * 20_000)
    spec = make_spec(f"printf '%s\\n' '{line}' > l; for i in 1 2 3; do cat l; done; sleep 60", limits=limits(wall=3))
    engine = msgspec.structs.replace(spec.engine, reader=reader)
    begun = time.monotonic()
    finish(msgspec.structs.replace(spec, engine=engine))
    assert time.monotonic() - begun < 12
