"""Whatever a crash, a person or a disk has made of a run folder: it can be read, and no other build is held up."""

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from core.errors import Refused, StoreUnavailable
from core.model.build import BuildResult, BuildSpec, NotPrepared, Phase, Progress, Unverified
from core.model.execution import Lost, NotStarted
from core.model.ids import BuildId
from core.runtime.clock import utc_now
from core.runtime.full_disk import when_there_is_room
from core.runtime.git import GitError
from core.runtime.local_executor import LocalExecutor
from core.runtime.run_folder import RunFolder
from tests.standing import is_alive, progress_of, result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]
WaitFor = Callable[[Callable[[], object]], None]

BUILD = BuildId("task_1-1")
RESULT = msgspec.json.encode(BuildResult(outcome=Unverified(), started_at=utc_now(), ended_at=utc_now()))
STATUS = msgspec.json.encode(Progress(phase=Phase.WORKING, since=utc_now(), pid=1, started=0.0, last_line="here"))
GARBAGE = {
    "empty": b"",
    "half": b'{"outcome":{',
    "binary": b"\x00\x01\xff",
    "nested": b"[" * 200_000,
    "number": b"7",
}
DAMAGED_RESULTS = {
    **GARBAGE,
    "invalid UTF-8": RESULT.replace(b"unverified", b"unverif\xff"),
    "naive": RESULT.replace(b'Z"', b'"'),
}
DAMAGED_STATUS = {
    **GARBAGE,
    "invalid UTF-8": STATUS.replace(b"here", b"\xff\xfe"),
    "naive": STATUS.replace(b'Z"', b'"'),
}


@pytest.fixture
def folder(home: Path) -> Path:
    path = home / "runs" / BUILD
    path.mkdir(parents=True)
    return path


def test_the_undamaged_files_are_read(folder: Path, executor: LocalExecutor) -> None:
    (folder / "result.json").write_bytes(RESULT)
    (folder / "status.json").write_bytes(STATUS)
    assert result_of(executor, BUILD) is not None
    assert RunFolder(folder).progress() is not None


@pytest.mark.parametrize("content", DAMAGED_RESULTS.values(), ids=DAMAGED_RESULTS)
def test_a_damaged_result_counts_as_absent_and_is_kept_aside(
    content: bytes, folder: Path, executor: LocalExecutor, make_spec: MakeSpec
) -> None:
    (folder / "spec.json").write_bytes(msgspec.json.encode(make_spec()))
    (folder / "result.json").write_bytes(content)
    assert result_of(executor, BUILD) is None
    executor.sweep(BUILD)
    assert (folder / "result.json.corrupt").read_bytes() == content
    assert result_of(executor, BUILD) is None


def test_a_build_goes_on_after_a_damaged_result(folder: Path, make_spec: MakeSpec, finish: Finish) -> None:
    (folder / "result.json").write_bytes(b"\xff")
    assert finish(make_spec("echo two > a.txt")).outcome == Unverified()
    assert (folder / "result.json.corrupt").read_bytes() == b"\xff"


@pytest.mark.parametrize("content", DAMAGED_STATUS.values(), ids=DAMAGED_STATUS)
def test_a_damaged_status_counts_as_absent(content: bytes, folder: Path, executor: LocalExecutor) -> None:
    (folder / "status.json").write_bytes(content)
    assert progress_of(executor, BUILD) is None
    assert not is_alive(executor, BUILD)


@pytest.mark.parametrize("pid", [-5, 0, 10**15, 10**18])
def test_impossible_process_numbers(pid: int, folder: Path, executor: LocalExecutor) -> None:
    (folder / "lock").touch()
    (folder / "status.json").write_bytes(STATUS.replace(b'"pid":1', f'"pid":{pid}'.encode()))
    executor.cancel(BUILD)
    assert not is_alive(executor, BUILD)


