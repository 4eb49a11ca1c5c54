# Two commands matter: `make demo` and `make test`. Both set everything up first; Python >= 3.11 and make are enough.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# OPA's and Regal's programs are kept here; scripts/obtain_opa.sh and scripts/obtain_regal.sh pin their versions.
CACHE := .cache
LOCK_TOOL := uv==0.13.9
# Tests of one file stay together, as they share what took long to make; the order is that of the files.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# macOS does not look for Homebrew's libraries (Pango) by itself.
ifeq ($(shell uname),Darwin)
WITH_LIBRARIES := DYLD_FALLBACK_LIBRARY_PATH=/opt/homebrew/lib:/usr/local/lib:/usr/lib
endif

.PHONY: help setup demo test test-long mutants lint regal docs bench lock clean

help:
	@echo "make demo       set up, then: sandbox organization, push, 35 days of backups, audit, report"
	@echo "make test       set up, then: every check and test"
	@echo "make test-long  set up, then: the long series of the tests that look for untrue verdicts"
	@echo "make regal      get Rego's linter, and run it over the policies"
	@echo "make mutants    set up, then: spoil each control and see whether its tests notice"
	@echo "make bench      set up, then: the measurements of docs/performance.md"
	@echo "make docs       write the generated pages"
	@echo "make lock       renew requirements.lock from pyproject.toml"
	@echo "make clean      remove what was set up and built"

setup: $(VENV)/.installed

$(VENV)/.created: scripts/setup_system.sh scripts/find_python.sh
	@python=$$(sh scripts/find_python.sh) && sh scripts/setup_system.sh "$$python" && "$$python" -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created requirements.lock pyproject.toml
	@echo "installing the locked dependencies ..."
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(WITH_LIBRARIES) $(BIN)/python -m auditor demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/resource_types.py --check
	$(BIN)/python scripts/configuration_page.py --check
	$(BIN)/python scripts/controls_pages.py --check
	$(BIN)/python scripts/facts_page.py --check
	$(BIN)/python scripts/document_schema.py --check
	$(BIN)/python scripts/operations_page.py --check
	@regal=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_regal.sh --here 2>/dev/null) || { \
	    echo "Regal, Rego's linter, is not here and not run: make regal"; exit 0; }; \
	echo "$$regal lint policies"; "$$regal" lint policies

# Rego's own linter, built with Go or downloaded; where it cannot be had this fails, and `make lint` goes without it.
regal:
	regal=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_regal.sh) && "$$regal" lint policies

# A real OPA where one can be had: the tests marked `opa` are skipped by name without it.
test: lint
	opa=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_opa.sh) && export AUDITOR_OPA="$$opa"; \
	$(WITH_LIBRARIES) $(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

# The same properties as in `make test`, with every fault and many more random cases: some minutes.
test-long: setup
	$(WITH_LIBRARIES) $(BIN)/python -m pytest $(PARALLEL) -m long --timeout=3000 $(PYTEST_ARGS)

# Each control spoilt in every small way: its Rego tests must notice.
mutants: setup
	$(BIN)/python -m scripts.mutants

bench: setup
	$(WITH_LIBRARIES) $(BIN)/python -m bench $(BENCH_ARGS)

docs: setup
	$(BIN)/python scripts/resource_types.py
	$(BIN)/python scripts/configuration_page.py
	$(BIN)/python scripts/controls_pages.py
	$(BIN)/python scripts/facts_page.py
	$(BIN)/python scripts/document_schema.py
	$(BIN)/python scripts/operations_page.py

lock: setup
	$(PIP) --target $(CACHE)/lock-tool --upgrade $(LOCK_TOOL)
	$(CACHE)/lock-tool/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras \
	    --group dev --no-header --upgrade --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) $(CACHE) build dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
