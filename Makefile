# Every target does its own set-up. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help demo serve sandbox check test stories-without-webhooks lint clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
ARGS ?=

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-24s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.run ## tell a district's story on a sandbox Jira, then leave both up (ARGS=--once ends after it)
	@$(BIN)/python -m bot demo $(ARGS)

serve: $(VENV)/.run ## run the bot against the Jira that .env or the environment names
	@$(BIN)/python -m bot serve

sandbox: $(VENV)/.run ## run the sandbox Jira alone (ARGS="--port 8090")
	@$(BIN)/python -m bot sandbox $(ARGS)

check: $(VENV)/.run ## validate configuration and templates
	@$(BIN)/python -m bot check $(ARGS)

test: $(VENV)/.dev ## run all tests (TEST_DATABASE_URL adds those on PostgreSQL; ARGS goes to pytest)
	@$(BIN)/python -m pytest -n auto $(ARGS)

stories-without-webhooks: $(VENV)/.dev ## tell all stories to a bot that no webhook calls
	@STORIES=without-webhooks $(BIN)/python -m pytest -n auto tests/stories $(ARGS)

lint: $(VENV)/.dev ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

clean: ## remove what the targets installed and left
	rm -rf $(VENV) var .pytest_cache .hypothesis .mypy_cache .ruff_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "This needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the bot runs on ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt requirements-postgres.txt | $(VENV)/bin/python
	@echo "Installing what the tests and the lint need ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run
