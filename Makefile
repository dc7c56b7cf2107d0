# Needs Python 3.11 or newer, make, and a package index for pip and npm. Everything else is installed into this folder.

SHELL := /bin/sh
BIN := .venv/bin
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$candidate && break; done)
# Half as many again as there are cores: a third of the time a test waits for a server or a browser.
WORKERS := $(shell cores=$$(nproc 2>/dev/null || echo 2); [ $$cores -gt 5 ] && echo 8 || echo $$((cores + cores / 2)))
INSTALLED := .venv/.installed
AUDIT := .venv/audit
PROVIDER := infra/identity/node_modules/.package-lock.json
BUILT := services/api/static/built/htmx.min.js

.DEFAULT_GOAL := help
.PHONY: help run test lint bench clean browser

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '  make %-6s %s\n' "$$name" "$$text"; done

run: $(INSTALLED) $(PROVIDER) $(BUILT)  ## the whole stack on this machine, with demo data; PORT=8000 DATA=.seloste
	@$(BIN)/seloste dev $(if $(PORT),--port $(PORT)) $(if $(DATA),--data $(DATA))

# Some machines (containers) ask Python to keep nothing compiled: each worker and each process that a test starts would
# then compile everything anew, and that is twice the time that collecting takes.
test: $(INSTALLED) $(PROVIDER) $(BUILT) browser  ## every test; ARGS="-k clock" for some
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses $(WORKERS) --dist loadgroup $(ARGS)

lint: $(INSTALLED) $(AUDIT) $(BUILT)  ## format, style, types, known vulnerabilities; the bill of materials goes to build/
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@mkdir -p build && rm -f build/advisories.txt
	@$(AUDIT)/bin/pip-audit --vulnerability-service osv --disable-pip --requirement requirements.lock --timeout 5 \
		--progress-spinner off --output build/advisories.txt >build/pip-audit.log 2>&1 || { \
		if [ -s build/advisories.txt ]; then cat build/advisories.txt; exit 1; fi; \
		echo 'Not audited: the advisory service (OSV) could not be reached from here; see build/pip-audit.log.'; }
	@$(AUDIT)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-file build/sbom-python.json $(BIN)/python
	@$(BIN)/npm --prefix infra/assets sbom --sbom-format cyclonedx --omit dev >build/sbom-browser.json
	@echo 'Bill of materials: build/sbom-python.json and build/sbom-browser.json'

bench: $(INSTALLED) $(BUILT)  ## speed and size, as a table; SCALE=1 for the full sizes
	@$(BIN)/python -m tests.benchmarks

clean:  ## remove what make has made; the data in .seloste/ stays
	@rm -rf .venv build infra/identity/node_modules infra/assets/node_modules services/api/static/built
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find infra services tenants tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): requirements.lock pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo 'No Python 3.11 or newer found: install one, or say make PYTHON=/path/to/python.'; exit 1; }
	@echo 'Installing what requirements.lock names into .venv (once, about a minute)'
	@[ -x $(BIN)/pip ] || $(PYTHON) -m venv .venv || { \
		echo 'Python cannot make a virtual environment here; on Debian: apt-get install python3-venv'; exit 1; }
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(AUDIT): infra/audit/requirements.lock | $(INSTALLED)
	@rm -rf $@ && $(BIN)/python -m venv $@
	@$@/bin/pip install --quiet --require-hashes --requirement infra/audit/requirements.lock
	@touch $@

$(PROVIDER): infra/identity/package-lock.json | $(INSTALLED)
	@$(BIN)/python -m infra.embedded.node infra/identity

$(BUILT): infra/assets/package-lock.json infra/assets/build.py infra/assets/shapes.py | $(INSTALLED)
	@$(BIN)/python -m infra.assets.build

# Chromium comes from Debian: Playwright's own download is a third of a gigabyte and follows no package manager.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& echo 'Installing Chromium for the browser tests' && apt-get update -qq \
		&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| echo 'No Chromium: the browser journeys will fail. On Debian, as root: apt-get install chromium'
