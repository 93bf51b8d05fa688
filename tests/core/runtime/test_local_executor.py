"""Build processes from outside: started once, stopped for good, found again, swept up."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from core.errors import Refused
from core.model.build import BuildResult, BuildSpec, Limits, Phase, Proven, Stopped, TimedOut, Unverified
from core.model.execution import NotStarted
from core.model.ids import BuildId
from core.ports import Executor
from core.runtime.clock import utc_now
from core.runtime.local_executor import LocalExecutor
from tests.standing import is_alive, progress_of, result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]
WaitFor = Callable[[Callable[[], object]], None]

STUBBORN_TREE = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder = sys.argv[1]
def note(name):
    with open(os.path.join(folder, name), "w") as file:
        file.write(str(os.getpid()))
    os.rename(os.path.join(folder, name), os.path.join(folder, name + ".pid"))
note("agent")
if os.fork() == 0:                     # double fork with a session of its own: a daemon
    os.setsid()
    if os.fork() == 0:
        os.environ.clear()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note("daemon")
        os.execve("/bin/sh", ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], {})
    os._exit(0)
if os.fork() == 0:                     # a child that keeps the output open
    note("child")
    while True: time.sleep(1)
print("started", flush=True)
while not os.path.exists(os.path.join(folder, "leave")): time.sleep(0.02)
"""


@pytest.fixture
def stubborn(tmp_path: Path, make_spec: MakeSpec) -> BuildSpec:
    """An agent that ignores SIGTERM, has a child that does too, and a daemon with an empty environment."""
    (tmp_path / "pids").mkdir()
    program = tmp_path / "tree.py"
    program.write_text(STUBBORN_TREE)
    command = f"echo half > a.txt; exec '{sys.executable}' '{program}' '{tmp_path}/pids'"
    return make_spec(command, limits=Limits(wall=60, idle=60, verify=20, grace=0.3))


def pids(tmp_path: Path) -> list[int]:
    return [int(path.read_text()) for path in (tmp_path / "pids").glob("*.pid")]


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def pid_of(executor: LocalExecutor, spec: BuildSpec) -> int:
    progress = progress_of(executor, spec.id)
    assert progress is not None
    return progress.pid


def test_it_is_what_the_engines_expect(executor: LocalExecutor) -> None:
    port: Executor = executor
    assert port.status(BuildId("task_9-1")) == NotStarted()
    port.sweep(BuildId("task_9-1"))
    assert port.log(BuildId("task_9-1")).size == 0


def test_stop_ends_the_whole_tree_of_an_agent_that_does_not_want_to(
    stubborn: BuildSpec, project: Path, owner: Git, executor: LocalExecutor, wait_for: WaitFor, tmp_path: Path
) -> None:
    executor.submit(stubborn)
    wait_for(lambda: len(pids(tmp_path)) == 3)
    assert all(map(lives, pids(tmp_path)))
    assert is_alive(executor, stubborn.id)

    executor.cancel(stubborn.id)

    wait_for(lambda: result_of(executor, stubborn.id))
    assert [pid for pid in pids(tmp_path) if lives(pid)] == []
    result = result_of(executor, stubborn.id)
    assert result is not None
    assert result.outcome == Stopped()
    assert owner(project, "show", f"{stubborn.branch}:a.txt") == "half\n"
    wait_for(lambda: not is_alive(executor, stubborn.id))


def test_what_an_agent_leaves_running_is_ended_before_the_commit(
    stubborn: BuildSpec, executor: LocalExecutor, wait_for: WaitFor, tmp_path: Path
) -> None:
    executor.submit(stubborn)
    wait_for(lambda: len(pids(tmp_path)) == 3)
    (tmp_path / "pids" / "leave").touch()
    wait_for(lambda: result_of(executor, stubborn.id))
    result = result_of(executor, stubborn.id)
    assert result is not None
    assert result.outcome == Unverified()
    assert [pid for pid in pids(tmp_path) if lives(pid)] == []


def test_a_fork_bomb_ends_at_the_limit(make_spec: MakeSpec, finish: Finish, tmp_path: Path) -> None:
    # Each generation forks two, up to 60 processes: enough to outrun a naive killer, not to hurt the machine.
    bomb = f"""'{sys.executable}' -c '
import os, time
from tests.standing import is_alive, progress_of, result_of
for _ in range(6):
    os.fork()
while True:
    if os.fork() == 0:
        time.sleep(0.05)
    else:
        os._exit(0)
'"""
    limits = Limits(wall=1, idle=30, verify=20, grace=0.1)
    assert finish(make_spec(f"{bomb}; sleep 60", limits=limits)).outcome == TimedOut(limit=1, idle=False)


def test_a_stop_before_the_start_counts(make_spec: MakeSpec, executor: LocalExecutor, finish: Finish) -> None:
    spec = make_spec("echo two > a.txt")
    executor.cancel(spec.id)
    assert finish(spec).outcome == Stopped()


