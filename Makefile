# Everything a newcomer needs; `make help` lists it. Works on a fresh machine with Python 3.11 or newer.

# A distribution builds its Python with what a profile told, pyenv by default does not: the same code then takes
# up to half as long again. So the system's is taken where it will do, else the first on PATH.
USABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell /usr/bin/python3 -c '$(USABLE)' 2>/dev/null && echo /usr/bin/python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Sources are compiled once, also where the environment says otherwise: tests and `serve` start many processes.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test check format bench vtl-oracle clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed-run ## install, then start Gatewright in dev mode with examples/pets deployed
	$(BIN)/gatewright dev examples/pets $(ARGS)

# One process more than CI has cores: while a test waits for a node or a time-out, another one runs.
test: check ## install, then lint, types, import contracts and all tests with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses=3 $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: $(VENV)/.installed-test ## lint, format, types and import contracts only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-test ## mend what the formatter and the linter can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/.installed-test ## measure against peers (needs wrk, see bench/README.md)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement bench/requirements.txt
	@if command -v npm >/dev/null && [ ! -d bench/node_modules ]; then cd bench && npm install --silent; fi
	$(BIN)/python bench/run.py $(ARGS)

vtl-oracle: $(VENV)/.installed-test ## render 100,000 templates with Apache Velocity and with ours (needs Java and Debian's velocity)
	$(BIN)/python oracle/run.py $(ARGS)

clean: ## remove what was built; data directories are left alone
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# A stamp is as new as the last install; the dependencies stand in pyproject.toml.
$(VENV)/.installed-run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[example]"
	@touch $@

# Tests load a third of what they install: that is compiled as it is loaded, by all processes at once.
$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable ".[test]"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Gatewright needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "python -m venv failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }
# The pip of an older Python looks for versions in three times the time; where there is no newer one, it will do.
	-@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
