# Every verb of this project. `make` alone lists them.
# The first one that needs Python makes .venv from requirements.lock: exact versions, each with its hash.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Taken from the command line only: other programs export words like HOST and PORT for reasons of their own.
HOST :=
PORT :=
WORLD :=
STRICT :=
RELOAD :=
ARGS :=

# What the suite is pointed at; tokens reach it through the environment and are never on a command line.
CANVAS_URL ?=
CANVAS_TOKEN ?=
CANVAS_ADMIN_TOKEN ?=
CANVAS_SITE_ADMIN_TOKEN ?=
CANVAS_PUSH_TOKEN ?=
CANVAS_SCOPED_TOKEN ?=
CANVAS_EXPIRED_TOKEN ?=
CANVAS_REVOKED_TOKEN ?=
CANVAS_OTHER_USER_ID ?=
PROFILE ?=
SEED ?=
RATE ?=
ALLOW_HTTP ?=
export CANVAS_URL CANVAS_TOKEN CANVAS_ADMIN_TOKEN CANVAS_SITE_ADMIN_TOKEN CANVAS_PUSH_TOKEN CANVAS_SCOPED_TOKEN
export CANVAS_EXPIRED_TOKEN CANVAS_REVOKED_TOKEN CANVAS_OTHER_USER_ID
REPORTS ?=
export PROFILE SEED RATE ALLOW_HTTP REPORTS

# Other people's tools, in environments of their own; where there is no Node 20 with npm, make test leaves out what needs it.
READERS := readers
NODE_20 := $(shell command -v npm > /dev/null && node --eval 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' && echo yes)
NODE_TOOLS := $(if $(NODE_20),$(READERS)/node_modules/installed)

.DEFAULT_GOAL := help
.PHONY: help install mock test contract compare check bench bench-contract fix lock clean lint-contract clients diff-contract overlays dist reuse mutants

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another: make PYTHON=python3.12"; exit 2; }
	@echo "Making $(VENV) from requirements.lock; once, about half a minute."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(VENV)/installed ## Make the virtual environment

mock: $(VENV)/installed ## Run the mock: PORT= HOST= WORLD=file.yaml STRICT=1 RELOAD=1 ARGS='--help'
	@exec $(BIN)/canvas-mock $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT)) \
	  $(if $(WORLD),--world $(WORLD)) $(if $(filter-out 0,$(STRICT)),--strict) $(if $(filter-out 0,$(RELOAD)),--reload) $(ARGS)

test: $(VENV)/installed $(READERS)/.venv/installed $(NODE_TOOLS) ## Run every test: ARGS='-k pagination'
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

contract: $(VENV)/installed ## Judge the mock, or CANVAS_URL= with CANVAS_TOKEN=: PROFILE=quick|default|thorough SEED= RATE=
	@$(BIN)/canvas-contract $(ARGS)

compare: $(VENV)/installed ## Ask the mock and CANVAS_URL= the same, and list where their answers differ
	@$(BIN)/python -m contract_tests.compare $(ARGS)

mutants: $(VENV)/installed ## Show that the suite catches every fault, into docs/mutants.md: ARGS='--every 1' or '-k name'
	$(BIN)/pytest mutants -n 2 --dist load --maxschedchunk 1 -v -rN --no-header $(ARGS)

check: $(VENV)/installed ## Format, lint, types, and the contract's validity
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/openapi-spec-validator openapi.yaml

bench: $(VENV)/installed ## Measure the mock beside its peers, into docs/performance.md: ARGS='--smoke'
	@$(BIN)/python -m benchmarks $(ARGS)

bench-contract: $(VENV)/installed ## Measure where the suite's time goes, into docs/performance-contract.md: ARGS='--profiles quick'
	@$(BIN)/python -m benchmarks.contract $(ARGS)

SINCE ?= $(shell git describe --tags --abbrev=0 2>/dev/null)
NODE_BIN := $(READERS)/node_modules/.bin

$(READERS)/node_modules/installed: $(READERS)/package-lock.json
	@echo "Installing the Node tools of $(READERS)/package-lock.json; once, about half a minute."
	@command -v npm > /dev/null || { echo "npm is missing; Node 20 or newer brings it."; exit 2; }
	@cd $(READERS) && npm ci --ignore-scripts --silent
	@touch $@