def test_a_stop_while_the_checks_run(
    make_spec: MakeSpec, executor: LocalExecutor, wait_for: WaitFor, project: Path, owner: Git
) -> None:
    spec = make_spec("echo two > a.txt", verify="grep -q one a.txt || sleep 300")
    executor.submit(spec)

    def verifying() -> bool:
        progress = progress_of(executor, spec.id)
        return progress is not None and progress.phase is Phase.VERIFYING

    wait_for(verifying)
    executor.cancel(spec.id)
    wait_for(lambda: result_of(executor, spec.id))
    result = result_of(executor, spec.id)
    assert result is not None
    assert result.outcome == Stopped()
    assert result.commit == owner(project, "rev-parse", spec.branch).strip()


def test_signals_do_not_end_a_build(
    make_spec: MakeSpec, executor: LocalExecutor, wait_for: WaitFor, tmp_path: Path
) -> None:
    spec = make_spec(f"touch '{tmp_path}/on'; while [ ! -e '{tmp_path}/go' ]; do sleep 0.02; done; echo 2 > a.txt")
    executor.submit(spec)
    wait_for((tmp_path / "on").exists)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(pid_of(executor, spec), number)
    (tmp_path / "go").touch()
    wait_for(lambda: result_of(executor, spec.id))
    result = result_of(executor, spec.id)
    assert result is not None
    assert result.outcome == Unverified()


