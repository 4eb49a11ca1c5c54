# Two commands matter: `make demo` and `make test`. Both set everything up first; Python >= 3.11 and make are enough.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# OPA's and Regal's programs are kept here; scripts/obtain_opa.sh and scripts/obtain_regal.sh pin their versions.
CACHE := .cache
# What actionlint reads; with ShellCheck on PATH also the shell in it.
WORKFLOWS := examples/github/*.yml
LOCK_TOOL := uv==0.13.9
# Two threads of a core count as two, as on hired machines, which may have one core. Tests of one file stay together,
# as they share what took long to make; the order is that of the files.
PARALLEL := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# macOS does not look for Homebrew's libraries (Pango) by itself.
ifeq ($(shell uname),Darwin)
WITH_LIBRARIES := DYLD_FALLBACK_LIBRARY_PATH=/opt/homebrew/lib:/usr/local/lib:/usr/lib
endif

# Hundreds of processes of a test run read the same modules: Python keeps what it compiles.
unexport PYTHONDONTWRITEBYTECODE

# Every target that is meant to be called says so behind `##`.
.PHONY: help setup demo test coverage test-long fuzz mutants lint pages regal actionlint docs bench lock clean
help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1@\2/p' $(MAKEFILE_LIST) | while IFS=@ read -r name what; do \
	    printf '%-15s %s\n' "$$name" "$$what"; done

setup: $(VENV)/.installed ## install what the rest needs, by the lock; every target below does so first

$(VENV)/.created: scripts/setup_system.sh scripts/find_python.sh
	@python=$$(sh scripts/find_python.sh) && sh scripts/setup_system.sh "$$python" && "$$python" -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created requirements.lock pyproject.toml
	@echo "installing the locked dependencies ..."
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## sandbox organization, push, 35 days of backups, audit, report
	@$(WITH_LIBRARIES) $(BIN)/python -m auditor demo

# Pages and schemas that are made from the code, each by a script of this name.
PAGES := resource_types configuration_page controls_pages facts_page document_schema operations_page frameworks_page refusals_page

pages: setup ## see whether the generated pages are as the code says
	@for page in $(PAGES); do $(BIN)/python scripts/$$page.py --check || exit 1; done

lint: setup ## ruff, mypy, generated pages, and Regal and actionlint where they are here
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(MAKE) --no-print-directory pages
	@regal=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_regal.sh --here 2>/dev/null) || { \
	    echo "Regal, Rego's linter, is not here and not run: make regal"; exit 0; }; \
	echo "$$regal lint policies"; "$$regal" lint policies
	@actionlint=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_actionlint.sh --here 2>/dev/null) || { \
	    echo "actionlint, which reads GitHub's workflows, is not here and not run: make actionlint"; exit 0; }; \
	echo "$$actionlint $(WORKFLOWS)"; "$$actionlint" $(WORKFLOWS)

# Rego's own linter, built with Go or downloaded; where it cannot be had this fails, and `make lint` goes without it.
regal: ## get Regal, Rego's linter, and run it over the policies; from then on `make lint` runs it too
	regal=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_regal.sh) && "$$regal" lint policies

# Looked for on PATH, else built with Go; where it cannot be had this fails, and `make lint` goes without it.
actionlint: ## get actionlint, and run it over the workflows of the examples; from then on `make lint` runs it too
	actionlint=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_actionlint.sh) && "$$actionlint" $(WORKFLOWS)

# A real OPA where one can be had: the tests marked `opa` are skipped by name without it.
test: setup ## every test but the long series, and the twenty slowest
	@opa=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_opa.sh) && export AUDITOR_OPA="$$opa"; \
	$(WITH_LIBRARIES) $(BIN)/python -m pytest $(PARALLEL) --durations=20 $(PYTEST_ARGS)

# `make test`, and which lines and branches of the code it ran; takes about half as long again.
coverage: ## make test, and which lines and branches it ran
	$(MAKE) test PYTEST_ARGS="--cov --cov-report=term:skip-covered $(PYTEST_ARGS)"

# What `make test` shows with a few examples, with many; and what it leaves out: the other partitions, PostgreSQL for
# what was shown on SQLite, the long series of kills and of overtaken attempts. veraPDF judges the PDF where it can be
# had (a JDK, Maven); without it the tests marked `verapdf` are skipped by name. So it is with Conftest (Go).
test-long: setup ## what make test leaves out: long series, many random situations, other partitions, PostgreSQL
	opa=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_opa.sh) && export AUDITOR_OPA="$$opa"; \
	verapdf=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_verapdf.sh) && export AUDITOR_VERAPDF="$$verapdf"; \
	conftest=$$(AUDITOR_CACHE=$(CACHE) sh scripts/obtain_conftest.sh) && export AUDITOR_CONFTEST="$$conftest"; \
	$(WITH_LIBRARIES) $(BIN)/python -m pytest $(PARALLEL) -m "long or hypothesis" \
	    --hypothesis-profile=many --timeout=3000 --durations=20 $(PYTEST_ARGS)

# Only here, as it has wheels for Linux on x86-64 alone; where it cannot be had this fails, and nothing else needs it.
fuzz: setup ## fuzz whatever reads a file, for a quarter of an hour (FUZZ_ARGS="--seconds 60 tiers"), where atheris is
	@tool=$$($(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["fuzz"])') && \
	$(PIP) --target $(CACHE)/fuzz-tool --upgrade "$$tool" || { \
	    echo "atheris cannot be had here (it has wheels for some Pythons on Linux): nothing is fuzzed" >&2; exit 1; }
	PYTHONPATH=$(CACHE)/fuzz-tool $(BIN)/python -m tests.hostile.fuzz --corpus $(CACHE)/fuzz $(FUZZ_ARGS)

# Each control spoilt in every small way: its Rego tests must notice.
mutants: setup ## spoil each control in every small way; its Rego tests must notice
	$(BIN)/python -m scripts.mutants

bench: setup ## the measurements of docs/performance.md
	$(WITH_LIBRARIES) $(BIN)/python -m bench $(BENCH_ARGS)

docs: setup ## write the generated pages
	@for page in $(PAGES); do $(BIN)/python scripts/$$page.py || exit 1; done

lock: setup ## renew requirements.lock from pyproject.toml
	$(PIP) --target $(CACHE)/lock-tool --upgrade $(LOCK_TOOL)
	$(CACHE)/lock-tool/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras \
	    --group dev --no-header --upgrade --output-file requirements.lock pyproject.toml

clean: ## remove what was set up and built
	rm -rf $(VENV) $(CACHE) build dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
