# Two commands: `make demo` shows the wall, `make test` holds what it promises. Both bring what they
# need onto a fresh Debian 12 (packaging/setup.sh) and use the dev profile only, in one target folder.

.DEFAULT_GOAL := help
SHELL := /bin/sh
TARGET := $(or $(CARGO_TARGET_DIR),target)
QYRAN := $(TARGET)/debug/qyran
# Software rendering on a display of its own, so that figures do not hang on this machine's desktop.
XVFB := xvfb-run --auto-servernum --server-args='-screen 0 1920x1080x24'
# Tests count what they skip; the last line says how many.
SKIPPED := $(abspath $(TARGET))/skipped.txt
COUNTED := @rm -f $(SKIPPED); QYRAN_SKIPPED=$(SKIPPED)
TELL := ; status=$$?; packaging/skipped.sh $(SKIPPED); exit $$status
BENCH ?= wall --feeds 45 --seconds 60

.PHONY: help demo test bench long lint footage

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: ## build, start the demo city and open the wall (footage is made on the way)
	@packaging/setup.sh demo
	@packaging/build.sh build
	@$(QYRAN) demo

test: ## run all tests
	@packaging/setup.sh test
	@packaging/build.sh build
	@packaging/build.sh test --no-run
	@$(QYRAN) city footage --first 8
	$(COUNTED) cargo test $(TELL)

footage: ## make all clips of the demo city
	@packaging/setup.sh demo
	@packaging/build.sh build
	@$(QYRAN) city footage

bench: ## measure the wall against the demo city (BENCH='floor --seconds 30' for another)
	@packaging/setup.sh test
	@packaging/build.sh build --release
	@$(TARGET)/release/qyran city footage
	$(XVFB) $(TARGET)/release/qyran bench $(BENCH)

long: ## run all tests with full counts and long runs
	@packaging/setup.sh test
	@packaging/build.sh build
	@$(QYRAN) city footage
	$(COUNTED) QYRAN_LONG=1 QYRAN_FUZZ=10000 cargo test $(TELL)

lint: ## check formatting and lints
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
