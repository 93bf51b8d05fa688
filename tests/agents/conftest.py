"""Real agent programs in real builds, with a scripted model on this machine."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from core.engines import engine
from core.model.build import BuildSpec, Confinement, Engine, Level
from core.ports import Program
from tests import factories
from tests.agents import programs
from tests.agents.model_endpoint import Model, serve
from tests.core.runtime.conftest import executor, finish, make_spec, project, wait_for

__all__ = ["executor", "finish", "make_spec", "project", "wait_for"]


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def address(model: Model) -> Iterator[str]:
    """Where the model is."""
    with serve(model) as url:
        yield url


@pytest.fixture
def use(git_config: None, tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Engine]:
    """Makes an engine of the known table ready for the scripted model, as an owner would by settings; or skips."""

    def make(name: str) -> Engine:
        path = programs.find(name)
        if path is None:
            pytest.skip(f"{name} is not installed: make test-agents, or python -m tests.agents.programs {name}")
        for variable, value in {
            "ANTHROPIC_API_KEY": "key-of-the-owner",
            "ANTHROPIC_BASE_URL": address,
            "GEMINI_API_KEY": "key-of-the-owner",
            "GOOGLE_GEMINI_BASE_URL": address,
            "OPENAI_API_KEY": "key-of-the-owner",
            "OPENAI_API_BASE": f"{address}/v1",
        }.items():
            monkeypatch.setenv(variable, value)
        local = f'model_providers.local={{name="local",base_url="{address}/v1",env_key="OPENAI_API_KEY"}}'
        further = {
            "codex": ("-c", 'model_provider="local"', "-c", local, "-m", "scripted"),
            "opencode": ("-m", "local/scripted"),
            "aider": ("--model", "openai/scripted", "--edit-format", "whole"),
            "mini": ("-m", "openai/scripted"),
        }
        options = {"baseURL": f"{address}/v1", "apiKey": "key-of-the-owner"}
        provider = {"npm": "@ai-sdk/openai-compatible", "name": "local", "options": options, "models": {"scripted": {}}}
        settings = tmp_path / "user" / ".config" / "opencode" / "opencode.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps({"provider": {"local": provider}}))
        return engine(name, factories.config(agent_arguments=further), Program(path=str(path)))

    return make


@pytest.fixture
def spec_for(make_spec: Callable[..., BuildSpec], use: Callable[[str], Engine], home: Path) -> Callable[..., BuildSpec]:
    """A build by that engine within walls, whose result is proven."""

    def make(name: str, **changes: object) -> BuildSpec:
        spec = make_spec(
            "true",
            prompt="Create the file hello.txt with the word hello in it.\n",
            verify="test ! -e hello.txt || grep -q hello hello.txt",
            confinement=Confinement(level=Level.AUTO, hidden=(str(home),)),
            **changes,
        )
        return msgspec.structs.replace(spec, engine=use(name))

    return make
