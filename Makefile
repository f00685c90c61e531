# Two commands matter: `make demo` and `make test`. Both set up what they need.

BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
BINDGEN := target/tools/bin/wasm-bindgen
WASM := target/wasm32-unknown-unknown/release/fieldseal.wasm
SOURCES := $(shell find src -name '*.rs') Cargo.toml Cargo.lock
TS := $(shell find js/src js/build pkg-template -type f)

.PHONY: build
build: pkg/package.json

pkg/package.json: $(WASM) $(BINDGEN)-$(BINDGEN_VERSION) js/node_modules/.installed $(TS)
	@echo "==> assembling the npm package in pkg/"
	@$(BINDGEN) --target bundler --no-typescript --out-dir target/wasm-bindgen $(WASM)
	@node js/build/assemble.mjs

$(WASM): $(SOURCES) | setup-rust
	@echo "==> compiling the core to WebAssembly"
	@cargo build --release --locked --lib --target wasm32-unknown-unknown

.PHONY: setup-rust
setup-rust:
	@rustup target list --installed | grep -q wasm32-unknown-unknown \
	  || { echo "==> adding the wasm32 target"; rustup target add wasm32-unknown-unknown; }

$(BINDGEN)-$(BINDGEN_VERSION):
	@echo "==> building wasm-bindgen $(BINDGEN_VERSION) (once; a few minutes)"
	@cargo install wasm-bindgen-cli --version $(BINDGEN_VERSION) --root target/tools --target-dir target/tools/build
	@touch $@

%/node_modules/.installed: %/package-lock.json
	@echo "==> installing npm packages of $*/"
	@npm ci --prefix $* --no-audit --no-fund --loglevel=error
	@touch $@

# MiniStack, a third-party KMS for tests/kms, in a virtual environment of its own.
build/venv/.installed: tests/kms/requirements.txt
	@command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "==> MiniStack needs Python 3.10 or later with venv: install python3 and python3-venv" >&2; exit 1; }
	@echo "==> installing MiniStack in build/venv/"
	@python3 -m venv build/venv
	@build/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@
