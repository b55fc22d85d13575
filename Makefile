# `make demo` shows the main job; `make test` runs lint, types and tests. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install demo test lint types unit bridges fuzz lock clean

help:
	@echo "make demo     set up, then play the whole story against the stand-in"
	@echo "make test     set up, then lint, types and tests"
	@echo "make install  set up .venv for development"
	@echo "make lint     ruff, format and lint"
	@echo "make types    mypy --strict and pyright"
	@echo "make unit     the tests alone (ARGS=... goes to pytest)"
	@echo "make bridges  the bridges' tests with the heavy clients too (polars, pyarrow, duckdb, ...)"
	@echo "make fuzz     ten minutes of mangled requests against the stand-in"
	@echo "make lock     resolve requirements/*.in anew (needs uv)"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Understudy needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) -V 2>&1); try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu install the package python3-venv" >&2; exit 1; }

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what the demo needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what the tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo

install: $(VENV)/.dev

demo: $(VENV)/.demo
	@$(BIN)/python -m understudy demo

test: lint types unit

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

unit: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 2 --dist worksteal $(ARGS)

bridges: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bridges.txt
	$(BIN)/python -m pytest -q tests/bridges $(ARGS)

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz --seconds 600

lock:
	cd requirements && for set in dev demo bridges; do \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url $$( [ $$set != dev ] && echo "-c dev.txt" ) $$set.in -o $$set.txt || exit 1; done

clean:
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
