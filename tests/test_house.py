"""Rules of the house that no tool checks by itself."""

import ast
import inspect
import itertools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from bot import settings
from handlers import commands
from handlers.views.onboarding import help_text

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for room in ("bot", "core", "handlers", "storage") for path in (ROOT / room).rglob("*.py"))
TABLES = {("sample", "tasks"), ("commands", "table"), ("run", "services_of"), ("store", "__init__")}
"""Functions that are nothing but a long list of data."""
SETTING = re.compile(r'read\.\w+\("([A-Z_]+)"')


def contract(name: str) -> dict[str, list[str]]:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    found: dict[str, list[str]] = next(
        contract for contract in tools["importlinter"]["contracts"] if contract["name"].startswith(name)
    )
    return found


def test_every_engine_stands_in_the_contract_of_the_engines() -> None:
    modules = {f"core.{path.stem}" for path in (ROOT / "core").glob("*.py") if path.stem != "__init__"}

    assert set(contract("Engines decide over plain data")["source_modules"]) == modules | {"core.model"}


@pytest.mark.parametrize("path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda path: path.name)
def test_a_module_is_named_after_its_subject(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "stuff", "base"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_fit_their_size(path: Path) -> None:
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert len(text.splitlines()) <= 400
    assert [node.name for node in functions if length(node) > 40 and (path.stem, node.name) not in TABLES] == []


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines, the docstring not counted."""
    documentation = ast.get_docstring(function, clean=False)
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines - (len(documentation.splitlines()) if documentation else 0)


def test_the_top_level_holds_only_what_belongs_there() -> None:
    listed = subprocess.run(["git", "ls-files", "--cached"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0 or not listed.stdout:
        pytest.skip("not a git checkout")
    allowed = {"bot", "handlers", "core", "storage", "tests", "docs", "deploy", "README.md", "LICENSE", "Makefile",
               "pyproject.toml", "constraints.txt"}  # fmt: skip

    top = {line.partition("/")[0] for line in listed.stdout.splitlines()}

    assert {name for name in top if not name.startswith(".")} <= allowed


def test_every_setting_is_documented_and_every_documented_setting_is_read() -> None:
    read = set(SETTING.findall(inspect.getsource(settings)))
    documented = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert len(read) > 10
    assert sorted(documented) == sorted(read)


def test_every_setting_in_the_example_stands_below_a_comment() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()

    for before, line in itertools.pairwise(lines):
        if re.match(r"[A-Z_]+=", line):
            assert before.startswith("#") or re.match(r"[A-Z_]+=", before), line


def test_help_tells_every_command_in_one_message() -> None:
    message = help_text(commands.described())

    assert len(message.text) <= 4096
    for command in commands.table():
        assert 3 <= len(command.description) <= 256
        assert f"/{command.name} – " in message.text


def test_no_command_stands_twice() -> None:
    names = [command.name for command in commands.table()]

    assert len(names) == len(set(names)) <= 100


def test_the_constraints_pin_versions_and_name_no_address() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]

    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+(?: *;.*)?", line), line
        assert "://" not in line


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_path_of_one_machine_stands_in_the_sources(path: Path) -> None:
    assert not re.search(r"/(?:root|home|Users)/\w", path.read_text())
