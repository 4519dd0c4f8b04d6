# The commands of this project; `make` alone lists them.
# Each command installs what it needs on first use, in .venv and from a lock file: exact versions, each with its hash.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Read from the command line only: other programs export variables such as HOST and PORT for their own purposes.
HOST :=
PORT :=
WORLD :=
STRICT :=
RELOAD :=
ARGS :=

# The target of the contract suite. Its tokens come from the environment; on the command line they are refused below.
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

# The list of processes shows make's command line to every user of the machine, and MAKEFLAGS hands it to each program.
ON_COMMAND_LINE = $(if $(findstring command line,$(origin $(1))),$(1))
SECRETS := $(strip $(foreach name,$(.VARIABLES),$(if $(or \
  $(findstring TOKEN,$(name)),$(findstring token,$(name)),$(findstring Token,$(name))),$(call ON_COMMAND_LINE,$(name)))))
ifneq (,$(or $(findstring TOKEN=,$(ARGS)),$(findstring token=,$(ARGS)),$(findstring --token,$(ARGS))))
SECRETS += ARGS
endif
ifneq (,$(strip $(SECRETS)))
$(error $(firstword $(SECRETS)) puts a token on the command line of make, where the list of processes shows it to \
  every user of the machine; put it into the environment instead, with `read -rs CANVAS_TOKEN; export CANVAS_TOKEN` \
  or as a secret of the CI system)
endif

# pytest stores its rewritten modules as bytecode; without these files each run of the suite starts two seconds later.
unexport PYTHONDONTWRITEBYTECODE

READERS := readers
CONTROL := mockserver/control/openapi.yaml
CONTRACT := openapi.yaml

.DEFAULT_GOAL := help
.PHONY: help install mock test test-fast coverage contract compare check bench bench-contract fix lock clean lint-contract \
  fidelity clients diff-contract overlays dist reuse mutants soak killed-runs example-pytest example-playwright \
  example-vitest test-front-end vendor packages test-packages test-nginx check-release

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# `--quiet` is given twice so that pip prints errors only, not the warnings about its configuration on this machine.
PIP_INSTALL := -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --requirement

$(VENV)/mock: requirements/mock.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is required; $(PYTHON) is older. Name another: make PYTHON=python3.12"; exit 2; }
	@echo "Installing the mock into $(VENV), once: a download of 20 MB, about 15 seconds."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python $(PIP_INSTALL) $<
	@touch $@

$(VENV)/contract: requirements/contract.lock $(VENV)/mock
	@echo "Installing the contract suite into $(VENV), once: a download of 10 MB, about 10 seconds."
	@$(BIN)/python $(PIP_INSTALL) $<
	@touch $@

$(VENV)/dev: requirements/dev.lock $(VENV)/contract
	@echo "Installing the developers' tools into $(VENV), once: a download of 40 MB, about 15 seconds."
	@$(BIN)/python $(PIP_INSTALL) $<
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(VENV)/dev ## Install everything that the other commands need from PyPI

mock: $(VENV)/mock ## Run the mock: PORT= HOST= WORLD=file.yaml STRICT=1 RELOAD=1 ARGS='--help'
	@exec $(BIN)/python -m mockserver $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT)) \
	  $(if $(WORLD),--world $(WORLD)) $(if $(filter-out 0,$(STRICT)),--strict) $(if $(filter-out 0,$(RELOAD)),--reload) $(ARGS)

# make itself exits with 2 whenever a command fails: CI runs `canvas-contract` or `$(BIN)/python -m contract_tests`.
contract: $(VENV)/contract ## Test the mock, or CANVAS_URL= with tokens from the environment, against the contract (exit status 0 passed, 2 otherwise): PROFILE=smoke|quick|default|thorough SEED= RATE= READ_ONLY=1 ARGS=--verbose
	@$(BIN)/python -m contract_tests $(ARGS)

compare: $(VENV)/contract ## Send the same requests to the mock and to CANVAS_URL= with tokens from the environment, and list the differences
	@$(BIN)/python -m contract_tests.comparison $(ARGS)

