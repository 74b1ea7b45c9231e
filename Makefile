# Every target does its own set-up. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help demo serve sandbox check test slow oracle stories-without-webhooks kills soak fuzz mutants bench screenshot lint clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
ARGS ?=
# Many tests wait for a process or a socket, so one worker more than cores keeps these busy; who has no test left
# takes another's.
TEST_WORKERS ?= $(shell echo $$(( 1 + $$(getconf _NPROCESSORS_ONLN) )))
# Compiled tests are kept even where the environment asks for no bytecode: else each worker compiles all of them.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal

# The tests that draw examples; `make slow` draws more of them.
EXAMPLES_TESTS = tests/core/test_convergence.py tests/store/test_agenda_machine.py tests/fuzz

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-24s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.run ## tell a district's story on a sandbox Jira, then leave both up (ARGS="--process ods": of the second process; --once ends after it)
	@$(BIN)/python -m bot demo $(ARGS)

serve: $(VENV)/.run ## run the bot against the Jira that .env or the environment names
	@$(BIN)/python -m bot serve

sandbox: $(VENV)/.run ## run the sandbox Jira alone (ARGS="--port 8090")
	@$(BIN)/python -m bot sandbox $(ARGS)

check: $(VENV)/.run ## validate configuration and templates
	@$(BIN)/python -m bot check $(ARGS)

test: $(VENV)/.dev ## run all tests (TEST_DATABASE_URL adds those on PostgreSQL; ARGS goes to pytest)
	@$(PYTEST) $(ARGS)

slow: $(VENV)/.dev ## run the tests that kill and start whole processes, or wait, and draw many examples
	@$(PYTEST) -m slow $(ARGS)
	@EXAMPLES=many $(PYTEST) $(EXAMPLES_TESTS)

oracle: $(VENV)/.dev ## check business time against a walk along the wall clock (ARGS="--case 4711" repeats one)
	@$(BIN)/python -m tests.core.oracle $(ARGS)

stories-without-webhooks: $(VENV)/.dev ## tell all stories to a bot that no webhook calls
	@STORIES=without-webhooks $(PYTEST) tests/stories $(ARGS)

kills: $(VENV)/.dev ## kill the bot 200 times at random, and leave 200 tickets alone for a day (SEED=4711: other moments)
	@KILLS=200 TICKETS=200 $(PYTEST) -m slow tests/faults/test_killed.py tests/faults/test_outage.py $(ARGS)

soak: $(VENV)/.dev ## kill replicas on PostgreSQL under load (TEST_DATABASE_URL; ARGS="--issues 100 --kill-every 3")
	@$(BIN)/python -m tests.soak $(ARGS)

fuzz: $(VENV)/.dev ## try bad input for minutes, anew each time (ARGS=50000: so many examples for each test)
	@FUZZ=$(or $(ARGS),5000) $(PYTEST) --timeout 0 tests/fuzz

mutants: $(VENV)/.dev ## change the core at random and see whether a test notices (ARGS="--sample 60 --seed 1")
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.mutants $(ARGS)

bench: $(VENV)/.bench ## measure how fast the bot is, beside others (ARGS=--fast is shorter and noisier)
	@$(BIN)/python -m benchmarks $(ARGS)

screenshot: $(VENV)/.run ## make the README's picture of the sandbox again (needs Chromium)
	@PYTHONPATH=. $(BIN)/python docs/images/screenshot.py

lint: $(VENV)/.dev ## check style, types, and which room may import which
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache

clean: ## remove what the targets installed and left
	rm -rf $(VENV) var build *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "This needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the bot runs on ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what the tests and the lint need ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run

# What is measured beside the bot is no part of it, nor of its tests, so it has a list of its own.
$(VENV)/.bench: requirements-bench.txt requirements.txt | $(VENV)/bin/python
	@echo "Installing what the benchmarks need ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@ $(VENV)/.run
