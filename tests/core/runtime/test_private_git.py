"""The repository that an agent sees instead of the owner's."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.runtime.files import remove_tree
from core.runtime.git import branch_tip, commit_of
from core.runtime.private_git import bring_back, give_private_git
from core.runtime.worktrees import add, record_folder

Git = Callable[..., str]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "git"


@pytest.fixture
def worktree(project: Path, tmp_path: Path, place: Path) -> Path:
    """A worktree of the project on the branch `work`, with a repository of its own."""
    path = tmp_path / "worktree"
    return equip(project, path, place)


def equip(project: Path, path: Path, place: Path) -> Path:
    tip = branch_tip(project, "main")
    assert tip is not None
    add(project, path, tip, branch="work")
    record = record_folder(project, path)
    assert record is not None
    give_private_git(project, path, record, "work", place)
    return path


def test_it_looks_like_the_repository(project: Path, owner: Git, place: Path, tmp_path: Path) -> None:
    owner(project, "tag", "v1")
    owner(project, "branch", "feature/one")
    owner(project, "update-ref", "refs/remotes/origin/main", "main")
    worktree = equip(project, tmp_path / "worktree", place)

    assert owner(worktree, "status", "--porcelain") == ""
    assert owner(worktree, "branch", "--show-current").strip() == "work"
    assert owner(worktree, "log", "--format=%s", "main", "v1", "feature/one", "origin/main") == "first\n"
    assert owner(worktree, "fsck", "--strict") == ""


def test_addresses_and_keys_of_the_owner_are_not_in_it(project: Path, owner: Git, place: Path, tmp_path: Path) -> None:
    owner(project, "remote", "add", "origin", "https://me:s3cret@example.com/shop.git")
    owner(project, "config", "http.extraHeader", "Authorization: s3cret")
    owner(project, "config", "credential.helper", "store --file=s3cret")
    owner(project, "config", "core.autocrlf", "input")
    owner(project, "config", "filter.lfs.clean", 'git-lfs clean -- "%f" \\ tab')
    worktree = equip(project, tmp_path / "worktree", place)

    everything = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file())
    assert b"s3cret" not in everything
    assert owner(worktree, "config", "core.autocrlf").strip() == "input"
    assert owner(worktree, "config", "filter.lfs.clean").strip() == 'git-lfs clean -- "%f" \\ tab'
    assert owner(worktree, "remote").strip() == ""


def test_what_happens_in_it_stays_in_it_until_it_is_fetched(
    project: Path, owner: Git, worktree: Path, place: Path
) -> None:
    before = owner(project, "for-each-ref"), (project / ".git" / "config").read_text()
    (worktree / "c.txt").write_text("new\n")
    owner(worktree, "add", ".")
    owner(worktree, "commit", "-qm", "mine")
    owner(worktree, "branch", "-D", "main")
    owner(worktree, "config", "a.b", "c")
    owner(worktree, "stash", "list")
    assert (owner(project, "for-each-ref"), (project / ".git" / "config").read_text()) == before

    head = bring_back(project, place)

    assert head == owner(worktree, "rev-parse", "HEAD").strip()
    assert owner(project, "show", f"{head}:c.txt") == "new\n"
    assert owner(project, "for-each-ref") == before[0], "only its objects come over"


@pytest.mark.parametrize("name", ["config", "config.worktree", "commondir", "hooks/post-checkout"])
def test_nothing_that_it_is_told_is_listened_to(
    name: str, project: Path, owner: Git, worktree: Path, place: Path, tmp_path: Path
) -> None:
    owner(worktree, "commit", "-q", "--allow-empty", "-m", "mine")
    head = owner(worktree, "rev-parse", "HEAD").strip()
    hostile = {
        "config": "[core]\n\tfsmonitor = touch pwned\n\tsshCommand = touch pwned\n[uploadpack]\n"
        "\tpackObjectsHook = touch pwned\n[extensions]\n\tworktreeConfig = true\n",
        "config.worktree": "[core]\n\tfsmonitor = touch pwned\n",
        "commondir": str(project / ".git"),
        "hooks/post-checkout": "#!/bin/sh\ntouch pwned\n",
    }
    (place / "hooks").mkdir(exist_ok=True)
    (place / name).write_text(hostile[name])
    (place / name).chmod(0o755)

    assert bring_back(project, place) == head
    assert not list(tmp_path.rglob("pwned"))


def link(place: Path, target: Path) -> None:
    remove_tree(place)
    place.symlink_to(target)


@pytest.mark.parametrize(
    "damage",
    [
        remove_tree,
        lambda place: (place / "HEAD").write_text("nonsense"),
        lambda place: remove_tree(place / "objects"),
        lambda place: link(place, place.parent),
        lambda place: link(place / "objects", place.parents[1]),
        lambda place: [path.write_bytes(b"x") for path in (place / "objects").glob("??/*") if not path.chmod(0o600)],
    ],
    ids=["gone", "no head", "no objects", "a link", "linked objects", "broken objects"],
)
def test_what_is_not_sound_is_left_behind(
    damage: Callable[[Path], object], project: Path, owner: Git, worktree: Path, place: Path
) -> None:
    owner(worktree, "commit", "-q", "--allow-empty", "-m", "mine")
    before = owner(project, "for-each-ref")
    damage(place)

    assert bring_back(project, place) is None
    assert owner(project, "for-each-ref") == before
    assert owner(project, "fsck", "--strict") == ""


def test_malformed_commits_are_refused(project: Path, owner: Git, worktree: Path, place: Path) -> None:
    blob = owner(worktree, "hash-object", "-w", "a.txt").strip()
    tree = (worktree / "tree").absolute()
    tree.write_bytes(b"100644 .git\0" + bytes.fromhex(blob))
    evil = owner(worktree, "hash-object", "-t", "tree", "-w", "--literally", str(tree)).strip()
    commit = owner(worktree, "commit-tree", evil, "-p", "HEAD", "-m", "evil").strip()
    owner(worktree, "update-ref", "HEAD", commit)

    assert bring_back(project, place) is None


def test_taking_away_empties_what_can_not_be_entered_and_follows_no_link(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").touch()
    place = tmp_path / "place"
    (place / "locked" / "deep").mkdir(parents=True)
    (place / "locked" / "link").symlink_to(precious)
    (place / "locked").chmod(0o000)

    remove_tree(place)
    remove_tree(place)

    assert not place.exists()
    assert (precious / "thesis.txt").exists()


def test_links_into_other_repositories_are_not_followed(
    project: Path, owner: Git, worktree: Path, place: Path, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    owner(hidden, "init", "--quiet")
    (hidden / "secret.txt").write_text("the-key\n")
    owner(hidden, "add", ".")
    owner(hidden, "commit", "-qm", "hidden")
    head = owner(hidden, "rev-parse", "HEAD").strip()
    for folder in (hidden / ".git" / "objects").iterdir():
        link(place / "objects" / folder.name, folder)
    link(place / "refs" / "heads" / "stolen", hidden / ".git" / "refs" / "heads" / "main")
    (place / "HEAD").write_text("ref: refs/heads/stolen\n")

    assert bring_back(project, place) is None
    assert commit_of(project, head) is None


@pytest.mark.parametrize("name", ["HEAD", "shallow", "packed-refs", "objects/info/alternates", "config"])
def test_pipes_do_not_hold_it_up(name: str, project: Path, worktree: Path, place: Path) -> None:
    remove_tree(place / name)
    os.mkfifo(place / name)
    begun = time.monotonic()
    bring_back(project, place)
    assert time.monotonic() - begun < 10


def test_removing_holds_out_against_depth_and_long_names(tmp_path: Path) -> None:
    place = tmp_path / "place"
    script = "mkdir d; cd d; n=0; while test $n -lt 1500; do mkdir d && cd d || exit; n=$((n+1)); done"
    place.mkdir()
    subprocess.run(["sh", "-c", script], cwd=place, check=True)
    code = 'import os\nfor _ in range(40): os.mkdir("n" * 200); os.chdir("n" * 200)'
    subprocess.run([sys.executable, "-c", code], cwd=place, check=True)
    remove_tree(place)
    assert not place.exists()
