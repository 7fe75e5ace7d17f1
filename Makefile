# `make demo` and `make test` do all the set-up: they make .venv/ and install catpool into it.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PARTS := chromium gpsd gpsd-clients rtl-sdr openjdk-17-jre-headless fonts-noto-cjk systemd
PREFIX ?= /opt/catpool

.PHONY: demo test lint docs bench parts install uninstall clean

demo: $(VENV)/.catpool ## the whole product once, on a made-up town; then the map
	$(BIN)/catpool demo

test: $(VENV)/.dev ## every test; those that need a part of Debian say so where it is missing
	$(BIN)/pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev ## format, style, types, documents, wheels for the Raspberry Pi
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/cog --check -r README.md
	$(BIN)/python .ci/aarch64_wheels.py

docs: $(VENV)/.dev ## rewrites the lists that README prints from the code
	$(BIN)/cog -r README.md

bench: $(VENV)/.dev ## what is measured: one table each
	for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

parts: ## Debian's packages that the tests on real parts use
	$(SUDO) apt-get update
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(PARTS)

install: ## on a kit: into $(PREFIX), with users, units, udev rules; run as `sudo make install`
	PREFIX=$(PREFIX) PYTHON=$(PYTHON) firmware-config/install

uninstall: ## stops and removes what `install` laid; /var/lib/catpool stays
	PREFIX=$(PREFIX) firmware-config/install --remove

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { echo "catpool: Python 3.11 is missing: $(SUDO) apt-get install -y python3 python3-venv"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "catpool: $(PYTHON) is older than 3.11: make PYTHON=/path/to/python3.11 ..."; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "catpool: python3-venv is missing: $(SUDO) apt-get install -y python3-venv"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.catpool: pyproject.toml | $(VENV)/bin/pip
	@echo "catpool: installing into $(VENV)/ (once; needs the network)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/pip
	@echo "catpool: installing the test tools into $(VENV)/ (once; needs the network)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.catpool