def test_folders_in_the_place_of_all_files(
    folder: Path, executor: LocalExecutor, make_spec: MakeSpec, finish: Finish
) -> None:
    for name in ("result.json", "status.json", "spec.json", "base", "stop"):
        (folder / name).mkdir()
    assert result_of(executor, BUILD) is None
    assert progress_of(executor, BUILD) is None
    assert not is_alive(executor, BUILD)
    assert executor.status(BUILD) == NotStarted()
    executor.sweep(BUILD)
    with pytest.raises(Refused):
        executor.submit(make_spec("true"))
    (folder / "spec.json").rmdir()
    (folder / "stop").rmdir()
    (folder / "base").rmdir()
    (folder / "status.json").rmdir()
    assert finish(make_spec("echo two > a.txt")).outcome == Unverified()


def test_a_file_in_the_place_of_the_run_folder(folder: Path, executor: LocalExecutor, make_spec: MakeSpec) -> None:
    folder.rmdir()
    folder.write_text("x")
    assert result_of(executor, BUILD) is None
    assert progress_of(executor, BUILD) is None
    assert not is_alive(executor, BUILD)
    assert executor.status(BUILD) == NotStarted()
    executor.sweep(BUILD)
    with pytest.raises(Refused):
        executor.submit(make_spec("true"))
    with pytest.raises(StoreUnavailable, match="could not be asked to stop"):
        executor.cancel(BUILD)


def has_begun(home: Path, build: BuildId) -> bool:
    return RunFolder.of(home, build).has_begun()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no commit"])
def test_a_damaged_note_of_the_base(
    content: bytes, folder: Path, project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    spec = make_spec("echo two > a.txt")
    (folder / "base").write_bytes(content)
    owner(project, "branch", spec.branch)
    outcome = finish(spec).outcome
    assert isinstance(outcome, NotPrepared)
    assert "this build has not made it" in outcome.detail


def test_begun_is_told_before_the_agent_starts_and_outlives_the_status(
    make_spec: MakeSpec, home: Path, executor: LocalExecutor, wait_for: WaitFor, tmp_path: Path
) -> None:
    spec = make_spec(f'touch "{tmp_path}/on"; exec sleep 300', verify=f'touch "{tmp_path}/checks"; exec sleep 300')
    executor.submit(spec)
    wait_for((tmp_path / "checks").exists)
    assert not has_begun(home, spec.id)
    executor.cancel(spec.id)
    wait_for(lambda: not is_alive(executor, spec.id))
    assert not has_begun(home, spec.id)

    second = make_spec(
        f'test -e "{home}/runs/task_2-1/begun" && touch "{tmp_path}/on"; exec sleep 300', build="task_2-1"
    )
    executor.submit(second)
    wait_for((tmp_path / "on").exists)
    progress = progress_of(executor, second.id)
    assert progress is not None
    os.kill(progress.pid, signal.SIGKILL)
    wait_for(lambda: not is_alive(executor, second.id))
    (home / "runs" / second.id / "status.json").unlink()
    assert has_begun(home, second.id)
    assert LocalExecutor(home, utc_now).status(second.id) == Lost(resumable=False)
    executor.sweep(second.id)


def test_a_result_is_written_when_there_is_room_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    result = BuildResult(outcome=Unverified(), started_at=utc_now(), ended_at=utc_now())
    full: list[OSError | GitError] = [
        OSError(errno.ENOSPC, "full"),
        OSError(errno.EDQUOT, "full"),
        GitError("add", 128, "error: file write error: No space left on device\nfatal: adding files failed"),
    ]
    waited: list[float] = []

    def write() -> None:
        if full:
            raise full.pop()
        folder.write_result(result)

    when_there_is_room(write, patience=60, pause=waited.append)
    assert folder.result() == result
    assert len(waited) == 3


@pytest.mark.parametrize(("number", "patience"), [(errno.EACCES, 60.0), (errno.ENOSPC, 0.0)])
def test_what_does_not_pass_is_raised(number: int, patience: float) -> None:
    def write() -> None:
        raise OSError(number, "no")

    with pytest.raises(OSError, match="no"):
        when_there_is_room(write, patience=patience, pause=lambda _: None)
