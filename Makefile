# What a developer types. `make help` (or just `make`) lists it.
#
# The environment lives in .venv and is made on first use. It is brought up to date when constraints.txt or a
# pyproject.toml has changed. ARGS="..." hands arguments on: make test ARGS="-k consent", make demo ARGS="--help".
# make demo CRM=weclapp lets a CRM with an API lead.

VENV := .venv
BIN := $(VENV)/bin
DISTRIBUTIONS := core $(patsubst %/,%,$(dir $(wildcard plugins/*/pyproject.toml)))
SOURCES := $(addsuffix /src,$(DISTRIBUTIONS)) $(wildcard docs/examples/*/src) tools
EDITABLE := $(foreach distribution,$(DISTRIBUTIONS),--editable $(distribution))

# Names only; the versions stand in constraints.txt.
TOOLS := bandit brevo-python furo hatchling hypothesis import-linter mailchimp-marketing mypy myst-parser openapi-core pip pip-audit pytest pytest-xdist ruff sphinx

SET_UP := sh tools/environment.sh $(VENV)
INSTALLED := $(VENV)/.installed
MAILMAN := $(CURDIR)/.venv-mailman
EXAMPLE := docs/examples/rundbrief-mailman
INSTALLED_TOOLS := $(VENV)/.installed-tools

# Tests and checks start hundreds of processes: each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-mailman kill-test test-disks soak fault-matrix check format docs docs-tables schema interface bench load bench-fields constraints clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' Makefile | awk -F@ '{ printf "%-20s%s\n", $$1, $$2 }'

demo: $(INSTALLED) ## watch contacts, opt-ins and an unsubscribe travel, on sandboxes: no account needed
	@$(BIN)/rundbrief demo $(if $(CRM),--crm $(CRM)) $(ARGS)

# Tests wait for processes of their own now and then: one worker more than there are cores fills the gaps.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

# Each plugin's contract is run by tests/test_workspace.py, where the plugin is installed alone; once is enough.
test: check ## check everything, then run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not contract" $(ARGS)

# Where `make test` tries a handful of cases, always the same ones. make test-disks ARGS="-x" CASES=500
CASES := 100

test-disks: $(INSTALLED_TOOLS) ## try full, damaged and cut-off disks at many points (about half an hour)
	@RUNDBRIEF_DISK_CASES=$(CASES) $(BIN)/python -m pytest tests/test_disk_full.py core/tests/engine/test_power_loss.py \
		core/tests/cli/test_damage.py $(ARGS)

# The example in docs/examples, with the server that it is for. MAILMAN=/a/folder where this one cannot be reached by others.
test-mailman: $(INSTALLED_TOOLS) $(MAILMAN)/.installed ## run the Mailman example's tests on a real server
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --upgrade --target $(MAILMAN)/plugin $(EXAMPLE)
	@PYTHONPATH=$(MAILMAN)/plugin RUNDBRIEF_MAILMAN=$(MAILMAN) $(BIN)/python -m pytest $(EXAMPLE)/tests $(ARGS)

# A failure shows the command that finds it again. ARGS="--minutes 5 --seed 7 --pair brevo-weclapp" is shorter.
soak: $(INSTALLED_TOOLS) ## look for half an hour for an order of events in which a "no" is lost
	@$(BIN)/python tests/soak.py $(ARGS)

# Half an hour of one processor. ARGS=--write puts the outcomes on record; ARGS="brevo --only 'add'" runs a part.
fault-matrix: $(INSTALLED_TOOLS) ## let every fault happen at every kind of request, and compare with the record
	@cd tests && ../$(BIN)/python -m faults --processes $$(getconf _NPROCESSORS_ONLN) $(ARGS)

check: $(INSTALLED_TOOLS) ## style, types, layers and known weaknesses
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: run \`make format\`."; exit 1; }
	@$(BIN)/mypy --no-error-summary $(SOURCES)
	@$(BIN)/lint-imports --no-logo >$(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(addsuffix /src,$(DISTRIBUTIONS))
	@$(BIN)/python tools/audit.py constraints.txt $(VENV)/.audited
	@echo "Style, types and layers are fine."

format: $(INSTALLED_TOOLS) ## put the code into shape
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

docs: $(INSTALLED_TOOLS) ## build the documentation into docs/_build
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build $(ARGS)
	@echo "docs/_build/index.html"

docs-tables: $(INSTALLED_TOOLS) ## renew what is made from the code in docs/
	@cd tools && ../$(BIN)/python -m docs_tables $(ARGS)

schema: $(INSTALLED_TOOLS) ## note what the migrations make, for new databases
	@$(BIN)/python tools/schema_snapshots.py

interface: $(INSTALLED_TOOLS) ## note the public interface, for a release
	@$(BIN)/python tools/public_interface.py >tests/public_interface.txt

kill-test: $(INSTALLED_TOOLS) ## kill the command at hundreds of requests and database writes, and compare
	@$(BIN)/python tests/crashes/run.py $(ARGS)

bench: $(INSTALLED_TOOLS) ## measure throughput, memory, requests and start-up time
	@$(BIN)/python tests/bench/run.py $(ARGS)

load: $(INSTALLED_TOOLS) ## put a million contacts through each service's sandbox: hours, see ARGS="--help"
	@$(BIN)/python tests/bench/load.py $(ARGS)

bench-fields: $(INSTALLED_TOOLS) ## measure what part of an export's CPU time its conversions take
	@$(BIN)/python tests/bench/field_conversion.py $(ARGS)

constraints: ## renew constraints.txt with the newest versions that fit together
	@sh tools/constraints.sh "$(TOOLS)" $(EDITABLE)

clean: ## remove the environment and everything that was made
	@rm -rf $(VENV) .venv-mailman docs/_build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find core plugins tests tools docs -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): constraints.txt tools/environment.sh $(addsuffix /pyproject.toml,$(DISTRIBUTIONS))
	@$(SET_UP) "Setting up the environment in $(VENV) (half a minute) ..." $(EDITABLE)
	@touch $@

$(MAILMAN)/.installed: $(EXAMPLE)/tests/real/constraints.txt tools/mailman_environment.py | $(INSTALLED_TOOLS)
	@echo "Setting up GNU Mailman in $(MAILMAN) (about a minute) ..."
	@$(BIN)/python tools/mailman_environment.py $(MAILMAN) $<
	@touch $@

$(INSTALLED_TOOLS): $(INSTALLED) Makefile
	@$(SET_UP) "Adding the tools for tests and checks (half a minute) ..." $(TOOLS)
	@touch $@