# The tests use no test of Schemathesis, whose plugin takes a second to import in each worker.
WITHOUT_SCHEMATHESIS := -p no:schemathesis

# Three workers, because many tests wait: for a server that is silent, or for a run of the suite.
EVERY_TEST := -m pytest $(WITHOUT_SCHEMATHESIS) -n 3 --dist worksteal

test: $(VENV)/dev ## Run every test: ARGS='-k pagination'
	$(BIN)/python $(EVERY_TEST) $(ARGS)

coverage: $(VENV)/dev ## Run every test, and list the lines and branches of the mock that no test executes: ARGS='tests/api'
	$(BIN)/coverage erase
	$(BIN)/coverage run $(EVERY_TEST) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-fast: $(VENV)/dev ## Run the tests that take no more than a second each: ARGS='-k pagination'
	@$(BIN)/python -m pytest $(WITHOUT_SCHEMATHESIS) -m "not slow and not reuse and not front_end and not distribution and not nginx" -n 3 -q $(ARGS)

check: $(VENV)/dev ## Check format, lint, types, the imports between packages, and the contract's validity
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/openapi-spec-validator openapi.yaml $(CONTROL)

fix: $(VENV)/dev ## Format, and fix the lint violations that ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

fidelity: $(VENV)/dev ## Replay the recordings of a running Canvas against the mock, and write docs/fidelity.md
	@$(BIN)/python -m recordings

mutants: $(VENV)/dev ## Run the suite on faults of the mock, and write docs/mutants.md: ARGS='--every 1' or '-k name'
	$(BIN)/python -m pytest mutants -n 2 --dist load --maxschedchunk 1 -v -rN --no-header $(ARGS)

bench: $(VENV)/dev ## Measure the mock and other mock servers, and write docs/performance.md: ARGS='--smoke'
	@$(BIN)/python -m benchmarks $(ARGS)

bench-contract: $(VENV)/dev ## Measure the suite, and write docs/performance-contract.md: ARGS='--profiles quick'
	@$(BIN)/python -m benchmarks.contract $(ARGS)

soak: $(VENV)/dev ## Send requests and garbage to the mock for ten minutes, and write docs/reliability.md: ARGS='--minutes 1'
	@$(BIN)/python -m benchmarks.reliability.soak $(ARGS)

killed-runs: $(VENV)/dev ## Kill fifty runs of the suite, check that the next restores the account, and write docs/reliability.md: ARGS='--runs 5'
	@$(BIN)/python -m benchmarks.reliability.killed_runs $(ARGS)

# The tools below come from the Node and Java ecosystems.

SINCE ?= $(shell git describe --tags --abbrev=0 2>/dev/null)
NODE_BIN := $(READERS)/node_modules/.bin

$(READERS)/node_modules/installed: $(READERS)/package-lock.json
	@echo "Installing the Node tools of $(READERS)/package-lock.json, once: about half a minute."
	@command -v npm > /dev/null || { echo "npm is required; it comes with Node 22 or 24."; exit 2; }
	@cd $(READERS) && npm ci --ignore-scripts --silent
	@touch $@

$(READERS)/.venv/installed: $(READERS)/requirements.lock
	@echo "Installing the generators of $(READERS)/requirements.lock into $(READERS)/.venv, once: about half a minute."
	@$(PYTHON) -m venv --clear $(READERS)/.venv
	@$(READERS)/.venv/bin/python $(PIP_INSTALL) $<
	@touch $@

lint-contract overlays dist diff-contract reuse: export REDOCLY_TELEMETRY = off
lint-contract overlays dist diff-contract reuse: export REDOCLY_SUPPRESS_UPDATE_NOTICE = true

# The time in wheel and sdist, so that two builds are alike: that of the last commit.
BUILD_TIME = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null),1767225600)

EDITIONS := $(patsubst overlays/%,build/%,$(wildcard overlays/*.yaml))

build/%.yaml: overlays/%.yaml openapi.yaml $(READERS)/node_modules/installed
	$(NODE_BIN)/redocly bundle --config $(READERS)/redocly.yaml --overlay $< --output $@ openapi.yaml

overlays: $(EDITIONS) ## Write the other editions of the contract to build/

# OpenAPI Generator exits with 0 even when it prints warnings.
lint-contract: $(VENV)/dev $(READERS)/node_modules/installed $(READERS)/.venv/installed $(EDITIONS) ## Lint the contract and its editions with four linters (needs Node and Java 11)
	$(BIN)/openapi-spec-validator openapi.yaml $(CONTROL) $(EDITIONS)
	$(NODE_BIN)/redocly lint --config $(READERS)/redocly.yaml --max-problems 1000 openapi.yaml $(CONTROL) $(EDITIONS) overlays/*.yaml
	$(NODE_BIN)/spectral lint --ruleset $(READERS)/spectral.yaml --fail-severity hint openapi.yaml $(CONTROL) $(EDITIONS)
	@for contract in openapi.yaml $(CONTROL) $(EDITIONS); do \
	  output=$$($(READERS)/.venv/bin/openapi-generator-cli validate --recommend -i $$contract 2>&1); echo "$$output"; \
	  case "$$output" in *"No validation issues detected."*) ;; *) exit 1 ;; esac; done

dist: $(VENV)/dev $(READERS)/node_modules/installed ## Build the wheel, and write the contract as one JSON file, an HTML page and a Postman collection to dist/
	@rm -rf dist
	SOURCE_DATE_EPOCH=$(BUILD_TIME) $(BIN)/python -m build --no-isolation --outdir dist .
	$(NODE_BIN)/redocly bundle --config $(READERS)/redocly.yaml --dereferenced --output dist/openapi.json openapi.yaml
	$(BIN)/python $(READERS)/offline.py dist/contract.html
	$(NODE_BIN)/redocly bundle --config $(READERS)/redocly.yaml --overlay $(READERS)/postman.overlay.yaml --output build/postman.yaml openapi.yaml
	$(NODE_BIN)/openapi2postmanv2 --spec build/postman.yaml --options-config $(READERS)/postman.json --pretty --output dist/postman.json

reuse: $(READERS)/.venv/installed overlays dist ## Test the editions, dist/ and every command of docs/reuse.md: ARGS='-k postman'
	$(BIN)/python -m pytest -m reuse $(ARGS)

test-front-end: $(VENV)/dev ## Run every command of docs/front-end.md (needs Node and Chromium)
	$(BIN)/python -m pytest -m front_end $(ARGS)

# The lock file of npm has the versions and their hashes; the tests compare the files with SHA256SUMS.
VENDORED := mockserver/pages/vendor/swagger-ui
VENDORED_TESTS := tests/pages/vendor

vendor: $(READERS)/node_modules/installed ## Copy Swagger UI, and axe-core for the tests, from the npm packages
	cd $(READERS)/node_modules/swagger-ui-dist && cp swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css LICENSE NOTICE $(CURDIR)/$(VENDORED)
	cd $(READERS)/node_modules/axe-core && cp axe.min.js LICENSE $(CURDIR)/$(VENDORED_TESTS)
	for folder in $(VENDORED) $(VENDORED_TESTS); do \
	  (cd $$folder && rm -f SHA256SUMS && sha256sum * > ../SHA256SUMS && mv ../SHA256SUMS .); done

# The contract of each release is in the repository, for a checkout without tags.
LAST_RELEASE ?= $(lastword $(shell ls -d releases/*/openapi.yaml | sort -V))

diff-contract: $(READERS)/node_modules/installed ## List the changes for clients since the last release, and check info.version: SINCE=v1.0.0
	@mkdir -p build; if [ -n "$(SINCE)" ]; then git show "$(SINCE):openapi.yaml" > build/since.yaml; \
	  else cp "$(LAST_RELEASE)" build/since.yaml; fi \
	  && echo "Changes since $(or $(SINCE),$(LAST_RELEASE)):" \
	  && $(NODE_BIN)/redocly diff --fail-on none --check-version build/since.yaml $(CONTRACT)

