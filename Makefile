# Everything runs in .venv, which the first target that needs it makes.
SHELL := /bin/sh
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
endif
BIN := .venv/bin
# The tests start hundreds of processes: none should compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-agents check soak format bench screenshots clean

run: .venv/run
	@$(BIN)/jarvis run

test: .venv/dev
	$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

test-agents: .venv/dev
	$(BIN)/python -m tests.agents.programs
	JARVIS_TEST_AGENTS_ALL=1 $(BIN)/pytest -n 3 --dist worksteal tests/agents -rs $(ARGS)

soak: .venv/dev
	JARVIS_SOAK=1 $(BIN)/pytest -n 3 --dist worksteal tests/storage $(ARGS)

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev
	$(BIN)/python -m tests.benchmarks $(ARGS)

screenshots: .venv/dev
	$(BIN)/python -m tests.end_to_end.screenshots

.venv/pip:
	@test -n "$(PYTHON)" || { echo "Jarvis needs Python 3.11 or newer: install it, or say where it is: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

.venv/run: .venv/pip pyproject.toml constraints.txt
	@echo "Installing what Jarvis needs into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/run
	@echo "Installing the development tools into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
