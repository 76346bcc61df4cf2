# The one door: `make help` lists what can be done.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
DIST   := dist

# Wheels are rebuilt when anything that goes into them changes.
RUST_SOURCES := Cargo.toml Cargo.lock $(shell find crates -type f -not -path '*/tests/*')
CORE_SOURCES := pyproject.toml README.md LICENSE $(shell find python -type f -not -name '*.pyc')
PLUGINS      := $(notdir $(wildcard plugins/fapilog-*))

# Nobody's settings may leak into builds and tests; nothing is fetched behind our back.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
# Installed files are copies: a test that breaks one must not break the cache.
export UV_LINK_MODE := copy
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' \
	  | awk -F'\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: setup
setup: $(VENV)/.ready ## Make the virtual environment with the development tools

$(VENV)/.ready: pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "fapilog needs Python 3.10 or later; say which: make PYTHON=python3.12")'
	@command -v cargo >/dev/null || { echo "Rust is missing; see https://rustup.rs"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "$$(grep '^uv==' requirements-dev.lock)"
	$(UV) pip install --quiet --python $(BIN)/python -r requirements-dev.lock
	@touch $@

.PHONY: lock
lock: ## Choose the versions of the development tools and of the tests' peers anew
	$(UV) pip compile --quiet --universal --python-version 3.10 --no-emit-index-url \
	  --no-annotate --no-header --extra dev pyproject.toml -o requirements-dev.lock
	@for list in tests/e2e/peers bench/market/requirements; do \
	  $(UV) pip compile --quiet --universal --python-version 3.10 --no-emit-index-url \
	    --no-annotate --no-header $$list.in -o $$list.lock || exit 1; \
	done

# --- build -------------------------------------------------------------------------------------

.PHONY: build
build: $(DIST)/.core $(DIST)/.cli $(DIST)/.market $(DIST)/.plugins ## Build all wheels (release) into dist/

$(DIST)/.core: $(VENV)/.ready $(RUST_SOURCES) $(CORE_SOURCES)
	@mkdir -p $(DIST) && rm -f $(DIST)/fapilog-[0-9]*
	CARGO_PROFILE_RELEASE_LTO=thin $(BIN)/maturin build --release --quiet --out $(DIST) --interpreter $(BIN)/python
	@touch $@

$(DIST)/.cli: $(VENV)/.ready $(RUST_SOURCES)
	@mkdir -p $(DIST) && rm -f $(DIST)/fapilog_cli-*
	$(BIN)/maturin build --release --quiet --out $(DIST) --manifest-path crates/fapilog-cli/Cargo.toml
	@touch $@

$(DIST)/.market: $(VENV)/.ready $(RUST_SOURCES)
	@mkdir -p $(DIST) && rm -f $(DIST)/fapilog_market-*
	$(BIN)/maturin build --release --quiet --out $(DIST) --manifest-path crates/fapilog-market/Cargo.toml
	@touch $@

$(DIST)/.plugins: $(VENV)/.ready $(shell find plugins -type f -not -path '*/tests/*' -not -name '*.pyc')
	@mkdir -p $(DIST)
	@for plugin in $(PLUGINS); do \
	  rm -f $(DIST)/$$(echo $$plugin | tr - _)-*; \
	  $(UV) build --quiet --wheel --sdist --python $(BIN)/python --no-build-isolation --out-dir $(DIST) plugins/$$plugin || exit 1; \
	done
	@touch $@

# The tests run what users get: the built wheels, installed.
.PHONY: install
install: $(VENV)/.installed

$(VENV)/.installed: $(DIST)/.core $(DIST)/.cli $(DIST)/.plugins
	$(UV) pip install --quiet --python $(BIN)/python --reinstall --no-deps \
	  $(DIST)/fapilog-[0-9]*.whl $(DIST)/fapilog_cli-*.whl $(foreach plugin,$(PLUGINS),$(DIST)/$(subst -,_,$(plugin))-*.whl)
	@touch $@

.PHONY: docs
docs: build install ## Write the generated pages of docs/, and the snapshot of the public names
	$(BIN)/python scripts/api_reference.py
	$(BIN)/python scripts/command_reference.py
	$(BIN)/python scripts/core_api.py --write

.PHONY: openapi
openapi: ## Write the marketplace's OpenAPI document
	cargo run --quiet --locked --package fapilog-market --example openapi > crates/fapilog-market/openapi.new
	mv crates/fapilog-market/openapi.new crates/fapilog-market/openapi.json

.PHONY: page-list
page-list: ## Write the list of the marketplace's pages, which the browser tests look at
	cargo run --quiet --locked --package fapilog-market --example pages > crates/fapilog-market/pages.new
	mv crates/fapilog-market/pages.new crates/fapilog-market/pages.txt

# --- run ---------------------------------------------------------------------------------------

.PHONY: demo
demo: build ## Publish, install and run a plugin on 100,000 events; ONCE=1 ends by itself
	$(BIN)/python examples/demo/run.py $(if $(ONCE),--once)

.PHONY: bench
bench: install ## Measure the cost of a log call beside the standard library and json
	$(BIN)/python bench/call_cost.py

.PHONY: bench-search
bench-search: ## Measure the catalogue's search with 1,000 to 1,000,000 plugins (2.3 GiB)
	cargo run --quiet --release --locked --package fapilog-market --example search_speed -- 1000 10000 100000 1000000

.PHONY: bench-plugins
bench-plugins: install ## Measure what plugins, their discovery and the gate cost
	$(BIN)/python bench/plugins/run.py

.PHONY: bench-cli
bench-cli: build install ## Measure how fast the command is
	$(BIN)/hyperfine --shell none --warmup 5 'target/release/fapilog-cli --version'
	$(BIN)/hyperfine --shell none --warmup 1 --runs 20 --prepare 'rm -rf target/bench-cli/fapilog-acme' \
	  --setup 'mkdir -p target/bench-cli' 'target/release/fapilog-cli plugin new acme --dir target/bench-cli'
	$(BIN)/hyperfine --shell none --warmup 3 --runs 20 --ignore-failure \
	  "target/release/fapilog-cli plugin check $$(ls $(DIST)/fapilog_fastapi-*.whl)"
	FAPILOG_CLI_BIN=$(CURDIR)/target/release/fapilog-cli \
	FAPILOG_WHEEL=$$(ls $(CURDIR)/$(DIST)/fapilog-[0-9]*.whl) \
	  $(BIN)/python -m pytest -q -s tests/e2e/cli/test_dev.py -k hundred | grep reload

.PHONY: rule-pages
rule-pages: ## Write the reference pages of the scanner's rules
	UPDATE_PAGES=1 cargo test --package fapilog-scan --test corpus --locked --quiet

# bandit and guarddog, beside which the scanner is measured.
SCANNERS := bench/scan/.venv

$(SCANNERS)/.ready: bench/scan/requirements.lock $(VENV)/.ready
	$(PYTHON) -m venv $(SCANNERS)
	$(UV) pip install --quiet --python $(SCANNERS)/bin/python -r bench/scan/requirements.lock
	@touch $@

.PHONY: bench-scan
bench-scan: $(DIST)/.cli $(SCANNERS)/.ready ## Measure the scanner beside bandit and guarddog on popular wheels
	FAPILOG_CLI_BIN=$(CURDIR)/target/release/fapilog-cli $(BIN)/python bench/scan/run.py

# The peers have an environment of their own: nothing of theirs is near the tests.
PEERS := bench/peers/.venv

$(PEERS)/.ready: bench/peers/requirements.lock $(VENV)/.ready
	$(PYTHON) -m venv $(PEERS)
	$(UV) pip install --quiet --python $(PEERS)/bin/python -r bench/peers/requirements.lock
	@touch $@

# The release before this engine has the same name as ours.
$(PEERS)-0.18/.ready: bench/peers/requirements-0.18.lock $(VENV)/.ready
	$(PYTHON) -m venv $(PEERS)-0.18
	$(UV) pip install --quiet --python $(PEERS)-0.18/bin/python -r bench/peers/requirements-0.18.lock
	@touch $@

.PHONY: bench-peers
bench-peers: $(DIST)/.core $(PEERS)/.ready $(PEERS)-0.18/.ready ## Measure fapilog beside its peers, all in one run (some minutes)
	$(UV) pip install --quiet --python $(PEERS)/bin/python --reinstall --no-deps $(DIST)/fapilog-[0-9]*.whl
	$(PEERS)/bin/python bench/peers/run.py $(if $(ROUNDS),--rounds $(ROUNDS))
	$(PEERS)/bin/python bench/peers/plot.py bench/peers/result.json docs/concepts/performance.svg

# The indexes that the marketplace is measured beside have an environment of their own.
MARKET_PEERS := bench/market/.venv

$(MARKET_PEERS)/.ready: bench/market/requirements.lock $(VENV)/.ready
	$(PYTHON) -m venv $(MARKET_PEERS)
	$(UV) pip install --quiet --python $(MARKET_PEERS)/bin/python -r bench/market/requirements.lock
	@touch $@

.PHONY: bench-market
bench-market: $(DIST)/.market $(MARKET_PEERS)/.ready ## Measure the marketplace beside devpi and pypiserver (some minutes)
	@scripts/install_test_peers.sh
	$(BIN)/python bench/market/measure.py

# --- test --------------------------------------------------------------------------------------

# Tests that mostly wait for other programs. What measures time or kills runs one by one.
AT_ONCE := -n auto --maxprocesses 4 --dist worksteal

.PHONY: test
test: lint test-rust test-packages asan loom fuzz-briefly test-python test-docs test-e2e test-browser ## Set up and run everything that CI runs
	@echo "all checks passed"

.PHONY: lint
lint: install ## Formats, lints, types, licences
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --strict
	$(BIN)/pyright --pythonpath $(BIN)/python >/dev/null || $(BIN)/pyright --pythonpath $(BIN)/python
	$(MAKE) --no-print-directory deny

.PHONY: deny
deny: setup ## Licences, bans, sources; advisories where their database can be had
	$(BIN)/cargo-deny --log-level error check --hide-inclusion-graph licenses bans sources
	@if $(BIN)/cargo-deny --log-level off fetch db >/dev/null 2>&1; \
	then $(BIN)/cargo-deny --log-level error check --disable-fetch advisories; \
	else echo "NOT CHECKED: advisories, their database cannot be reached from here"; fi

.PHONY: test-rust
test-rust: ## Rust tests; those of the marketplace on both of its databases
	@scripts/install_test_peers.sh
	cargo test --workspace --locked --quiet
	FAPILOG_MARKET_TEST_DATABASE=postgres cargo test --workspace --locked --quiet --test market

# Coverage counters by the compiler's own pass, which needs no nightly; each target goes on from what
# it found before (fuzz/corpus) for so many seconds.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := frame leftovers wheel source metadata python bills exports
HOST         := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')

.PHONY: fuzz
fuzz: ## Fuzz every reader of foreign bytes; FUZZ_SECONDS=60 each
	RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	  -Cllvm-args=-sanitizer-coverage-trace-compares" \
	  cargo build --quiet --release --locked --manifest-path fuzz/Cargo.toml --target $(HOST) \
	  --target-dir target/fuzz
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz/corpus/$$target; \
	  echo "fuzzing $$target for $(FUZZ_SECONDS) s"; \
	  target/fuzz/$(HOST)/release/$$target -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1024 \
	    -timeout=20 -verbosity=0 -print_final_stats=1 -artifact_prefix=fuzz/ \
	    fuzz/corpus/$$target fuzz/seeds/$$target || exit 1; \
	done

.PHONY: fuzz-briefly
fuzz-briefly:
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=8

# A build of its own: loom takes the place of locks and atomics.
.PHONY: loom
loom: ## Check every order in which the engine's threads can meet
	RUSTFLAGS="--cfg loom" cargo test --package fapilog-engine --lib --release --locked --quiet \
	  --target-dir target/loom models::

# The sanitizer comes with the stable compiler; only the word that switches it on is not stable.
.PHONY: asan
asan: ## The SDK's tests, host and plugins in one process, with every access to memory checked
	RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address ASAN_OPTIONS=detect_leaks=0 \
	  cargo test --package fapilog-sdk --locked --quiet --target $(HOST) --target-dir target/asan \
	  --tests

.PHONY: test-python
test-python: install ## Python tests, on the installed wheels
	@scripts/install_test_peers.sh
	$(BIN)/python -m pytest tests/python plugins

# The readers of packages beside packaging, pip and uv; the official validators of bills.
.PHONY: test-packages
test-packages: $(VENV)/.ready ## What fapilog-package says, against the reference tools
	$(BIN)/python -m pytest tests/packages

.PHONY: test-docs
test-docs: build install ## Every snippet of README and docs
	FAPILOG_MARKET_BIN=$(CURDIR)/target/release/fapilog-market \
	FAPILOG_CLI_BIN=$(CURDIR)/target/release/fapilog-cli \
	  $(BIN)/python -m pytest tests/docs

# Clients, indexes and stores that the marketplace is tested with have an environment of their own.
E2E_PEERS := tests/e2e/.venv

$(E2E_PEERS)/.ready: tests/e2e/peers.lock $(VENV)/.ready
	$(PYTHON) -m venv $(E2E_PEERS)
	$(UV) pip install --quiet --python $(E2E_PEERS)/bin/python -r tests/e2e/peers.lock
	@touch $@

.PHONY: test-e2e
test-e2e: build install $(E2E_PEERS)/.ready ## Real clients and stores against the running server; the demo
	@scripts/install_test_peers.sh
	FAPILOG_MARKET_BIN=$(CURDIR)/target/release/fapilog-market \
	FAPILOG_CLI_BIN=$(CURDIR)/target/release/fapilog-cli \
	FAPILOG_WHEEL=$$(ls $(CURDIR)/$(DIST)/fapilog-[0-9]*.whl) \
	  $(BIN)/python -m pytest $(AT_ONCE) tests/e2e

.PHONY: test-browser
test-browser: build install ## Every page of the marketplace in a real Chromium
	@scripts/install_browser.sh
	FAPILOG_MARKET_BIN=$(CURDIR)/target/release/fapilog-market $(BIN)/python -m pytest $(AT_ONCE) tests/browser

.PHONY: screenshots
screenshots: build install ## Pictures of every page at two widths, light and dark
	@scripts/install_browser.sh
	FAPILOG_MARKET_BIN=$(CURDIR)/target/release/fapilog-market $(BIN)/python -m scripts.screenshots

.PHONY: fmt
fmt: setup ## Format everything
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: clean
clean: ## Remove what was built, but not target/
	rm -rf $(DIST) $(VENV) .demo .pytest_cache .mypy_cache .ruff_cache
