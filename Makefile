# One command each; `make help` lists them. Needs Python 3.11 or newer, pip and git; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
SERVE ?=
DATA ?= ../shared/data/open
BENCH ?=
SOAK ?=

# The tools' caches and the embedded database stay inside this folder.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# As the server does (twinql/settings.py), whatever loads numpy first.
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help install run test check bench benchmarks soak accuracy schema migrate clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

install: $(STAMPS)/project $(STAMPS)/graphiql ## Install everything into .venv

run: install ## Start the server, with an embedded Postgres and the demo site
	@exec $(BIN)/twinql serve $(SERVE)

test: check ## Run every check and every test
	$(BIN)/python -m pytest -n 3 --dist worksteal

check: install ## Run every check but the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/twinql schema --check schema.graphql

bench: install ## Measure TwinQL beside others, 11 minutes: BENCH=--short for a look
	@exec $(BIN)/python -m benchmarks.against $(BENCH)

benchmarks: install ## Run every other benchmark
	@set -e; for each in benchmarks/bench_*.py; do $(BIN)/python -m "benchmarks.$$(basename "$$each" .py)"; done

soak: install ## Break the live feed for 10 minutes and count what it lost: SOAK="--minutes 1"
	@exec $(BIN)/python -m benchmarks.soak $(SOAK)

accuracy: install ## Measure how right it is on the data of a folder: DATA=folder
	$(BIN)/python -m tools.accuracy "$(DATA)"

schema: install ## Write schema.graphql from the code
	$(BIN)/twinql schema --out schema.graphql

migrate: install ## Bring the database's tables up to date
	$(BIN)/twinql migrate

clean: ## Remove what was installed; the database in .twinql stays
	rm -rf $(VENV) twinql/assets/graphiql

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "TwinQL needs Python 3.11 or newer: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
# Some distributions leave ensurepip out of python3; their pip can fill an empty environment.
	@$(PYTHON) -m venv $(VENV) || { $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	    $(PYTHON) -m pip --python $(VENV) install --quiet pip; }

$(STAMPS)/requirements: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/requirements
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/graphiql: tools/graphiql.json tools/node.lock tools/fetch_graphiql.py | $(STAMPS)/requirements
	$(BIN)/python tools/fetch_graphiql.py
	@touch $@
