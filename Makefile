# Two doors: `make demo` and `make test`. Both set up .venv from a lock first; a second run is instant.
PYTHON ?= python3
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
SETUP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile
UV_COMPILE := uv pip compile -q pyproject.toml --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --allow-unsafe --no-header --no-annotate --group setup --extra app

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test test-all check bench docs lock clean

help:
	@echo "make demo      set up, run the demo, write seawall-demo/ with its report"
	@echo "make test      set up, pass the tests (slow ones left out)"
	@echo "make test-all  the slow tests too, and many more examples per law"
	@echo "make check     format, lint, types, import contracts, architecture tests"
	@echo "make bench     measure the benchmarks"
	@echo "make docs      write the generated reference pages again"
	@echo "make lock      resolve both lock files again (needs uv)"
	@echo "make clean     remove everything that these commands made"

demo: $(VENV)/.demo
	@$(BIN)/seawall demo

test: $(VENV)/.dev
	@echo "tests ..."
	@$(BIN)/pytest -q $(PYTEST_ARGS)

test-all: $(VENV)/.dev
	@echo "all tests ..."
	@$(BIN)/pytest -q -m "slow or not slow" --hypothesis-profile=all $(PYTEST_ARGS)

check: $(VENV)/.dev
	@echo "format ..."
	@$(BIN)/ruff format --check -q .
	@echo "lint ..."
	@$(BIN)/ruff check -q .
	@echo "types ..."
	@$(BIN)/mypy
	@echo "import contracts ..."
	@$(BIN)/lint-imports --no-logo
	@echo "architecture ..."
	@$(BIN)/pytest -q tests/architecture

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks

docs: $(VENV)/.dev
	@$(BIN)/python docs/build.py

lock:
	@$(UV_COMPILE) -o requirements.lock
	@$(UV_COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock

clean:
	@rm -rf $(VENV) build dist seawall-demo .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true


# Set-up. The two stamps share one .venv: the dev lock holds every line of the demo lock.

$(VENV)/.python:
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then \
			echo "$(PYTHON) cannot make virtual environments; as root: apt-get update && apt-get install -y python3-venv"; \
			exit 1; \
		fi; \
		echo "python3-venv ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; \
	fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Seawall needs Python 3.11 or newer, got " + sys.version)'
	@echo "virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.demo: requirements.lock pyproject.toml | $(VENV)/.python
	@echo "packages of the demo set, about half a minute ..."
	@$(SETUP) --only-binary :all: --require-hashes -r requirements.lock
	@$(SETUP) --no-index --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(VENV)/.python
	@echo "packages of the test set, about a minute ..."
	@$(SETUP) --only-binary :all: --require-hashes -r requirements-dev.lock
	@$(SETUP) --no-index --no-deps --no-build-isolation -e .
	@touch $(VENV)/.demo $@