$(READERS)/.venv/installed: $(READERS)/requirements.lock
	@echo "Making $(READERS)/.venv from its requirements.lock; once, about half a minute."
	@$(PYTHON) -m venv --clear $(READERS)/.venv
	@$(READERS)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

lint-contract overlays dist diff-contract reuse: export REDOCLY_TELEMETRY = off
lint-contract overlays dist diff-contract reuse: export REDOCLY_SUPPRESS_UPDATE_NOTICE = true

EDITIONS := $(patsubst overlays/%,build/%,$(wildcard overlays/*.yaml))

build/%.yaml: overlays/%.yaml openapi.yaml $(READERS)/node_modules/installed
	$(NODE_BIN)/redocly bundle --config $(READERS)/redocly.yaml --overlay $< --output $@ openapi.yaml

overlays: $(EDITIONS) ## Make the other editions of the contract, into build/

# OpenAPI Generator ends with 0 on warnings, too.
lint-contract: $(VENV)/installed $(READERS)/node_modules/installed $(READERS)/.venv/installed $(EDITIONS) ## Hold the contract and its editions against four linters (needs Node 20 and Java 11)
	$(BIN)/openapi-spec-validator openapi.yaml $(EDITIONS)
	$(NODE_BIN)/redocly lint --config $(READERS)/redocly.yaml --max-problems 1000 openapi.yaml $(EDITIONS) overlays/*.yaml
	$(NODE_BIN)/spectral lint --ruleset $(READERS)/spectral.yaml --fail-severity hint openapi.yaml $(EDITIONS)
	@for contract in openapi.yaml $(EDITIONS); do \
	  said=$$($(READERS)/.venv/bin/openapi-generator-cli validate --recommend -i $$contract 2>&1); echo "$$said"; \
	  case "$$said" in *"No validation issues detected."*) ;; *) exit 1 ;; esac; done

dist: $(VENV)/installed $(READERS)/node_modules/installed ## Make the wheel, the contract as one JSON, a page of it, and a Postman collection, into dist/
	@rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(NODE_BIN)/redocly bundle --config $(READERS)/redocly.yaml --dereferenced --output dist/openapi.json openapi.yaml
	$(BIN)/python $(READERS)/offline.py dist/contract.html
	$(NODE_BIN)/redocly bundle --config $(READERS)/redocly.yaml --overlay $(READERS)/postman.overlay.yaml --output build/postman.yaml openapi.yaml
	$(NODE_BIN)/openapi2postmanv2 --spec build/postman.yaml --options-config $(READERS)/postman.json --pretty --output dist/postman.json

reuse: $(READERS)/.venv/installed overlays dist ## Try the editions, dist/ and every command of docs/reuse.md: ARGS='-k postman'
	$(BIN)/python -m pytest -m reuse $(ARGS)

diff-contract: $(READERS)/node_modules/installed ## Name what changed for clients since the last tag, and hold info.version to it: SINCE=v1.0.0
	@if [ -z "$(SINCE)" ]; then echo "Nothing was compared: there is no tag here." \
	    "Where the repository has one, git fetch --unshallow --tags brings it into a shallow clone."; exit 0; fi; \
	  mkdir -p build && git show "$(SINCE):openapi.yaml" > build/since.yaml \
	  && $(NODE_BIN)/redocly diff --fail-on none --check-version build/since.yaml openapi.yaml

clients: $(VENV)/installed $(READERS)/node_modules/installed $(READERS)/.venv/installed ## Generate clients, run each against the mock, write docs/clients.md: ARGS=orval
	@$(BIN)/python -m readers.clients $(ARGS)

fix: $(VENV)/installed ## Format and mend what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

COMPILE := $(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --generate-hashes --no-header \
  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --annotation-style=line

lock: $(VENV)/installed ## Choose the newest versions that pyproject.toml and readers/requirements.in allow
	$(COMPILE) --all-extras --output-file requirements.lock pyproject.toml
	$(COMPILE) --output-file $(READERS)/requirements.lock $(READERS)/requirements.in

clean: ## Remove everything that make made
	rm -rf $(VENV) $(READERS)/node_modules $(READERS)/.venv $(READERS)/generated .node .bench build dist reports .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis
