# Two commands do all their set-up: `make audit` (the main job) and `make test`. Both install into .venv.
PYTHON ?= python3
BIN := .venv/bin
# A server a worker. A file stays with one worker, which then makes what its tests share once; all that use a real
# Directus stay with one, so that there is one Directus (tests/conftest.py).
WORKERS := -n auto --maxprocesses 4 --dist loadfile
NODE = $(BIN)/python -c "from compliance.estate.node import find; find($(1), '')" 2>/dev/null \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock
.DEFAULT_GOAL := help

.venv/run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(call NODE,20) || echo "No Node: everything works but the HTML page."
	touch $@

.venv/dev: requirements-dev.lock fixtures/directus/package-lock.json fixtures/nitro/package-lock.json .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(call NODE,22) || echo "No Node 22: the tests on a real Directus will fail."
	$(BIN)/python -c "from compliance.estate.directus import install; install(print)" \
	  || echo "No Directus: the tests on a real one will fail, unless told --no-directus."
	$(BIN)/python -c "from compliance.estate.nitro import install; install(print)" \
	  || echo "No Nitro: the tests on real endpoints will fail."
	touch $@

.PHONY: help audit live test check prove bench demo docs lock clean capture-directus golden
help: ## Say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 20

audit: .venv/run ## Observe, probe, gate, compile and report on the embedded reference estate
	$(BIN)/compliance audit

live: .venv/run ## Run the reference estate with a real Directus and Agent Data, until `compliance estate down`
	$(call NODE,22)
	$(BIN)/compliance estate up --directus

check: .venv/dev ## Format, lint, types, imports, house and pure tests (at most 2 minutes)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q $(WORKERS) -m 'not prove' tests/pure tests/test_house.py

test: check ## Everything that decides: `make check`, and the tests on real servers (at most 12 minutes)
	$(BIN)/pytest -q $(WORKERS) -m 'not prove' tests --ignore tests/pure --ignore tests/test_house.py

prove: .venv/dev ## Exhaustive: the tests, and the full matrices marked `prove`
	$(BIN)/pytest -q $(WORKERS) tests

bench: .venv/dev ## Measure, as ratios in one run
	missed=0; for each in benchmarks/[a-z]*.py; do $(BIN)/python $$each || missed=1; done; exit $$missed

demo: .venv/run ## Play a change from drift to rollback on an estate that is thrown away (under a minute)
	$(BIN)/compliance demo

docs: .venv/dev ## Build the documentation into docs/_build/html, offline
	$(BIN)/sphinx-build -W --keep-going -n -q -d docs/_build/trees docs docs/_build/html
	@echo docs/_build/html/index.html

golden: .venv/run ## Compile the reference estate again into sql/compiled, and its registration into sql/reference
	$(BIN)/python sql/reference/compile_registration.py
	$(BIN)/python -m tests.golden
	$(BIN)/compliance profiles accept --estate fixtures/reference/estate.yaml

lock: .venv/dev ## Write the lock files again; none names a registry host
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --extra node -c requirements.lock -o requirements-node.lock

capture-directus: .venv/run ## Capture the tables of a real Directus 11.17.4 again (needs the npm and PyPI registries)
	$(BIN)/python sql/reference/capture_directus.py

clean: ## Remove what was generated
	rm -rf .venv .mypy_cache .ruff_cache reports/allure-results reports/html reports/compiled docs/_build