clients: $(VENV)/dev $(READERS)/node_modules/installed $(READERS)/.venv/installed ## Generate clients, run each against the mock, write docs/clients.md: ARGS=orval
	@$(BIN)/python -m readers.clients $(ARGS)

example-pytest: $(VENV)/dev ## Run the example of tests in Python: ARGS='-k canvasapi'
	$(BIN)/python -m pytest examples/pytest $(ARGS)

examples/%/node_modules/installed: examples/%/package-lock.json
	@echo "Installing the Node packages of $<, once: about 20 seconds."
	@command -v npm > /dev/null || { echo "npm is required; it comes with Node 22 or 24."; exit 2; }
	@cd examples/$* && npm ci --ignore-scripts --silent
	@touch $@

# openapi-typescript writes the types of both contracts to examples/canvas-mock/.
example-playwright example-vitest: example-%: $(VENV)/mock examples/%/node_modules/installed
	cd examples/$* && npm run --silent types && npm run --silent check && npm test --silent -- $(ARGS)

example-playwright: ## Run the example of browser tests (needs Node and Chromium): ARGS='--headed'
example-vitest: ## Run the example of tests with fetch (needs Node): ARGS='-t list'

# Packages, container and releases: tests/distribution.

DEPLOY_TOOLS ?= deploy/.venv/bin
NGINX ?= $(or $(shell command -v nginx),build/nginx/usr/sbin/nginx)

deploy/.venv/installed: deploy/requirements.lock
	@echo "Installing the tools of deploy/requirements.lock into deploy/.venv, once: about half a minute."
	@$(PYTHON) -m venv --clear deploy/.venv
	@deploy/.venv/bin/python $(PIP_INSTALL) $<
	@touch $@

build/nginx/usr/sbin/nginx:
	@mkdir -p build/nginx && cd build/nginx && apt-get download nginx && dpkg-deb -x nginx_*.deb .

packages: $(VENV)/dev ## Build wheel, sdist and npm package to build/packages/ (needs npm)
	@rm -rf build/packages && mkdir -p build/packages
	SOURCE_DATE_EPOCH=$(BUILD_TIME) $(BIN)/python -m build --no-isolation --outdir build/packages .
	cd packages/mock-client && npm ci --ignore-scripts --silent && npm run --silent build && npm pack --silent --pack-destination ../../build/packages

test-packages: $(VENV)/dev deploy/.venv/installed ## Test packages, container, action and workflows (needs the registries and npm): ARGS='-k wheel'
	$(BIN)/python -m pytest tests/distribution -m distribution $(ARGS)

test-nginx: $(VENV)/dev $(NGINX) ## Test deploy/nginx.conf with three mocks, and measure one and two mocks (needs nginx, or apt-get)
	NGINX=$(abspath $(NGINX)) $(BIN)/python -m pytest tests/distribution -m nginx -s $(ARGS)

check-release: ## Check that every version is that of TAG= and that CHANGELOG.md has its section
	@python3 deploy/check_release.py "$(TAG)"

# The lock files are complete for Linux, macOS and Windows. They contain no URLs.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line

lock: $(VENV)/dev ## Update the lock files to the newest versions that pyproject.toml and readers/requirements.in allow
	$(COMPILE) --upgrade --all-extras --output-file requirements/dev.lock pyproject.toml
	$(COMPILE) --constraint requirements/dev.lock --extra contract --output-file requirements/contract.lock pyproject.toml
	$(COMPILE) --constraint requirements/dev.lock --output-file requirements/mock.lock pyproject.toml
	$(COMPILE) --upgrade --output-file $(READERS)/requirements.lock $(READERS)/requirements.in
	$(COMPILE) --upgrade --output-file deploy/requirements.lock deploy/requirements.in

clean: ## Remove everything that make created
	rm -rf $(VENV) $(READERS)/node_modules $(READERS)/.venv deploy/.venv packages/mock-client/node_modules packages/mock-client/build packages/mock-client/dist packages/mock-client/LICENSE $(READERS)/generated examples/*/node_modules examples/*/test-results examples/canvas-mock/*.d.ts .node .bench build dist reports .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis .import_linter_cache
