# Two commands are enough to begin: `make demo` and `make test`. `make` alone lists the rest.
#
#   PYTHON=python3.12   the interpreter to use (any from 3.11 on)
#   VENV=.venv          where the virtual environment lives
#   ARGS="…"            passed on, e.g. make test ARGS="tests/kit -k units"

VENV ?= .venv
PYTHON ?=
ARGS ?=
UV ?= uv
BIN := $(VENV)/bin
LINES := awk -F ':.*\#\# ' '/^[a-z-]+:.*\#\# / {printf "  %-12s %s\n", $$1, $$2}'

# All tests use all processors, then those for real servers have the machine to themselves; ARGS narrows them.
TESTS := $(if $(ARGS),$(BIN)/pytest $(ARGS),$(BIN)/pytest -q -n auto --dist loadfile -m 'not real' && $(BIN)/pytest -m real)

# What says nothing of the interpreter and takes long: a smoke test leaves it out.
LONG := sim evals docs $(addprefix contract/test_,answers.py failures.py floods.py hardships.py hostile_values.py)

export PYTHON

.NOTPARALLEL:
.PHONY: help demo sim eval chat doctor serve test smoke check format format-check lint typecheck imports house docs docs-write \
	hooks bench integration lock clean core dev

help: ## This list
	@echo 'make …'
	@$(LINES) $(MAKEFILE_LIST)

# Running it

demo: core ## A simulated homelab, a fault in it, and its explanation (needs nothing else)
	@$(BIN)/sre demo $(ARGS)

sim: core ## A simulated homelab by itself, until Ctrl-C (ARGS="nas-down --at shows")
	@$(BIN)/sre sim run $(ARGS)

eval: core ## All scenarios put to the program from outside, and scored
	@$(BIN)/sre eval run $(ARGS)

chat: core ## Ask about your homelab (PROMETHEUS_URL)
	@$(BIN)/sre chat $(ARGS)

doctor: core ## Check the connected systems
	@$(BIN)/sre doctor $(ARGS)

serve: core ## The HTTP API on loopback
	@$(BIN)/sre serve $(ARGS)

# Working on it

test: dev ## All tests; those for real servers run where the servers are installed
	@$(TESTS)

smoke: dev ## A quick proof on one interpreter: imports, demo, the tests of the product without real servers
	@$(BIN)/python scripts/import_everything.py
	@$(BIN)/sre demo >/dev/null
	@$(BIN)/pytest -q -n auto -m 'not real' $(addprefix --ignore=tests/,$(LONG)) $(ARGS)

check: dev ## Everything a change must pass: format, lint, types, imports, tests, docs
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate_reference.py --check
	$(TESTS)
	@echo 'All checks passed.'

format: dev ## Rewrite the code in the house format
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

format-check: dev ## Is the code in the house format?
	@$(BIN)/ruff format --check

lint: dev ## Ruff's findings
	@$(BIN)/ruff check

typecheck: dev ## mypy, strict
	@$(BIN)/mypy

imports: dev ## The layers: who may import whom
	@$(BIN)/lint-imports

house: dev ## The house rules that no tool knows (tests/test_house.py)
	@$(BIN)/pytest -q tests/test_house.py

docs: dev ## Is the generated reference as the code says?
	@$(BIN)/python scripts/generate_reference.py --check

docs-write: dev ## Write the generated reference and the README's screen anew
	@$(BIN)/python scripts/generate_reference.py
	@$(BIN)/python scripts/capture_demo.py

hooks: dev ## Check each commit (pre-commit; downloads nothing)
	@$(BIN)/pre-commit install

bench: dev ## Print each figure beside its peer, from one run on this machine
	@$(BIN)/python benchmarks/run.py $(ARGS)

integration: dev ## The folder, simulated server and tests of a new system (NAME=adguard TITLE="AdGuard Home")
	@$(BIN)/python scripts/new_integration.py $(if $(TITLE),--title "$(TITLE)") -- "$(NAME)"

lock: ## Work out the locks again (needs uv; UPGRADE=--upgrade for newer versions)
	$(UV) pip compile --no-config --quiet --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-annotate --custom-compile-command 'make lock' $(UPGRADE) \
		--group build --extra dev pyproject.toml --output-file requirements-dev.lock
	$(UV) pip compile --no-config --quiet --universal --python-version 3.11 --fork-strategy fewest \
		--generate-hashes --no-annotate --custom-compile-command 'make lock' \
		--group build --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock

clean: ## Remove the environment and all caches
	@if [ -f $(VENV)/pyvenv.cfg ]; then rm -rf $(VENV); fi
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage dist

core: # what it needs to run
	@scripts/environment.sh $(VENV) requirements.lock

dev: # what it needs to be worked on
	@scripts/environment.sh $(VENV) requirements-dev.lock
