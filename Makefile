# Everything is built in the release profile, so that llama.cpp is compiled once for demo, tests and lints.
# `make` alone lists what there is.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# Rust that has just been installed is not in the PATH of a running shell yet.
export PATH := $(PATH):$(HOME)/.cargo/bin
CARGO ?= cargo
# e.g. CARGO_FLAGS=--locked, as CI has it
CARGO_FLAGS ?=
# e.g. FEATURES=cuda, metal or vulkan
FEATURES ?=
FLAGS := --release $(CARGO_FLAGS) $(if $(FEATURES),--features $(FEATURES))
TARGET := $(or $(CARGO_TARGET_DIR),target)
BINARY := $(TARGET)/release/treefill
PREFIX ?= $(HOME)/.cargo

.PHONY: help setup hint build demo web test test-core fuzz soak test-editors test-more-editors test-vscode-newest test-models test-servers test-train vsix dist lint bench docs picture install clean

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-22s %s\n", $$1, $$2 }'

setup: ## Install what the build needs (cmake, a C++ compiler, libclang), or say how
	@sh scripts/setup.sh

hint:
	@ls $(TARGET)/release/build/llama-cpp-sys-2-*/out/lib*/libllama.a >/dev/null 2>&1 || \
		echo "Compiling llama.cpp and the rest: about 5 to 8 minutes on 2 cores, once."

build: setup hint ## Build the binary: target/release/treefill
	@$(CARGO) build $(FLAGS)

demo: build ## Complete at real cursors in real Python and Rust files, with the built-in model
	@sh demo/run.sh $(BINARY)

web: build ## Try it in the browser: an editor in a page that is served to this machine only (needs Node 20 and npm)
	editors/web/run.sh $(BINARY)

test: setup hint ## Run the whole test suite
	$(CARGO) test $(FLAGS)

test-core: ## Run the tests that need no model: no cmake, no C++ compiler, a few minutes from a clean clone
	$(CARGO) test $(CARGO_FLAGS) --no-default-features

SECONDS ?= 60
fuzz: ## Fuzz each target of fuzz/ for SECONDS (60), guided by coverage (fetches cargo-fuzz once)
	scripts/fuzz.py --seconds $(SECONDS)

soak: setup hint ## Run the reliability tests for long and write benches/RELIABILITY.md (ROWS="1 4 15": some of them)
	@CARGO="$(CARGO)" CARGO_FLAGS="$(CARGO_FLAGS)" scripts/soak.py $(ROWS)

test-editors: build ## Drive real editors (Neovim 0.12 and 0.10, Helix, VS Code, a page in Chromium) against the binary
	editors/test.sh $(BINARY)

test-more-editors: build ## Drive Emacs 30, which test-editors does not (fetches 90 MB)
	editors/test-more.sh $(BINARY)

test-vscode-newest: build ## Drive VS Code 1.139 too, which test-editors does not
	editors/vscode/test/newest.sh $(BINARY)

test-models: setup hint ## Ask a real small model that takes instructions (fetches SmolLM2-135M-Instruct: 90 MB)
	scripts/test-models.sh $(CARGO) test $(FLAGS)

test-servers: setup hint ## Test against real servers: llama-server, llama-cpp-python, vLLM, LiteLLM (fetches 7 GB; SERVERS="llama-server": 80 MB)
	CARGO="$(CARGO)" CARGO_FLAGS="$(CARGO_FLAGS)" SERVERS="$(SERVERS)" scripts/test-servers.sh

test-train: build ## Run every stage of the model's training on a tiny override (fetches PyTorch: 6 GB)
	models/train/smoke.sh $(BINARY)

vsix: build ## Make the VS Code extension in dist/, with the binary and without (needs Node 20 and npm)
	scripts/vsix.sh $(BINARY) dist

dist: setup ## Make a release in dist/, built for any machine (BINARY=… packs that one instead; needs Node 20 and npm)
	scripts/dist.sh dist $(if $(filter command,$(origin BINARY)),$(BINARY))

lint: setup hint ## Check the formatting, and clippy and rustdoc with warnings denied
	$(CARGO) fmt --check
	$(CARGO) clippy $(FLAGS) --all-targets --test instruct --test servers -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc $(CARGO_FLAGS) --no-default-features --no-deps --document-private-items

bench: setup hint ## Run the benchmarks
	$(CARGO) bench $(CARGO_FLAGS) $(if $(FEATURES),--features $(FEATURES))

docs: ## Build the pages as a book: target/docs/book/index.html
	scripts/docs.sh

picture: build ## Record the moving pictures of the README and of Helix's page in the real editors
	scripts/picture.py --nvim "$$(scripts/setup-editors.sh)/nvim" --treefill $(BINARY) --out docs/src/images/ghost-text.svg
	scripts/picture.py --hx "$$(scripts/setup-editors.sh)/hx" --treefill $(BINARY) --out docs/src/images/helix.svg

install: build ## Copy the binary to PREFIX/bin (default: ~/.cargo/bin)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/treefill
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/treefill. Next: treefill doctor"

clean: ## Remove everything built and fetched
	$(CARGO) clean
	rm -rf .tools dist editors/vscode/node_modules editors/vscode/out editors/web/node_modules editors/web/out
