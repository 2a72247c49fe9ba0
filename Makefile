# Needs make and Python 3.11 or later with venv. Everything else is put into .venv.

# The first of these that is new enough. A version manager's shim may exist and
# not run, so each is asked for its version. `make setup PYTHON=...` names another.
PYTHON = $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN := .venv/bin
STAMP := .venv/.installed

# What the tests need from Debian, each as program-or-file:package.
DEBIAN := oathtool:oathtool zbarimg:zbar-tools shellcheck:shellcheck strace:strace jq:jq \
	bash:bash dash:dash /usr/share/bash-completion/bash_completion:bash-completion zsh:zsh fish:fish mandoc:mandoc \
	/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf:fonts-dejavu-core

# Without bytecode every command that a test starts compiles its imports anew.
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL: # the prerequisites of `test` have an order
.PHONY: bench bench-scale picture help setup quick check test soak mutants debian demo generate lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 8

setup: $(STAMP) ## make .venv with the pinned packages and mfactl itself

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or later found; try: apt-get install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "make: $(PYTHON) has no venv module; try: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# Rules, schemas, documents and one run of each error: what a change breaks first.
QUICK := tests/core tests/test_schemas.py tests/test_docs.py tests/test_error_table.py

quick: setup ## lint and the fastest tests, while you work
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pytest -x -q -n auto -m "not slow" $(QUICK)

check: setup ## lint, format, types, architecture
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: debian setup check ## everything that CI runs
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n auto -m "not slow"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='src/mfactl/core/*,src/mfactl/vault/*' --fail-under=100
	$(BIN)/coverage report --fail-under=95
	$(BIN)/pytest -q -n auto -m slow # measured, they would take twice as long and add nothing

soak: debian setup ## long runs of what has to hold; writes docs/reliability.md (SEED=n repeats one)
	seed=$(or $(SEED),$$(date +%s)); \
	$(BIN)/pytest -q -n auto -m soak --soak --page docs/reliability.md --seed $$seed --hypothesis-seed $$seed

# Its own directory, since mutmut works on a copy; TMPDIR=/dev/shm makes it a good deal faster.
mutants: setup ## change core/ and vault/ in 4,800 ways: do the tests notice? (WORKERS=n at once)
	$(BIN)/python -m tests.support.mutants copy build/mutants
	$(BIN)/python -m tests.support.mutants ask build/mutants
	cd build/mutants && $(CURDIR)/$(BIN)/mutmut run --max-children $(or $(WORKERS),2)
	$(BIN)/python -m tests.support.mutants report build/mutants

bench: setup ## time commands beside what others use; writes docs/performance.md; 5 to 10 minutes
	$(BIN)/python -m benchmarks quick

bench-scale: setup ## the same in vaults of up to a million accounts: 10 minutes to an hour, 13 GB of disk
	$(BIN)/python -m benchmarks scale

debian:
	@missing=; for pair in $(DEBIAN); do \
		command -v "$${pair%:*}" >/dev/null || test -e "$${pair%:*}" || missing="$$missing $${pair#*:}"; \
	done; \
	test -z "$$missing" || { echo "make: the tests need:$$missing; try: apt-get install$$missing" >&2; exit 1; }

demo: setup ## run the whole journey, offline
	PATH="$(CURDIR)/$(BIN):$$PATH" examples/journey.sh

generate: setup ## write the completion scripts and the manual page anew
	$(BIN)/python -m tools.generate

picture: setup ## record the journey anew and draw it: docs/journey.svg
	$(BIN)/python -m tools.picture

lock: $(BIN)/python ## pin all packages anew in constraints.txt (UPGRADE=1: the newest)
	$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
		--no-annotate --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) \
		--group dev pyproject.toml --output-file constraints.txt

clean: ## remove .venv, caches and results
	rm -rf .venv .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find src tests -name __pycache__ -exec rm -rf {} +