def test_started_many_times_it_runs_once(
    make_spec: MakeSpec, executor: LocalExecutor, home: Path, wait_for: WaitFor, tmp_path: Path
) -> None:
    spec = make_spec(f"echo ran >> '{tmp_path}/ran'; while [ ! -e '{tmp_path}/go' ]; do sleep 0.02; done")
    others = [executor, executor, LocalExecutor(home, utc_now), LocalExecutor(home, utc_now)]
    threads = [threading.Thread(target=each.submit, args=(spec,)) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for((tmp_path / "ran").exists)
    executor.submit(spec)
    (tmp_path / "go").touch()
    wait_for(lambda: result_of(executor, spec.id))
    wait_for(lambda: not is_alive(executor, spec.id))
    executor.submit(spec)
    assert not is_alive(executor, spec.id)
    assert (tmp_path / "ran").read_text() == "ran\n"

    def nothing_left() -> bool:
        # Each collects what it has started itself, and any of the four may have been the first.
        assert not any(is_alive(each, spec.id) for each in others)
        return not [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]

    wait_for(nothing_left)


def test_three_builds_at_once_in_one_repository(
    make_spec: MakeSpec, executor: LocalExecutor, wait_for: WaitFor
) -> None:
    specs = [make_spec(f"echo {n} > a.txt", verify="true", build=f"task_{n}-1") for n in (2, 3, 4)]
    for spec in specs:
        executor.submit(spec)
    wait_for(lambda: all(result_of(executor, spec.id) for spec in specs))
    results = [result_of(executor, spec.id) for spec in specs]
    assert [result.outcome for result in results if result is not None] == [Proven()] * 3


def test_a_build_survives_the_process_that_started_it(
    make_spec: MakeSpec, executor: LocalExecutor, home: Path, wait_for: WaitFor, tmp_path: Path
) -> None:
    spec = make_spec(f"touch '{tmp_path}/on'; while [ ! -e '{tmp_path}/go' ]; do sleep 0.02; done; echo 2 > a.txt")
    starter = tmp_path / "starter.py"
    starter.write_text(
        "import os, sys, signal, pathlib, msgspec\n"
        "from core.runtime.local_executor import LocalExecutor\n"
        "from core.runtime.clock import utc_now\n"
        "from core.model.build import BuildSpec\n"
        "spec = msgspec.json.decode(sys.stdin.buffer.read(), type=BuildSpec)\n"
        "LocalExecutor(pathlib.Path(sys.argv[1]), utc_now).submit(spec)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    root = Path(__file__).resolve().parents[3]
    subprocess.run(
        [sys.executable, str(starter), str(home)],
        input=msgspec.json.encode(spec),
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=tmp_path,
        check=False,
    )
    wait_for((tmp_path / "on").exists)
    assert is_alive(executor, spec.id)
    (tmp_path / "go").touch()
    wait_for(lambda: result_of(executor, spec.id))


def test_after_a_killed_build_process_the_sweep_cleans_and_keeps_the_work(
    stubborn: BuildSpec,
    project: Path,
    home: Path,
    owner: Git,
    executor: LocalExecutor,
    wait_for: WaitFor,
    tmp_path: Path,
) -> None:
    executor.submit(stubborn)
    wait_for(lambda: len(pids(tmp_path)) == 3)
    executor.sweep(stubborn.id)
    assert is_alive(executor, stubborn.id), "a sweep must not touch a build that lives"
    os.kill(pid_of(executor, stubborn), signal.SIGKILL)
    wait_for(lambda: not is_alive(executor, stubborn.id))
    assert result_of(executor, stubborn.id) is None

    executor.sweep(stubborn.id)
    executor.sweep(stubborn.id)

    # Also the daemon that has thrown its marker away, and whose adopter is gone: it still works in the worktree.
    assert [pid for pid in pids(tmp_path) if lives(pid)] == []
    assert list((home / "worktrees").iterdir()) == []
    assert len(owner(project, "worktree", "list").splitlines()) == 1
    assert owner(project, "show", f"{stubborn.branch}:a.txt") == "half\n"
    assert owner(project, "log", "-1", "--format=%s", stubborn.branch) == "Unfinished work: Change something\n"


@pytest.mark.parametrize("phase", [Phase.BASELINE, Phase.VERIFYING])
def test_a_build_process_killed_while_the_checks_run(
    phase: Phase, make_spec: MakeSpec, executor: LocalExecutor, home: Path, project: Path, owner: Git, wait_for: WaitFor
) -> None:
    hang_when = "one" if phase is Phase.BASELINE else "two"
    spec = make_spec("echo two > a.txt", verify=f"if grep -q {hang_when} a.txt; then echo here; sleep 300; fi")
    executor.submit(spec)

    def hangs() -> bool:
        progress = progress_of(executor, spec.id)
        return progress is not None and progress.phase is phase and progress.last_line == "here"

    wait_for(hangs)
    os.kill(pid_of(executor, spec), signal.SIGKILL)
    wait_for(lambda: not is_alive(executor, spec.id))
    executor.sweep(spec.id)
    assert list((home / "worktrees").iterdir()) == []
    assert len(owner(project, "worktree", "list").splitlines()) == 1
    kept = owner(project, "branch", "--list", spec.branch) != ""
    assert kept == (phase is Phase.VERIFYING), "work is kept, an empty branch is not"


def test_started_again_after_a_crash_it_goes_on_from_what_was_there(
    make_spec: MakeSpec, executor: LocalExecutor, project: Path, owner: Git, wait_for: WaitFor, tmp_path: Path
) -> None:
    spec = make_spec(f"echo x >> log.txt; touch '{tmp_path}/on'; while [ ! -e '{tmp_path}/go' ]; do sleep 0.02; done")
    executor.submit(spec)
    wait_for((tmp_path / "on").exists)
    os.kill(pid_of(executor, spec), signal.SIGKILL)
    wait_for(lambda: not is_alive(executor, spec.id))
    (tmp_path / "go").touch()
    executor.submit(spec)
    wait_for(lambda: result_of(executor, spec.id))
    result = result_of(executor, spec.id)
    assert result is not None
    assert result.outcome == Unverified()
    assert result.base_commit == owner(project, "rev-parse", "main").strip()
    assert owner(project, "show", f"{spec.branch}:log.txt") == "x\nx\n"


@pytest.mark.parametrize("swept", [False, True])
def test_a_half_made_worktree_is_not_taken_for_work(
    swept: bool, make_spec: MakeSpec, executor: LocalExecutor, home: Path, project: Path, owner: Git, finish: Finish
) -> None:
    spec = make_spec("echo two > a.txt")
    folder = home / "runs" / spec.id
    folder.mkdir(parents=True)
    (folder / "spec.json").write_bytes(msgspec.json.encode(spec))
    (folder / "base").write_text(owner(project, "rev-parse", "main"))
    owner(project, "worktree", "add", "-q", "--no-checkout", "-b", spec.branch, spec.worktree, "main")
    if swept:
        executor.sweep(spec.id)
        assert owner(project, "branch", "--list", spec.branch) == ""
    assert finish(spec).outcome == Unverified()
    assert owner(project, "diff", "--name-only", "main", spec.branch) == "a.txt\n"


def test_a_sweep_leaves_worktrees_alone_that_are_not_ours(
    make_spec: MakeSpec, executor: LocalExecutor, home: Path, project: Path, owner: Git, tmp_path: Path
) -> None:
    spec = make_spec("true")
    folder = home / "runs" / spec.id
    folder.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    owner(project, "worktree", "add", "-q", "-b", spec.branch, str(elsewhere))
    (folder / "spec.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(spec, worktree=str(elsewhere))))
    (folder / "base").write_text(owner(project, "rev-parse", "main"))
    executor.sweep(spec.id)
    assert (elsewhere / "a.txt").exists()
    assert owner(project, "branch", "--list", spec.branch) != ""


def test_fifty_megabytes_of_output_are_bounded(make_spec: MakeSpec, executor: LocalExecutor, finish: Finish) -> None:
    program = "import sys; print('first'); [sys.stdout.write('x' * 999_999 + '\\n') for _ in range(50)]; print('last')"
    spec = make_spec(f'"{sys.executable}" -c "{program}"; echo two > a.txt')
    assert finish(spec).outcome == Unverified()
    log = executor.log_file(spec.id)
    assert 9_000_000 < log.stat().st_size < 10_100_000
    data = log.read_bytes()
    assert data.startswith(b"first\n")
    assert data.endswith(b"last\n")
    assert b"bytes left out here" in data


def test_what_cannot_be_started_is_refused(make_spec: MakeSpec, home: Path, executor: LocalExecutor) -> None:
    home.write_text("a file in the place of the folder")
    with pytest.raises(Refused, match="could not be started"):
        executor.submit(make_spec("true"))
