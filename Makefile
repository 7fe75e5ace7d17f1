# `make demo` and `make test` do all the set-up: they make .venv/ and install catpool into it.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PARTS := chromium gpsd gpsd-clients rtl-sdr openjdk-17-jre-headless fonts-noto-cjk systemd
KIT_PYTHON ?= /usr/bin/python3
KIT_PARTS := python3-venv rtl-sdr gpsd chrony network-manager usbutils
BENCHES := gsm signatures cdr cdr_reliability cdr_held_out cdr_dialects cdr_speed cdr_learner locate
PYTEST_ARGS ?= -n auto
PREFIX := /opt/catpool
KIT_HOME := /var/lib/catpool
HOTSPOT := /etc/NetworkManager/system-connections/catpool-hotspot.nmconnection
UNITS := catpool-rtl-tcp.service catpool-sensor.service catpool-detection.service catpool-web.service

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: help demo test lint docs bench parts install lay uninstall clean

demo: $(VENV)/.catpool ## the whole product once, on a made-up town; then the map
	$(BIN)/catpool demo

test: $(VENV)/.dev ## every test; those that need a part of Debian say so where it is missing
	$(BIN)/pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev ## format, style, types, documents, wheels for the Raspberry Pi
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/cog --check -r README.md docs/cdr.md
	$(BIN)/python .ci/aarch64_wheels.py

docs: $(VENV)/.dev ## rewrites the lists that the documents print from the code
	$(BIN)/cog -r README.md docs/cdr.md

bench: $(VENV)/.dev ## what is measured, a table a subject; minutes each, alone on the machine
	for subject in $(BENCHES); do echo "== bench/$$subject.py"; $(BIN)/python bench/$$subject.py || exit 1; done

parts: ## Debian's packages that the tests on real parts use
	$(SUDO) apt-get update
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(PARTS)

install: ## on a kit (Debian 12, Raspberry Pi OS 64-bit): `sudo make install`
	@[ "$$(id -u)" = 0 ] || { echo "catpool: needs root: sudo make install"; exit 2; }
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(KIT_PARTS)
	$(KIT_PYTHON) -m venv $(PREFIX)/venv
	$(PREFIX)/venv/bin/pip install --quiet --disable-pip-version-check --upgrade .
	$(MAKE) --no-print-directory lay
	printf '%s\n' '#!/bin/sh' '# catpool on this kit: the kit'"'"'s home, and files that its services may write' 'umask 007' \
	  ': "$${CATPOOL_HOME:=$(KIT_HOME)}"' 'export CATPOOL_HOME' 'exec $(PREFIX)/venv/bin/catpool "$$@"' \
	  | install -D -m 755 /dev/stdin /usr/local/bin/catpool
	systemd-sysusers catpool.conf
	systemd-tmpfiles --create catpool.conf
	[ -e $(KIT_HOME)/catpool.toml ] || install -m 640 -g catpool firmware-config/kit-profile.toml $(KIT_HOME)/catpool.toml
	[ -e $(HOTSPOT) ] || { \
	  psk=$$(tr -dc 'a-hjkmnp-z2-9' </dev/urandom | head -c 12); \
	  sed "s/@PSK@/$$psk/" firmware-config/hotspot/catpool-hotspot.nmconnection \
	    | install -D -m 600 /dev/stdin $(HOTSPOT); echo "catpool: hotspot key $$psk (also in $(HOTSPOT))"; }
	[ ! -d /run/systemd/system ] || { udevadm control --reload; udevadm trigger; systemctl daemon-reload; \
	  systemctl enable --now $(UNITS); }
	@echo "catpool: laid in $(PREFIX). Next: sudo catpool user add NAME --role supervisor; edit $(KIT_HOME)/catpool.toml;"
	@echo "         append firmware-config/boot/config-catpool.txt to /boot/firmware/config.txt; reboot; catpool doctor"

lay: ## the kit's files alone, below DESTDIR
	install -D -m 644 README.md LICENSE -t $(DESTDIR)$(PREFIX)
	install -D -m 644 systemd/*.service -t $(DESTDIR)/etc/systemd/system
	install -D -m 644 systemd/catpool-.service.d/hardening.conf -t $(DESTDIR)/etc/systemd/system/catpool-.service.d
	install -D -m 644 firmware-config/udev/70-catpool.rules -t $(DESTDIR)/etc/udev/rules.d
	install -D -m 644 firmware-config/modprobe/catpool-dvb.conf -t $(DESTDIR)/etc/modprobe.d
	install -D -m 644 firmware-config/gpsd/gpsd -t $(DESTDIR)/etc/default
	install -D -m 644 firmware-config/chrony/catpool.conf -t $(DESTDIR)/etc/chrony/conf.d
	install -D -m 644 firmware-config/sysusers/catpool.conf -t $(DESTDIR)/usr/lib/sysusers.d
	install -D -m 644 firmware-config/tmpfiles/catpool.conf -t $(DESTDIR)/usr/lib/tmpfiles.d

uninstall: ## removes what `install` laid; readings, leads and settings in /var/lib/catpool stay
	@[ "$$(id -u)" = 0 ] || { echo "catpool: needs root: sudo make uninstall"; exit 2; }
	[ ! -d /run/systemd/system ] || systemctl disable --now $(UNITS)
	rm -rf $(PREFIX)/venv /etc/systemd/system/catpool-*.service /etc/systemd/system/catpool-.service.d
	rm -f $(PREFIX)/README.md $(PREFIX)/LICENSE /etc/udev/rules.d/70-catpool.rules /etc/modprobe.d/catpool-dvb.conf
	rm -f /etc/chrony/conf.d/catpool.conf /usr/lib/sysusers.d/catpool.conf /usr/lib/tmpfiles.d/catpool.conf
	rm -f /usr/local/bin/catpool $(HOTSPOT)

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
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev,spark]'
	@touch $@ $(VENV)/.catpool
