# The short front door.  `make help` lists what there is; CMakeLists.txt does the building.
BUILD ?= build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
SETUP = tools/setup.sh
CMAKE = cmake -G Ninja -DSKERRY_WERROR=ON
export SKERRY_BUILD := $(abspath $(BUILD))
export JOBS

.PHONY: all run test check bench docs format lint clean help everything asan micropython
.DEFAULT_GOAL := all

all: $(BUILD)/build.ninja ## The library and the command line tool (build/libskerry.a, build/skerry)
	@cmake --build $(BUILD) -j $(JOBS) --target skerry_main

# configure BUILD OPTIONS: CMake's noise goes to a log that is shown when it fails.
define configure
@mkdir -p $(1)
@$(CMAKE) -S . -B $(1) $(2) >$(1)/configure.log 2>&1 || { cat $(1)/configure.log; exit 1; }
endef

$(BUILD)/build.ninja:
	@$(SETUP) build
	$(call configure,$(BUILD))

$(BUILD)/.tests: | $(BUILD)/build.ninja
	$(call configure,$(BUILD),-DSKERRY_TESTS=ON)
	@touch $@

$(BUILD)/asan/.tests:
	$(call configure,$(BUILD)/asan,-DSKERRY_TESTS=ON -DSKERRY_SANITIZE=ON)
	@touch $@

run: ## MicroPython with Skerry, and the scene that shows it (examples/run.sh)
	@$(SETUP) run
	@$(MAKE) --no-print-directory all micropython
	@sh examples/run.sh

micropython: all ## MicroPython's unix port with our tls and ssl (build/micropython)
	@tools/micropython/build.sh

everything: $(BUILD)/.tests
	@cmake --build $(BUILD) -j $(JOBS)

asan: $(BUILD)/asan/.tests
	@cmake --build $(BUILD)/asan -j $(JOBS)

test: ## Everything: every test, once more under ASan and UBSan, interop, MicroPython, lint
	@$(SETUP) test
	@tools/peers.sh
	@$(MAKE) --no-print-directory everything asan
	@SKERRY_ASAN=$(abspath $(BUILD)/asan) cmake/ctest.sh $(BUILD) -j $(JOBS)

check: ## The quick tests (under a minute)
	@$(SETUP) test
	@$(MAKE) --no-print-directory everything
	@cmake/ctest.sh $(BUILD) -j $(JOBS) -L quick

bench: all ## The benchmark (bench/run.sh)
	@sh bench/run.sh

docs: ## The pages of docs/ that are generated from the code's tables
	@python3 tools/docs.py

format: ## Formats all C of the tree
	@tools/lint.sh --format

lint: ## clang-format and clang-tidy
	@tools/lint.sh

clean: ## Removes what was built
	rm -rf $(BUILD)

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18
