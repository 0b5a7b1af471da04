# `make` shows the product and `make test` proves it; `make help` lists the rest.
#
# Every target that needs the environment sees to it first: that takes a moment when it is there (tools/setup.py).

.DEFAULT_GOAL := demo
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
MYPY := $(BIN)/mypy --no-error-summary
RESULTS := build/junit
SOURCES := codegen/profilec kernel_exec_src tools examples benchmarks

demo: build  ## the order pipeline in both worlds, side by side (the default)
	@echo "the order pipeline in both worlds"
	@$(BIN)/python tools/side_by_side.py examples/order_pipeline/main.py

setup:  ## make .venv, node_modules and what runs inside Pyodide
	@python=$$(tools/find-python) && "$$python" tools/setup.py

build: setup  ## write build/native and build/wasm
	@echo "profilec build"
	@$(BIN)/profilec build

native: setup  ## write build/native and type-check it
	@echo "profilec build native"
	@$(BIN)/profilec build native
	@echo "mypy --strict: build/native"
	@$(MYPY) --cache-dir=.mypy_cache/native build/native/kernel_exec

wasm: setup  ## write build/wasm and type-check it for emscripten
	@echo "profilec build wasm"
	@$(BIN)/profilec build wasm
	@echo "mypy --strict --platform emscripten: build/wasm"
	@$(MYPY) --cache-dir=.mypy_cache/wasm --platform emscripten --python-version 3.14 build/wasm/kernel_exec

dist: setup  ## wheels and sdists of kernel-exec and profilec, into dist/
	@$(BIN)/python tools/dist.py dist

check: setup  ## what a commit has to pass, in seconds: annotations, lint, formatting, types of the sources
	@echo "profilec check"
	@$(BIN)/profilec check
	@echo "ruff and black"
	@$(BIN)/ruff check --quiet $(SOURCES) tests
	@$(BIN)/black --quiet --check --diff $(SOURCES) tests
	@echo "mypy --strict: sources, tools, examples and benchmarks"
	@MYPYPATH=codegen:kernel_exec_src $(MYPY) --cache-dir=.mypy_cache/source $(SOURCES)

test: check native wasm test-compiler test-kernel test-toolchain  ## everything

test-compiler: setup  ## the compiler's tests
	@echo "tests: compiler"
	@$(PYTEST) -n auto --ignore=tests/profilec/browser tests/profilec

test-browser: build  ## the kernel's suite, an installation and the report in Chromium; not part of `make test`
	@echo "tests: kernel, wasm, in a browser"
	@$(BIN)/python tools/browser_suite.py $(RESULTS)/browser.xml tests/kernel tests/wasm
	@echo "tests: installation and report, in a browser"
	@$(PYTEST) tests/packaging/browser tests/profilec/browser

test-toolchain: build  ## set-up, wasm-python, wheels and examples
	@echo "tests: toolchain, packaging, examples"
	@$(PYTEST) -n auto --ignore=tests/packaging/browser tests/toolchain tests/packaging

test-kernel: test-native test-wasm  ## the kernel's suite in both worlds: the same tests have to pass
	@$(BIN)/python tools/compare_junit.py $(RESULTS)/native.xml $(RESULTS)/wasm.xml

test-native: setup  ## the kernel's suite and what only native promises, on CPython
	@echo "tests: kernel, native"
	@$(PYTEST) --profilec native --junitxml=$(RESULTS)/native.xml tests/kernel tests/native

test-wasm: setup  ## the kernel's suite and what only wasm promises, inside Pyodide
	@echo "tests: kernel, wasm"
	@rm -f $(RESULTS)/wasm.xml
	@$(PYTEST) --profilec wasm --junitxml=$(RESULTS)/wasm.xml tests/kernel tests/wasm

bench: build build/peers/.installed  ## measure everything in both worlds and write docs/benchmarks.*; twenty minutes
	@$(BIN)/python -m benchmarks.suite

bench-check: build  ## measure again and fail where a ratio is worse than the kept one; not part of `make test`
	@$(BIN)/python -m benchmarks.suite --check

bench-compiler: setup  ## what the compiler costs, against parsing and copying
	@$(BIN)/python -m benchmarks.compiler

bench-peers: build build/peers/.installed  ## how many times longer other libraries take than the kernel; three minutes at most
	@PYTHONPATH=build/native build/peers/bin/python -m benchmarks.peers

build/peers/.installed: requirements/peers.txt
	@echo "peers: packages into build/peers"
	@rm -rf build/peers
	@$(BIN)/python -m venv build/peers
	@build/peers/bin/python -m pip install -qq --no-deps --require-hashes -r requirements/peers.txt
	@touch $@

coverage: export COVERAGE_CORE := sysmon
coverage: build  ## how much of the annotated source the kernel's tests reach in both worlds together
	@mkdir -p build/coverage
	@echo "coverage: kernel, native"
	@$(BIN)/coverage run --data-file=build/coverage/native --source=build/native \
		-m pytest --profilec native tests/kernel tests/native
	@echo "coverage: kernel, wasm"
	@tools/wasm-python -m coverage run --data-file=build/coverage/wasm --source=build/wasm \
		-m pytest -p profilec.pytest_plugin --profilec wasm tests/kernel tests/wasm
	@$(BIN)/python -m profilec.coverage build/coverage/native build/coverage/wasm

nightly: setup  ## what is heavy: large libraries byte for byte, other people's packages and their own suites
	@echo "tests: corpora"
	@$(PYTEST) tests/corpora

format: setup  ## let ruff and black put right what they can
	@$(BIN)/ruff check --quiet --fix $(SOURCES) tests
	@$(BIN)/black --quiet $(SOURCES) tests

lock: setup  ## pin and hash what requirements/*.in and package.json ask for; delete a lock file first to get news
	@$(BIN)/python tools/lock.py

clean:  ## remove what was generated, the environment included
	@rm -rf build dist .venv node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo setup build native wasm dist check nightly coverage bench bench-check bench-compiler bench-peers format lock clean help
.PHONY: test test-compiler test-kernel test-native test-wasm test-browser test-toolchain
