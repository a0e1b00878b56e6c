# What CI runs is what you run. Needs python3 (3.11 or newer), git and make; everything else is fetched
# into .venv from pinned, hashed requirement files.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
BENCH := $(VENV)/.bench

.PHONY: help run check test soak bench docs migrations requirements format clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 20

# --- Environment -------------------------------------------------------------------------

$(BIN)/python:
	@scripts/make-venv "$(PYTHON)" "$(VENV)"

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Tenantry needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@# Built by the pinned setuptools above; asks the network for nothing.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt requirements/data.txt $(RUNTIME)
	@echo "Installing what checks and tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/data.txt
	@touch $@

$(BENCH): requirements/bench.txt $(DEV)
	@echo "Installing the peers that benchmarks compare with ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

# --- Run ---------------------------------------------------------------------------------

run: $(RUNTIME) ## Start database, web server and job worker on this machine
	@exec $(BIN)/tenantry run

# --- Check and test ----------------------------------------------------------------------

check: $(DEV) ## Format, lint, types, layers, templates, migrations, messages, secrets
	@scripts/check

test: $(DEV) ## The working loop, browser tests included
	@scripts/need-chromium
	@$(BIN)/pytest -n 2 -m "not soak" $(ARGS)

soak: $(DEV) ## Kills, external peers, long random runs; and what asks the database, on PostgreSQL 15
	@scripts/need-chromium
	@TENANTRY_TEST_POSTGRES_BIN="$$(scripts/need-postgres 15)" $(BIN)/pytest -n 2 -m "soak or not (browser or doors or brief)" $(ARGS)

bench: $(BENCH) ## Measure the claims under benchmarks/
	@for script in benchmarks/*/run.py; do echo "== $$script"; $(BIN)/python "$$script"; done

# --- Write -------------------------------------------------------------------------------

format: $(DEV) ## Format Python and templates
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

docs: $(DEV) ## Check every link in the documentation
	@$(BIN)/python scripts/check_docs.py

migrations: $(DEV) ## Make migrations and note the newest of each package
	@$(BIN)/tenantry makemigrations $(ARGS)
	@$(BIN)/python scripts/migration_heads.py --write

requirements: $(DEV) ## Pin requirements again from requirements/*.in
	@for name in runtime dev bench; do \
	  CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $(ARGS) \
	    --output-file=requirements/$$name.txt requirements/$$name.in; \
	done

clean: ## Remove what was made, except the data in var/
	@rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis src/*.egg-info
	@find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
