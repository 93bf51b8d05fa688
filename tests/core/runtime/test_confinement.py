"""What programs within walls can and can't do. Each walled program is a real process of a real build."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from core.model.build import (
    AgentFailed,
    BuildResult,
    BuildSpec,
    Confinement,
    Level,
    Limits,
    NotPrepared,
    Proven,
    Unverified,
)
from core.runtime import confinement
from core.runtime.confinement import Unconfinable, available, can_do_without_network, openings, resolve
from core.runtime.local_executor import LocalExecutor
from tests.standing import result_of

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]

COMMIT = "git -c user.name=A -c user.email=a@b commit --quiet --no-verify --allow-empty -m mine"


@pytest.fixture
def says(make_spec: MakeSpec, finish: Finish, walls: Confinement, home: Path) -> Callable[[str], str]:
    """Runs a command in a build within walls, and returns its output."""

    def run(command: str) -> str:
        spec = make_spec(f"{command}\ntrue", confinement=walls)
        finish(spec)
        return (home / "runs" / spec.id / "output.log").read_text(errors="replace")

    return run


def test_the_levels_are_found_out_by_trying() -> None:
    assert Level.NONE not in available()
    if sys.platform == "linux":
        assert available(), "neither bubblewrap nor Landlock: nothing below is tested"


def test_the_work_of_an_agent_goes_on_as_usual(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    shell = f"echo two > a.txt; git add a.txt; {COMMIT}; git switch --quiet -c idea; echo new > c.txt; mv b.txt d.txt"
    spec = make_spec(f"{shell}; rm -rf .git/x; git status --short; git log --oneline main", confinement=walls)
    spec = msgspec.structs.replace(spec, verify="grep -q two a.txt || test ! -e c.txt")

    result = finish(spec)

    assert result.outcome == Proven()
    assert owner(project, "log", "--format=%s", f"main..{spec.branch}").splitlines() == ["Change something", "mine"]
    assert "?? c.txt" in result.tail
    assert owner(project, "branch", "--list", "idea") == "", "its branches stay in its own repository"


@pytest.mark.parametrize(
    "attack",
    [
        "echo x > '{outside}/new'",
        "echo x > '{outside}/kept'",
        "rm -f '{outside}/kept'",
        "mv '{outside}/kept' taken",
        "ln -s '{outside}' link; echo x > link/kept",
        "ln '{outside}/kept' linked; echo x > linked",
        "mkdir '{outside}/folder'",
        "chmod 777 '{outside}/kept' && echo x > '{outside}/kept'",
        "truncate -s 0 '{outside}/kept'",
        "echo x > '{project}/a.txt'",
        "echo x > '{home}/runs/task_1-1/result.json'",
        "echo x > '{home}/data/owned'",
        "echo x > /dev/shm/jarvis-test-owned && mv /dev/shm/jarvis-test-owned '{outside}/new'",
        'python3 -c \'import os; os.chdir(".."); open("../../outside/kept", "w")\'',
    ],
)
def test_nothing_outside_is_written(
    attack: str, tmp_path: Path, home: Path, project: Path, says: Callable[[str], str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (home / "data").mkdir(parents=True)
    mode = (outside / "kept").stat().st_mode

    says(attack.format(outside=outside, project=project, home=home))

    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_text() == "kept"
    assert (project / "a.txt").read_text() == "one\n"
    assert not (home / "data" / "owned").exists()
    assert "chmod" in attack or (outside / "kept").stat().st_mode == mode


@pytest.mark.parametrize(
    "attack",
    [
        "git -C '{project}' commit --allow-empty -m forged",
        "git -C '{project}' update-ref refs/heads/main HEAD~0 --create-reflog; git -C '{project}' branch forged",
        "git -C '{project}' config core.hooksPath /tmp/evil",
        "git -C '{project}' config filter.x.clean 'touch {tmp}/pwned'; echo '* filter=x' > .gitattributes",
        "git config --local core.fsmonitor 'touch {tmp}/pwned'; git config core.hooksPath \"$PWD/hooks\"; mkdir hooks; "
        "printf '#!/bin/sh\\ntouch {tmp}/pwned\\n' > hooks/post-commit; chmod +x hooks/post-commit",
        "cat > \"$(git rev-parse --git-dir)/hooks/reference-transaction\" <<'X'\n#!/bin/sh\ntouch {tmp}/pwned\nX\n"
        'chmod +x "$(git rev-parse --git-dir)/hooks/reference-transaction"',
        "rm -rf '{project}/.git'",
        "rm -rf '{project}/.git/objects'/*",
        "chmod -R u+w '{project}/.git'; find '{project}/.git/objects' -type f -exec truncate -s 0 '{{}}' ';'",
        "echo 'ref: refs/heads/other' > '{project}/.git/HEAD'",
        "rm .git; ln -s '{project}/.git' .git; git commit --allow-empty -m forged; git config a.b c",
        "printf '%s' '{project}/.git' > \"$(git rev-parse --git-dir)/commondir\"; git commit --allow-empty -m forged",
        'd="$(git rev-parse --git-dir)"; rm -rf "$d/objects"; ln -s \'{project}/.git/objects\' "$d/objects"',
        'd="$(git rev-parse --git-dir)"; rm -rf "$d"; ln -s \'{project}/.git\' "$d"',
    ],
)
def test_the_repository_of_the_owner_stays_as_it_is(
    attack: str, tmp_path: Path, project: Path, owner: Git, make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    before = repository_state(project, owner)
    shell = attack.format(project=project, tmp=tmp_path)

    result = finish(make_spec(f"{shell}\necho two > a.txt", confinement=walls, verify="true"))

    after = repository_state(project, owner)
    assert after == before
    assert owner(project, "fsck", "--strict") == ""
    assert not (tmp_path / "pwned").exists()
    assert result.outcome == Proven()
    assert owner(project, "show", "jarvis/task_1-1:a.txt") == "two\n", "and its work is there all the same"


def repository_state(project: Path, owner: Git) -> dict[str, object]:
    folder = project / ".git"
    kept = [folder / name for name in ("config", "HEAD", "index", "description", "info/exclude")]
    return {
        "files": {path.name: path.read_bytes() for path in kept},
        "hooks": sorted(path.name for path in (folder / "hooks").iterdir()),
        "branches": [line for line in owner(project, "for-each-ref").splitlines() if "jarvis/" not in line],
        "checkout": {path.name: path.read_bytes() for path in project.iterdir() if path.is_file()},
    }


def test_the_token_and_the_state_are_out_of_sight(tmp_path: Path, home: Path, says: Callable[[str], str]) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "people.json").write_text("the-token")
    other = home / "runs" / "task_7-1"
    other.mkdir(parents=True)
    (other / "prompt.md").write_text("the-token")

    output = says(
        f"cat '{tmp_path}/.env' '{home}/data/people.json' '{other}/prompt.md' ../../../.env;"
        f"cp '{tmp_path}/.env' stolen; ln -s '{tmp_path}/.env' link; cat link; cat '{home}/runs/task_1-1/prompt.md';"
        f"tar c '{tmp_path}' | grep -a token"
    )

    assert "the-token" not in output
    assert "Do it." in output, "its own prompt it may read"


def test_other_processes_are_out_of_reach(says: Callable[[str], str]) -> None:
    neighbour = subprocess.Popen(["sleep", "300"], env={"KEY": "the-token"})
    try:
        output = says(
            f"tr '\\0' '\\n' < /proc/{neighbour.pid}/environ; head -c 1 /proc/{neighbour.pid}/mem;"
            f"kill -9 {neighbour.pid}; kill -9 $PPID; kill -9 -1; echo still here"
        )
        assert "the-token" not in output
        assert "still here" in output
        assert neighbour.poll() is None
    finally:
        neighbour.kill()
        neighbour.wait()


def test_the_build_process_can_not_be_killed_by_its_agent(
    make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    assert finish(make_spec("kill -9 $PPID; echo two > a.txt", confinement=walls)).outcome == Unverified()


@pytest.fixture
def server() -> Iterator[int]:
    """Something that listens on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_the_network_can_be_cut_off(
    make_spec: MakeSpec, finish: Finish, walls: Confinement, level: Level, server: int
) -> None:
    if not can_do_without_network(level):
        pytest.skip("this machine can't cut programs off from the network")
    connect = f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {server}), 3)' && echo x > reached"
    alone = 'import socket; s = socket.create_server(("127.0.0.1", 0)); socket.create_connection(s.getsockname(), 3)'
    shell = f"{connect}; python3 -c '{alone}' && echo x > local"

    online = finish(make_spec(shell, confinement=walls))
    offline = finish(
        make_spec(shell, build="task_2-1", confinement=msgspec.structs.replace(walls, network=False), verify="true")
    )

    assert online.diff is not None
    assert online.diff.files == 2
    assert offline.diff is not None
    assert offline.diff.files == 1, "only what needs nobody else"
    assert offline.outcome == Proven()


