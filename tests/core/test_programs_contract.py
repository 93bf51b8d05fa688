"""What the engines rely on in the programs of a machine: the same for real ones and for those in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.ports import Programs
from core.runtime.programs import LocalPrograms
from tests.fakes import FakePrograms


@pytest.fixture(params=["local", "fake"])
def contract(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Programs]:
    """With one program, `there`, that tells its version; a login file and a key."""
    if request.param == "fake":
        fake = FakePrograms("there")
        fake.files, fake.keys = {".there/login.json"}, {"THERE_KEY"}
        yield fake
        return
    folder, home = tmp_path / "bin", tmp_path / "home"
    folder.mkdir()
    (home / ".there").mkdir(parents=True)
    (home / ".there" / "login.json").touch()
    script(folder / "there", "echo; echo warning >&2; echo 1.0")
    yield LocalPrograms({"PATH": str(folder), "HOME": str(home), "THERE_KEY": "x", "EMPTY_KEY": ""})


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_program_is_found_with_its_version(contract: Programs) -> None:
    found = contract.find("there")
    assert found is not None
    assert Path(found.path).is_absolute()
    assert contract.version("there") == "1.0"


def test_what_is_not_there_is_not_found(contract: Programs) -> None:
    assert contract.find("absent") is None
    assert contract.version("absent") == ""


def test_logins_and_keys(contract: Programs) -> None:
    assert contract.is_logged_in([".other", ".there/login.json"])
    assert not contract.is_logged_in([".other"])
    assert contract.has_key(["OTHER", "THERE_KEY"])
    assert not contract.has_key(["OTHER", "EMPTY_KEY"])


@pytest.mark.parametrize("body", ["exit 3", "echo no number", "exec sleep 300"])
def test_a_program_that_does_not_tell_its_version(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.runtime.programs._SECONDS", 0.5)
    script(tmp_path / "odd", body)
    programs = LocalPrograms({"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert programs.find("odd") is not None
    assert programs.version("odd") == ""


def test_the_version_is_asked_again_when_the_program_has_changed(tmp_path: Path) -> None:
    programs = LocalPrograms({"PATH": str(tmp_path)})
    script(tmp_path / "odd", "echo 1.0")
    assert programs.version("odd") == "1.0"
    (tmp_path / "odd").unlink()
    script(tmp_path / "odd", "echo 2.0")
    assert programs.version("odd") == "2.0"


def test_a_program_does_not_see_the_secrets_of_the_bot(tmp_path: Path) -> None:
    script(tmp_path / "nosy", 'echo "1 $TELEGRAM_BOT_TOKEN$MY_KEY"')
    programs = LocalPrograms({"PATH": str(tmp_path), "TELEGRAM_BOT_TOKEN": "t", "MY_KEY": "k"})
    assert programs.version("nosy") == "1"
