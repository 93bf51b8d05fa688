"""Builds from the worktree to the proof: real processes in a real repository."""

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.model.build import (
    AgentFailed,
    AlreadyRed,
    Broke,
    BuildResult,
    BuildSpec,
    DiffStat,
    Empty,
    Limits,
    NotPrepared,
    Proven,
    TestCounts,
    TimedOut,
    Unverified,
)
from core.model.ids import BuildId
from core.runtime.local_executor import LocalExecutor
from tests.standing import progress_of, result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Contents and times of all files of a checkout, and its index."""
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    files.append(folder / ".git" / "index")
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_change_is_proven_committed_and_leaves_nothing_else(
    project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    (project / "b.txt").write_text("uncommitted\n")
    (project / "untracked.txt").write_text("mine\n")
    before = everything(project)
    spec = make_spec("echo two > a.txt; echo new > ü.txt; echo all done", verify="grep -q two a.txt || test ! -e ü.txt")

    result = finish(spec)

    assert result.outcome == Proven()
    assert result.base_commit == owner(project, "rev-parse", "main").strip()
    assert result.commit == owner(project, "rev-parse", spec.branch).strip()
    assert result.diff == DiffStat(files=2, insertions=2, deletions=1)
    assert result.before is not None
    assert result.after is not None
    assert result.before.passed
    assert result.after.passed
    assert result.tail == "all done"
    message = owner(project, "log", "-1", "--format=%an <%ae>%n%B", spec.branch).strip()
    assert message == ("Jarvis <jarvis@localhost>\nChange something\n\nJarvis-Task: task_1\nJarvis-Run: task_1-1")
    assert everything(project) == before
    assert len(owner(project, "worktree", "list").splitlines()) == 1
    assert list((home / "worktrees").iterdir()) == []
    assert not (home / "runs" / spec.id / "tmp").exists()
    assert (home / "runs" / spec.id / "builder.log").read_text() == ""


def test_everything_in_the_home_folder_is_private(home: Path, make_spec: MakeSpec, finish: Finish) -> None:
    finish(make_spec("echo two > a.txt"))
    for path in (home, *home.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.parametrize(
    ("shell", "verify", "outcome"),
    [
        ("echo two > a.txt", None, Unverified()),
        ("true", "true", Empty()),
        ("echo one > a.txt; touch a.txt", "true", Empty()),
        ("mkdir __pycache__; touch __pycache__/a.pyc b.pyc .coverage", "true", Empty()),
        ("echo two > a.txt", "grep -q one a.txt", Broke()),
        ("echo two > a.txt", "grep -q three a.txt", AlreadyRed()),
        ("echo two > a.txt", "grep -q two a.txt", Proven()),
        ("echo trying; echo 'no luck' >&2; echo; exit 3", "true", AgentFailed(exit_code=3, detail="no luck")),
    ],
)
def test_outcomes(shell: str, verify: str | None, outcome: object, make_spec: MakeSpec, finish: Finish) -> None:
    assert finish(make_spec(shell, verify=verify)).outcome == outcome


@pytest.mark.parametrize(("failures", "outcome"), [(1, AlreadyRed()), (2, AlreadyRed()), (3, Broke())])
def test_a_red_project_is_compared_by_its_counts(
    failures: int, outcome: object, project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    (project / "count").write_text("2")
    owner(project, "add", ".")
    owner(project, "commit", "-qm", "red")
    verify = 'echo "$(cat count) failed, 5 passed in 0.10s"; exit 1'
    result = finish(make_spec(f"printf {failures} > count; echo x > c.txt", verify=verify))
    assert result.outcome == outcome
    assert result.before is not None
    assert result.after is not None
    assert result.before.tests == TestCounts(passed=5, failed=2)
    assert result.after.tests == TestCounts(passed=5, failed=failures)


def test_work_of_an_agent_that_failed_is_kept(project: Path, owner: Git, make_spec: MakeSpec, finish: Finish) -> None:
    spec = make_spec("echo half > a.txt; exit 1", verify="true")
    result = finish(spec)
    assert result.outcome == AgentFailed(exit_code=1)
    assert result.commit is not None
    assert owner(project, "show", f"{spec.branch}:a.txt") == "half\n"
    assert result.after is None


def test_a_build_that_changed_nothing_leaves_no_branch(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    finish(make_spec("true"))
    assert owner(project, "branch", "--list", "jarvis/*") == ""


@pytest.mark.parametrize(
    "shell",
    [
        "git -c user.name=A -c user.email=a@b commit -qam mine --no-verify",
        "git -c user.name=A -c user.email=a@b commit -qam mine --no-verify; git checkout -q --detach",
        "git checkout -qb other; git -c user.name=A -c user.email=a@b commit -qam mine --no-verify",
    ],
)
def test_commits_of_the_agent_are_kept(
    shell: str, project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    spec = make_spec(f"echo two > a.txt; {shell}; echo more > c.txt")
    assert finish(spec).outcome == Unverified()
    subjects = owner(project, "log", "--format=%s", f"main..{spec.branch}").split("\n")
    assert subjects[:2] == ["Change something", "mine"]
    assert owner(project, "show", f"{spec.branch}:c.txt") == "more\n"


@pytest.mark.parametrize(
    "damage",
    ["rm .git", "rm .git; git init -q .", 'touch "$(git rev-parse --absolute-git-dir)/index.lock"', "chmod 500 ."],
)
def test_a_damaged_worktree_loses_no_work(
    damage: str, project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    spec = make_spec(f"echo two > a.txt; {damage}")
    assert finish(spec).outcome == Unverified()
    assert owner(project, "show", f"{spec.branch}:a.txt") == "two\n"
    assert owner(project, "diff", "--stat", "main", spec.branch).splitlines()[-1].startswith(" 1 file changed")
    assert list((home / "worktrees").iterdir()) == []


def test_work_outside_of_a_sparse_checkout_and_with_mixed_line_ends_is_kept(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    for name in ("inside", "outside"):
        (project / name).mkdir()
        (project / name / "x").write_text("x\n")
    owner(project, "add", ".")
    owner(project, "commit", "-qm", "folders")
    owner(project, "sparse-checkout", "set", "inside")
    owner(project, "config", "core.autocrlf", "true")
    owner(project, "config", "core.safecrlf", "true")
    spec = make_spec("mkdir -p outside; echo new > outside/new; printf 'x\\ny\\r\\n' > inside/mixed")
    assert finish(spec).outcome == Unverified()
    assert owner(project, "diff", "--name-only", "main", spec.branch) == "inside/mixed\noutside/new\n"


AS_AGENT = "git -c user.name=A -c user.email=a@b"


@pytest.mark.parametrize(
    "make",
    [
        "git init -q",
        f"git init -q; git add f; {AS_AGENT} commit -qm s",
        f"git init -q; git add f; {AS_AGENT} commit -qm s; cd ..; git add sub; cd sub",
        f"git init -q; git add f; {AS_AGENT} commit -qm s; cd ..; git add sub; {AS_AGENT} commit -qm t; cd sub",
        f"git init -q; git add f; {AS_AGENT} commit -qm s; mkdir deep; echo y > deep/g; cd deep; git init -q; cd ..",
    ],
)
def test_files_of_a_repository_that_the_agent_made_are_kept(
    make: str, project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    spec = make_spec(f"mkdir sub; cd sub; echo x > f; {make}; echo later > h", verify="test ! -e sub || test -e sub/f")
    assert finish(spec).outcome == Proven()
    assert owner(project, "show", f"{spec.branch}:sub/f") == "x\n"
    assert owner(project, "show", f"{spec.branch}:sub/h") == "later\n"
    assert ("deep" in make) == (owner(project, "ls-tree", spec.branch, "sub/deep/g") != "")
    history = home / "runs" / spec.id / "nested"
    assert len(list(history.iterdir())) == make.count("git init")
    if "commit -qm s" in make:
        kept = [owner(each, "log", "--all", "--format=%s") for each in history.iterdir()]
        assert "s\n" in kept


def test_submodules_of_the_project_stay(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    owner(library, "init", "-q")
    owner(library, "commit", "-q", "--allow-empty", "-m", "first")
    owner(project, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "sub")
    owner(project, "commit", "-qm", "with a submodule")
    spec = make_spec("git -c protocol.file.allow=always submodule update --init -q; echo two > a.txt; echo x > sub/x")
    assert finish(spec).outcome == Unverified()
    assert owner(project, "diff", "--name-only", "main", spec.branch) == "a.txt\n"
    assert owner(project, "ls-tree", spec.branch, "sub").startswith("160000 ")


def test_a_worktree_that_the_agent_removed_is_an_empty_result(make_spec: MakeSpec, finish: Finish) -> None:
    assert finish(make_spec('rm -rf "$PWD"')).outcome == Empty()


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        (Limits(wall=1, idle=20, verify=20, grace=0.2), TimedOut(limit=1, idle=False)),
        (Limits(wall=20, idle=1, verify=20, grace=0.2), TimedOut(limit=1, idle=True)),
    ],
)
def test_limits_end_the_agent_and_keep_its_work(
    limits: Limits, outcome: object, project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    spec = make_spec("echo two > a.txt; exec sleep 300", limits=limits)
    result = finish(spec)
    assert result.outcome == outcome
    assert owner(project, "show", f"{spec.branch}:a.txt") == "two\n"


def test_output_keeps_an_agent_from_being_idle(make_spec: MakeSpec, finish: Finish) -> None:
    limits = Limits(wall=20, idle=1.5, verify=20, grace=0.2)
    shell = "for i in 1 2 3 4; do echo $i; sleep 0.5; done; echo two > a.txt"
    assert finish(make_spec(shell, limits=limits)).outcome == Unverified()


def test_a_verification_that_hangs_is_ended(make_spec: MakeSpec, finish: Finish) -> None:
    limits = Limits(wall=20, idle=20, verify=0.5, grace=0.2)
    result = finish(make_spec("echo two > a.txt", verify="grep -q one a.txt || sleep 300", limits=limits))
    assert result.outcome == Broke()
    assert result.after is not None
    assert result.after.exit_code is None


def test_the_baseline_is_run_once_for_a_base_commit(tmp_path: Path, make_spec: MakeSpec, finish: Finish) -> None:
    verify = f"echo ran >> '{tmp_path}/count'"
    finish(make_spec("echo two > a.txt", verify=verify))
    second = finish(make_spec("echo three > a.txt", verify=verify, build="task_2-1"))
    assert second.before is not None
    assert (tmp_path / "count").read_text() == "ran\n" * 3


def test_the_prompt_comes_by_standard_input_or_by_file(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    prompt = "Fix it: $(rm -rf /) 'ü'\n" * 10_000
    by_input = make_spec(argv=("sh", "-c", "cat > got.txt"), prompt=prompt)
    assert finish(by_input).outcome == Unverified()
    assert owner(project, "show", f"{by_input.branch}:got.txt") == prompt
    by_file = make_spec(
        argv=("sh", "-c", 'cat > "$2/stdin.txt"; cp "$1" got.txt', "x", "{prompt_file}", "{worktree}"),
        prompt=prompt,
        build="task_2-1",
    )
    assert finish(by_file).outcome == Unverified()
    assert owner(project, "show", f"{by_file.branch}:got.txt") == prompt
    assert owner(project, "show", f"{by_file.branch}:stdin.txt") == ""


def test_a_program_that_is_not_there_is_named(make_spec: MakeSpec, finish: Finish) -> None:
    result = finish(make_spec(argv=("no-such-agent", "-p")))
    assert isinstance(result.outcome, AgentFailed)
    assert "no-such-agent" in result.outcome.detail
    in_shell = finish(make_spec("exec no-such-agent", build="task_2-1"))
    assert isinstance(in_shell.outcome, AgentFailed)
    assert in_shell.outcome.exit_code == 127
    assert "not found" in in_shell.outcome.detail


def test_the_environment_is_an_allowlist(
    project: Path, home: Path, owner: Git, make_spec: MakeSpec, finish: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "123:secret")
    monkeypatch.setenv("SOME_SECRET", "s3cret")
    monkeypatch.setenv("MODEL_KEY", "key")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    builder = r"tr '\0' '\n' < /proc/$PPID/environ > builder.txt; " if sys.platform == "linux" else ""
    spec = make_spec(
        builder + 'env > agent.txt; echo "$TMPDIR" > t.txt; touch "$TMPDIR/x"',
        environment=("MODEL_KEY", "TELEGRAM_BOT_TOKEN"),
        verify='! env | grep -E "MODEL_KEY|TOKEN|SECRET"',
    )
    result = finish(spec)
    monkeypatch.delenv("GIT_DIR")
    assert result.outcome == Proven()
    seen = owner(project, "show", f"{spec.branch}:agent.txt")
    assert "MODEL_KEY=key" in seen
    assert "JARVIS_TASK=task_1" in seen
    assert "TERM=dumb" in seen
    assert f"HOME={home}/runs/task_1-1/home\n" in seen
    if builder:
        seen += owner(project, "show", f"{spec.branch}:builder.txt")
    for hidden in ("TOKEN", "secret", "s3cret", "GIT_DIR"):
        assert hidden not in seen
    assert owner(project, "show", f"{spec.branch}:t.txt").strip().endswith("/runs/task_1-1/tmp")


def test_hooks_of_the_owner_are_not_run(project: Path, tmp_path: Path, make_spec: MakeSpec, finish: Finish) -> None:
    for name in ("post-checkout", "pre-commit", "commit-msg", "post-commit", "reference-transaction"):
        hook = project / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\necho {name} >> '{tmp_path}/hooks'\nexit 1\n")
        hook.chmod(0o755)
    assert finish(make_spec("echo two > a.txt", verify="true")).outcome == Proven()
    assert not (tmp_path / "hooks").exists()


def test_what_cannot_be_prepared_is_told_in_a_sentence(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    gone = finish(make_spec("true", base="vanished"))
    assert gone.outcome == NotPrepared(detail="The base branch vanished does not exist any more.")
    owner(project, "branch", "jarvis/taken")
    taken = finish(make_spec("true", branch="jarvis/taken", build="task_2-1"))
    assert isinstance(taken.outcome, NotPrepared)
    assert "exists already" in taken.outcome.detail
    assert owner(project, "branch", "--list", "jarvis/taken") != ""
    (project / ".git").rename(project / "elsewhere")
    no_repository = finish(make_spec("true", build="task_3-1"))
    assert isinstance(no_repository.outcome, NotPrepared)
    assert "not a git repository" in no_repository.outcome.detail


def test_a_title_may_be_anything(project: Path, owner: Git, make_spec: MakeSpec, finish: Finish) -> None:
    spec = make_spec("echo two > a.txt", title="#1 \x00 <b>שלום</b>\n\n😀 " + "x" * 10_000)
    assert finish(spec).outcome == Unverified()
    subject = owner(project, "log", "-1", "--format=%s", spec.branch)
    assert subject.startswith("#1 <b>שלום</b> 😀 xxx")
    assert len(subject) <= 201


def test_progress_tells_the_last_line(
    make_spec: MakeSpec, executor: LocalExecutor, wait_for: Callable[[Callable[[], object]], None], tmp_path: Path
) -> None:
    shell = f"printf '\\033[31mred\\033[0m\\rgreen 50%%\\n---\\n'; while [ ! -e '{tmp_path}/go' ]; do sleep 0.05; done"
    spec = make_spec(shell)
    assert progress_of(executor, spec.id) is None
    executor.submit(spec)

    def told() -> bool:
        progress = progress_of(executor, spec.id)
        return progress is not None and progress.last_line == "green 50%"

    wait_for(told)
    (tmp_path / "go").touch()
    wait_for(lambda: result_of(executor, BuildId(spec.id)))