def test_the_checks_run_within_the_same_walls(
    tmp_path: Path, make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    verify = f"cat '{tmp_path}/.env'; touch '{tmp_path}/pwned'; test ! -e '{tmp_path}/pwned'"

    result = finish(make_spec("echo two > a.txt", verify=verify, confinement=walls))

    assert result.outcome == Proven()
    assert result.after is not None
    assert "the-token" not in result.after.tail
    assert not (tmp_path / "pwned").exists()


def test_the_checks_see_neither_the_home_folder_nor_the_keys_of_the_agent(
    make_spec: MakeSpec, finish: Finish, walls: Confinement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_KEY", "s3cret")
    shell = 'echo "$MODEL_KEY" > "$HOME/key"; echo "$MODEL_KEY" > "$TMPDIR/key"; echo two > a.txt'
    verify = 'test ! -e "$HOME/key" && test ! -e "$TMPDIR/key" && test -z "$MODEL_KEY"'
    reads = "; ! tr '\\0' '\\n' < /proc/$PPID/environ | grep s3cret"

    result = finish(make_spec(shell, verify=verify + reads, confinement=walls, environment=("MODEL_KEY",)))

    assert result.outcome == Proven()


def test_folders_that_the_owner_opens_can_be_written_to(
    tmp_path: Path, make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    opened = msgspec.structs.replace(walls, writable=(str(cache),))

    result = finish(make_spec(f"echo x > '{cache}/x'; echo two > a.txt", confinement=opened))

    assert result.outcome == Unverified()
    assert (cache / "x").read_text() == "x\n"


def test_what_is_hidden_stays_so_in_a_folder_that_is_open(
    tmp_path: Path, make_spec: MakeSpec, finish: Finish, walls: Confinement, home: Path
) -> None:
    (tmp_path / "cache").mkdir()
    opened = msgspec.structs.replace(walls, writable=(str(tmp_path),))
    shell = f"cat '{tmp_path}/.env'; echo x > '{tmp_path}/.env'; echo x > '{tmp_path}/cache/x'; echo two > a.txt"

    result = finish(make_spec(shell, confinement=opened))

    assert result.outcome == Unverified()
    assert "the-token" not in result.tail
    assert (tmp_path / ".env").read_text() == "TELEGRAM_BOT_TOKEN=123:the-token\n"
    assert (tmp_path / "cache" / "x").exists()


def test_a_level_that_does_not_work_here_starts_nothing(
    make_spec: MakeSpec, finish: Finish, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")

    result = finish(make_spec("echo two > a.txt", confinement=Confinement(level=Level.BUBBLEWRAP)))

    assert isinstance(result.outcome, NotPrepared)
    assert "bubblewrap does not work on this machine" in result.outcome.detail


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Confinement(required=True), "must be confined"),
        (Confinement(network=False), "must not use the network"),
    ],
)
def test_without_walls_what_needs_them_does_not_start(
    wanted: Confinement, sentence: str, make_spec: MakeSpec, finish: Finish
) -> None:
    with pytest.raises(Unconfinable, match=sentence):
        resolve(wanted)
    result = finish(make_spec("echo two > a.txt", confinement=wanted))
    assert isinstance(result.outcome, NotPrepared)
    assert sentence in result.outcome.detail


def test_without_any_level_the_owner_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "available", dict)
    with pytest.raises(Unconfinable, match="Install bubblewrap, or set CONFINEMENT=none"):
        resolve(Confinement(level=Level.AUTO))


