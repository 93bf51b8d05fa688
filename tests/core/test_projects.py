"""Repositories are checked when they are registered."""

from pathlib import Path

import pytest

from core.errors import NotFound, Refused
from core.model.build import Verification
from core.model.ids import ProjectName
from core.projects import Projects
from storage import JournalStore
from tests import factories
from tests.factories import NOW
from tests.fakes import FakeWorkspaces

SHOP = Path("/srv/shop")


class Checks:
    """Stands for running a verification command."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, Path, str]] = []
        self.refusal: str | None = None
        self.outcome = factories.verification()

    def __call__(self, command: str, root: Path, branch: str) -> Verification:
        self.tried.append((command, root, branch))
        if self.refusal:
            raise Refused(self.refusal)
        return self.outcome


@pytest.fixture
def workspaces() -> FakeWorkspaces:
    made = FakeWorkspaces()
    made.create(SHOP)
    return made


@pytest.fixture
def checks() -> Checks:
    return Checks()


@pytest.fixture
def projects(store: JournalStore, workspaces: FakeWorkspaces, checks: Checks) -> Projects:
    return Projects(store, workspaces, checks, factories.config())


def test_name_and_base_come_from_the_checkout(projects: Projects, checks: Checks) -> None:
    done = projects.register(SHOP / "src" / "deep", NOW, verify=" make test ")

    made = done.project
    assert (made.name, made.path, made.base, made.verify) == ("shop", "/srv/shop", "main", "make test")
    assert checks.tried == [("make test", SHOP, "main")]
    assert projects.all() == [made]
    assert done.trial == checks.outcome


def test_the_same_path_again_changes_the_registration(projects: Projects, workspaces: FakeWorkspaces) -> None:
    workspaces.commit(SHOP, "next", "b.txt", "two\n")
    projects.register(SHOP, NOW, name="store")

    done = projects.register(SHOP, NOW, base="next", verify="make check", try_verify=False)

    again = done.project
    assert projects.all() == [again]
    assert done.trial is None
    assert (again.name, again.base, again.verify) == ("store", "next", "make check")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("My Shop & Co", "My-Shop-Co"), ("ünïcödé", "n-c-d"), ("店", "project"), ("x" * 60, "x" * 30), ("-shop", "shop")],
)
def test_the_name_of_a_folder_becomes_a_name_that_can_be_typed(
    projects: Projects, workspaces: FakeWorkspaces, folder: str, name: str
) -> None:
    workspaces.create(Path("/srv") / folder)

    assert projects.register(Path("/srv") / folder, NOW).project.name == name


@pytest.mark.parametrize("name", ["has space", "a:b", "x" * 31, "-x", ".hidden", "a/b", "ü", "a\n"])
def test_a_name_that_does_not_fit_is_refused(projects: Projects, name: str) -> None:
    with pytest.raises(Refused, match=r"can't be a project's name: use up to 30 letters"):
        projects.register(SHOP, NOW, name=name)
    assert projects.all() == []


def test_no_repository(projects: Projects) -> None:
    with pytest.raises(Refused, match=r"is not in a git repository"):
        projects.register(Path("/srv/elsewhere"), NOW)


@pytest.mark.parametrize("path", ["~nobody-of-this-name/shop", "/" + "x" * 5000, "a\0b", ""])
def test_paths_that_cannot_be(store: JournalStore, checks: Checks, path: str) -> None:
    from core.runtime.workspaces import GitWorkspaces

    projects = Projects(store, GitWorkspaces(), checks, factories.config())
    with pytest.raises(Refused):
        projects.register(Path("/nowhere") / path if not path else Path(path), NOW)


def test_no_branch(projects: Projects, workspaces: FakeWorkspaces) -> None:
    with pytest.raises(Refused, match=r"/srv/shop has no branch “gone” with a commit in it."):
        projects.register(SHOP, NOW, base="gone")
    workspaces.repositories[SHOP].checked_out = None
    with pytest.raises(Refused, match=r"is on no branch. Name the branch to build on: --base main."):
        projects.register(SHOP, NOW)
    assert projects.all() == []


def test_a_command_that_cannot_run_is_refused_unless_it_is_not_tried(projects: Projects, checks: Checks) -> None:
    checks.refusal = "The verification command `mak` can't be run: not found."

    with pytest.raises(Refused, match=r"can't be run"):
        projects.register(SHOP, NOW, verify="mak")
    assert projects.all() == []
    assert projects.register(SHOP, NOW, verify="mak", try_verify=False).project.verify == "mak"


def test_checks_that_fail_are_registered_and_told(projects: Projects, checks: Checks) -> None:
    checks.outcome = factories.verification(failed=2)

    done = projects.register(SHOP, NOW, verify="make test")

    assert done.trial == checks.outcome
    assert projects.all()[0].verify == "make test"


def test_a_later_registration_keeps_what_it_does_not_name(projects: Projects, checks: Checks) -> None:
    projects.register(SHOP, NOW, name="store", verify="make test")
    checks.tried.clear()

    done = projects.register(SHOP, NOW, base="main")

    assert (done.project.name, done.project.verify) == ("store", "make test")
    assert (done.trial, checks.tried) == (None, [])


def test_a_name_is_given_once(projects: Projects, workspaces: FakeWorkspaces) -> None:
    workspaces.create(Path("/home/ann/shop"))
    projects.register(SHOP, NOW)

    with pytest.raises(Refused, match=r"The name shop is taken by /srv/shop. Choose another: --name NAME."):
        projects.register(Path("/home/ann/shop"), NOW)
    with pytest.raises(Refused, match=r"/srv/shop is registered as shop already."):
        projects.register(SHOP, NOW, name="store")
    assert [project.name for project in projects.all()] == ["shop"]


def test_a_project_is_forgotten_once(projects: Projects) -> None:
    projects.register(SHOP, NOW)
    projects.remove(ProjectName("shop"))

    with pytest.raises(NotFound, match=r"There is no project “shop”."):
        projects.remove(ProjectName("shop"))
    assert projects.all() == []
