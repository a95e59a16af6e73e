# Everything one does with a clone. `make` alone lists it. Needs only Python, make and the package index:
# each target makes its own virtual environment from the hash-pinned lock, and again only when that changes.

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8080
ARGS   ?=
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) # one more than cores: many tests wait

BIN       := $(VENV)/bin
PIP       := $(BIN)/python -m pip --disable-pip-version-check
RUN_READY := $(VENV)/.ready-to-run
DEV_READY := $(VENV)/.ready-to-test
STRICT    := server/core server/store server/engine kiosk/agenda.py

# The locks are made without this machine's own pip configuration, so that they name only what everybody can fetch.
COMPILE := PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
	--strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--build-deps-for editable $(ARGS)

# Kept bytecode saves a minute of each test run: every worker and every program that a test starts would compile it all.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test ci lint check fmt lock bench soak bundle deb clean system

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(DEV_READY) ## Make the virtual environment with everything for development

demo: $(RUN_READY) ## Run a sample building on loopback: make demo PORT=8080
	@$(BIN)/lintel demo --port $(PORT) $(ARGS)

test: $(DEV_READY) system ## Run the tests (browser and PostgreSQL too, where installed), under 10 minutes
	$(BIN)/python -m pytest -n $(strip $(WORKERS)) --maxprocesses 4 --dist loadfile -m "not heavy and not bench and not soak" $(ARGS)

ci: lint ## Run what comes on top of `make test`: lint, types, layers and the heavy tests
	$(BIN)/python -m pytest -n 2 --dist loadfile -m heavy $(ARGS)

lint: $(DEV_READY) ## Lint, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(wildcard $(STRICT))
	$(BIN)/lint-imports --no-logo

check: lint ## The same, and the tests about the tree itself
	$(BIN)/python -m pytest -q tests/meta -m "not heavy"

fmt: $(DEV_READY) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

lock: $(DEV_READY) ## Pin the requirements anew, with hashes (ARGS=--upgrade takes newer versions)
	$(COMPILE) --all-extras -o requirements/dev.txt pyproject.toml
	$(COMPILE) -c requirements/dev.txt --extra server --extra postgres -o requirements/server.txt pyproject.toml
	$(COMPILE) -c requirements/dev.txt --extra kiosk -o requirements/kiosk.txt pyproject.toml

bench: $(DEV_READY) ## Measure speed and size, as ratios in one run
	$(BIN)/python -m tests.bench $(ARGS)

soak: $(DEV_READY) ## Run the tests that take hours
	$(BIN)/python -m pytest -m soak --timeout=0 $(ARGS)

bundle: $(DEV_READY) ## Make build/lintel-VERSION.tar.gz: all that an install needs, without internet
	PYTHON=$(BIN)/python provisioning/make-bundle $(ARGS)

deb: bundle ## Make Debian packages of server and panel for this machine's Debian, out of that bundle
	PIP=$(BIN)/python provisioning/make-packages

clean: ## Remove what the tools made, the virtual environment too
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find server kiosk tests -name __pycache__ -type d -prune -exec rm -rf {} +

system: ## Install what the tests need beside Python where we may, say what is missing where not
	@sh .ci/system

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Lintel needs Python 3.11 or newer; say which: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# --no-deps and --no-build-isolation: nothing comes in that the lock does not name, the build backend neither.
$(RUN_READY): requirements/server.txt requirements/kiosk.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/server.txt -r requirements/kiosk.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements/dev.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $(RUN_READY) $@
