# The commands of the project. `make help` lists them; each does its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export DAGSTER_HOME := $(CURDIR)
export PHARE_ROOT ?= $(CURDIR)
export POLARS_MAX_THREADS ?= 2

.PHONY: screenshots schemas words regions help setup publish test test-all test-slow test-spark lint types dev serve bench lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(READY) ## Install the locked dependencies into .venv (cached)

$(READY): requirements.lock pyproject.toml clients/python/pyproject.toml
	@echo "== set-up: the locked dependencies go into $(VENV)"
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=path if it has another name"; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(MAKE) --no-print-directory venv-without-ensurepip
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e clients/python -e .
	@touch $@
	@echo "== set-up done"

.PHONY: venv-without-ensurepip
venv-without-ensurepip: # Debian's Python without python3-venv has pip but makes no environment: uv makes it
	@rm -rf $(VENV)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(VENV)/.uv 'uv>=0.9,<1'
	@$(VENV)/.uv/bin/uv venv --quiet --allow-existing --seed --python $(PYTHON) $(VENV)

publish: $(READY) ## Run the main job for every study: raw extract to release, into published/
	@$(BIN)/phare publish --all

test: $(READY) ## Lint, type-check, then run the tests (under 10 minutes)
	@$(MAKE) --no-print-directory lint types
	@$(BIN)/python -m pytest -n 2 -m "not slow and not spark"

test-all: test test-slow ## Every test, the slow tier included

test-slow: $(READY) ## The slow tier alone: kill, fuzz, coverage of intervals, reference data
	@$(BIN)/python -m pytest -n 2 -m "slow and not spark"

lint: $(READY) ## ruff: lint and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY) ## mypy, strict on pipelines/ and the client
	@$(BIN)/mypy

dev: $(READY) ## Dagster's UI and daemon on http://localhost:3000
	@$(BIN)/dagster dev -m pipelines.definitions

serve: $(READY) ## published/ over HTTP with range requests, on http://localhost:8000
	@$(BIN)/phare serve

screenshots: $(READY) ## Take the pictures of the README again from the site that is built
	@$(BIN)/phare site && $(BIN)/python tools/screenshots.py

bench: $(READY) .venv-peers/.ready ## Measure speed as ratios and write docs/benchmarks.md (SIZE="small 10m": print those alone, of small intake 10m 100m estimators growth)
	@$(BIN)/python -m benchmarks $(if $(SIZE),--size $(SIZE))

.venv-peers/.ready: requirements-peers.lock $(READY)
	@$(PYTHON) -m venv .venv-peers 2>/dev/null || $(BIN)/uv venv --quiet --allow-existing .venv-peers
	@VIRTUAL_ENV=$(CURDIR)/.venv-peers $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r $<
	@touch $@

test-spark: .venv-spark/.ready ## The sums of the cube on a local Spark cluster (needs Java 17)
	@.venv-spark/bin/python -m pytest -m spark tests/estimation

.venv-spark/.ready: requirements-spark.lock clients/python/pyproject.toml $(READY)
	@$(PYTHON) -m venv .venv-spark 2>/dev/null || $(BIN)/uv venv --quiet --allow-existing .venv-spark
	@VIRTUAL_ENV=$(CURDIR)/.venv-spark $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r $<
	@VIRTUAL_ENV=$(CURDIR)/.venv-spark $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e clients/python -e .
	@touch $@

schemas: $(READY) ## Write the JSON Schemas of the declarations again
	@$(BIN)/python -m pipelines.study.json_schema

words: ## Compile click's own words in French (gettext's msgfmt)
	@cd pipelines/cli/locale/fr/LC_MESSAGES && msgfmt --check-format -o phare.mo phare.po

regions: $(READY) ## Draw the regions of the maps again from their outlines
	@$(BIN)/python tools/regions/draw.py

# Every platform and its markers, hashes, no host name. What is pinned stays where it still fits; the
# set with Spark is resolved first, since the set without it is a part of it.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	--no-emit-package phare --no-emit-package phare-data
lock: $(READY) ## Write the hash-pinned lock files from pyproject.toml; pinned versions stay (UPGRADE=1: the newest of each)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev --extra spark -o requirements-spark.lock >/dev/null
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -c requirements-spark.lock -o requirements.lock >/dev/null
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group pyproject.toml:peers -o requirements-peers.lock >/dev/null

clean: ## Remove what can be made again: .venv, caches, private state (not published/)
	@rm -rf $(VENV) .venv-peers .venv-spark .phare .dagster logs .logs_queue .mypy_cache .ruff_cache .hypothesis build *.egg-info clients/python/build clients/python/src/*.egg-info