def test_a_program_that_is_not_there_is_named_within_walls_too(
    make_spec: MakeSpec, finish: Finish, walls: Confinement
) -> None:
    result = finish(make_spec("exec no-such-agent", confinement=walls, limits=Limits(wall=30, idle=20, verify=20)))
    assert isinstance(result.outcome, AgentFailed)
    assert "not found" in result.outcome.detail


def test_openings_hold_all_but_what_is_hidden(tmp_path: Path) -> None:
    for name in ("a/b/c", "a/b/d", "a/e", "f"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "file").touch()

    found = {str(path.relative_to(tmp_path)) for path in openings([tmp_path / "a/b/c", tmp_path / "gone"], tmp_path)}

    assert found == {"a/b/d", "a/e", "f", "file"}
    assert list(openings([], tmp_path)) == [tmp_path]
    assert list(openings([tmp_path], tmp_path)) == []


def test_settings_of_a_submodule_are_not_listened_to(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish, walls: Confinement, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    owner(library, "init", "-q")
    (library / "x.txt").write_text("x\n")
    owner(library, "add", ".")
    owner(library, "commit", "-qm", "first")
    owner(project, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "sub")
    owner(project, "commit", "-qm", "with a submodule")
    attack = (
        f"rm -rf sub; git clone -q '{library}' sub; cd sub; echo '* filter=evil' > .gitattributes;"
        f" git config filter.evil.clean 'touch {tmp_path}/pwned; cat';"
        f" git config core.fsmonitor 'touch {tmp_path}/pwned';"
        " printf y > x.txt; touch -d 2001-01-01 x.txt; cd ..; echo two > a.txt"
    )

    assert finish(make_spec(attack, confinement=walls)).outcome == Unverified()

    assert not (tmp_path / "pwned").exists()
    assert owner(project, "diff", "--name-only", "main", "jarvis/task_1-1") == "a.txt\n"
    assert owner(project, "ls-tree", "jarvis/task_1-1", "sub").startswith("160000 ")


def test_the_kernel_is_out_of_reach(says: Callable[[str], str]) -> None:
    places = "/proc/sys/vm/swappiness /proc/sysrq-trigger /sys/kernel/mm/ksm/run /sys/fs/cgroup/pids/pids.max"
    output = says(
        f'for p in {places}; do (v=$(cat "$p" 2>/dev/null); echo "$v" > "$p") 2>/dev/null && echo "wrote $p"; done'
    )
    assert "wrote" not in output


def test_a_hidden_file_stays_hidden_when_it_is_made_anew(
    make_spec: MakeSpec,
    executor: LocalExecutor,
    walls: Confinement,
    home: Path,
    tmp_path: Path,
    wait_for: Callable[[Callable[[], object]], None],
) -> None:
    """As editors save: by a new file in the place of the old one. And one that was not there at the start."""
    gates = tmp_path / "gates"
    gates.mkdir()
    absent = tmp_path / ".netrc"
    opened = msgspec.structs.replace(walls, writable=(str(gates),), hidden=(*walls.hidden, str(absent)))
    wait = f"touch '{gates}/on'; while test ! -e '{gates}/go'; do sleep 0.02; done"
    spec = make_spec(f"{wait}; cat '{tmp_path}/.env' '{absent}'; ls -a '{tmp_path}'", confinement=opened)
    executor.submit(spec)
    wait_for((gates / "on").exists)
    (tmp_path / "new").write_text("TELEGRAM_BOT_TOKEN=456:the-token\n")
    (tmp_path / "new").replace(tmp_path / ".env")
    absent.write_text("the-token")
    (gates / "go").touch()
    wait_for(lambda: result_of(executor, spec.id))

    assert "the-token" not in (home / "runs" / spec.id / "output.log").read_text(errors="replace")
