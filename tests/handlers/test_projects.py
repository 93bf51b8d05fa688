"""Repositories by chat, on real git."""

from pathlib import Path

import pytest

from tests.conftest import Git
from tests.handlers.conftest import House


@pytest.fixture
def spaced(tmp_path: Path, repository: Path) -> Path:
    """The repository at a path with a space and an apostrophe."""
    return repository.rename(tmp_path / "Ann's shop")


async def test_a_path_with_spaces_and_quotes(empty_house: House, spaced: Path) -> None:
    answers = await empty_house.say(f'/projects add "{spaced}" --name shop --base main --verify "test -f a.txt"')

    said = [answer.body["text"] for answer in answers]
    assert said[0] == "Trying test -f a.txt once in a fresh checkout …"
    assert said[1].splitlines() == [
        "Registered.",
        "📁 shop · branch main",
        str(spaced),
        "checked by test -f a.txt",
    ]
    (project,) = empty_house.store.projects.all()
    assert (project.path, project.verify) == (str(spaced), "test -f a.txt")
    assert str(spaced) in await empty_house.ask("/projects")


async def test_checks_that_fail_are_told_with_their_last_lines(empty_house: House, repository: Path) -> None:
    command = "echo '2 <failed>'; false"

    answers = await empty_house.say(f'/projects add {repository} --verify "{command}"')

    said = answers[-1].body["text"]
    assert said.startswith("Registered.\n📁 shop · branch main")
    assert said.endswith("⚠️ Its checks fail there now, so they can't prove much yet:\n2 <failed>")
    assert empty_house.store.projects.all()[0].verify == command


async def test_a_later_registration_keeps_the_command_that_it_does_not_name(
    empty_house: House, repository: Path
) -> None:
    await empty_house.say(f'/projects add {repository} --verify "test -f a.txt"')

    answer = await empty_house.ask(f"/projects add {repository} --base main")

    assert answer.endswith("checked by test -f a.txt")
    assert empty_house.store.projects.all()[0].verify == "test -f a.txt"


async def test_without_options(empty_house: House, repository: Path) -> None:
    answer = await empty_house.ask(f"/projects add {repository}")

    assert "no verification command: results can't be proven" in answer


async def test_what_cannot_be_tried_is_refused_unless_unchecked(empty_house: House, repository: Path) -> None:
    answers = await empty_house.say(f'/projects add {repository} --verify "no-such-program"')
    assert "can't be run" in answers[-1].body["text"]
    assert empty_house.store.projects.all() == []

    assert "Registered." in await empty_house.ask(f'/projects add {repository} --verify "no-such-program" --unchecked')


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("add", "For example: /projects add ~/code/shop"),
        ("nonsense", "For example: /projects add"),
        ("remove", "For example: /projects add"),
        ("remove a b", "For example: /projects add"),
        ("remove <b>", "There is no project “<b>”."),
        ("add {path} --name", "For example: /projects add"),
        ("add {path} --color red", "For example: /projects add"),
        ('add {path} --verify "make', "A quotation mark is missing."),
        ("add {path} --base gone", "has no branch “gone”"),
        ("add {path} --base --help", "has no branch “--help”"),
        ("add {path} --name a/b", "can't be a project's name"),
        ("add /nonexistent/place", "There is no folder /nonexistent/place."),
        ("add ~no-such-person/shop", "There is no home folder for ~no-such-person."),
        ("add /" + "x" * 3000, "can't be looked at: File name too long."),
        ("add {parent}", "is not in a git repository. Run `git init` there, and commit."),
        ('add ""', "For example: /projects add"),
    ],
)
async def test_what_is_refused_says_why(empty_house: House, repository: Path, arguments: str, words: str) -> None:
    before = empty_house.state()

    answer = await empty_house.ask(f"/projects {arguments.format(path=repository, parent=repository.parent)}")

    assert words in answer
    assert empty_house.state() == before
    assert empty_house.troubles() == []


async def test_a_repository_without_commits(empty_house: House, tmp_path: Path, owner: Git) -> None:
    (tmp_path / "new").mkdir()
    owner(tmp_path / "new", "init", "--quiet")

    assert "has no commits yet. Commit something first." in await empty_house.ask(f"/projects add {tmp_path / 'new'}")


async def test_a_project_is_removed_and_its_tasks_say_so(house: House) -> None:
    house.add()

    assert await house.ask("/projects remove shop") == "shop is no longer registered. Its files stay as they are."
    assert await house.ask("/projects remove shop") == "There is no project “shop”."
    assert "project shop is not registered any more" in await house.ask("/schedule")


async def test_without_any_the_list_says_how(empty_house: House) -> None:
    answer = await empty_house.ask("/projects")

    assert answer.startswith("No project is registered yet.\nAdd one with /projects add")
    assert empty_house.labels(empty_house.last_id()) == ["🎁 Make a sample project"]
