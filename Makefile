# make demo   builds Jask and runs its main job on this machine
# make test   every test, real peers included, within 30 min on 2 cores
# make test-long  the same over more seeds, more input and the whole corpus, for as long as it takes
# make tsan, make asan   tests under sanitizers: threads; addresses, leaks, undefined behaviour
# All set-up (Debian packages, models, Python peers) is done by them; a second run is fast.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := demo
.PHONY: demo test test-long tsan asan corpus bench fuzz lint format clean

# What is built for the first time takes long: that is said before.
first = if [ -e .build/$(1) ]; then echo "• $(2)"; else echo "• $(2); the first time that takes $(3) on 2 cores"; fi

# swift may stand where swiftly puts it.
swift := . scripts/common.sh && need_swift && swift

demo:
	@scripts/setup build models
	@$(call first,release/jask,building Jask (release),some 5 minutes)
	@$(swift) build -c release --product jask -Xswiftc -gnone 2>&1 | scripts/quiet-build
	@.build/release/jask demo

test:
	@scripts/setup build models python corpus media browser
	@scripts/lint
	@$(call first,debug/jask,building the tests,some 5 minutes)
	@$(swift) build --build-tests 2>&1 | scripts/quiet-build
	@echo "• running the tests: some 12 minutes for all of them on 2 cores"
	@scripts/run-tests $(TARGETS)

# What takes too long for every day: ten seeds of 5,000 rooms, the whole corpus under three seeds and two kinds of loss,
# fuzzing of each target for longer.
test-long: export JASK_LONG_TESTS := 1
test-long: test

# Races: ThreadSanitizer over all tests that need no foreign peer. Which ones, and why: docs/testing.md.
tsan:
	@scripts/sanitize thread $(TARGETS)

# Addresses and leaks everywhere, undefined behaviour in the C shims: over the tests of the shims and of what calls them.
asan:
	@scripts/sanitize address $(TARGETS)

# The whole corpus: voice, clean and over bad networks, and gestures at all rates and sizes: where ../shared/corpus stands
# beside the repository.
corpus:
	@scripts/setup build models corpus
	@$(swift) build --build-tests 2>&1 | scripts/quiet-build
	@JASK_LONG_TESTS=1 $(swift) test --skip-build \
		--filter '^(PerceptionTests.CorpusTests|PerceptionModelsTests.GestureCorpusTests|VoiceOverNetworkTests)' 2>&1 \
		| grep -E '^(\||[0-9]+ (packets|chunks|pictures)|missed:|false:|✘|➜|✔ Test run)'

# The tests are built for reconcile, LiveKit Agents is installed for first-audio and cameras, ffmpeg for video:
# JASK_LIVEKIT_SERVER names a livekit-server.
bench:
	@scripts/setup build models python agents media
	@$(swift) build --build-tests 2>&1 | scripts/quiet-build
	@$(swift) build -c release --product jask -Xswiftc -gnone 2>&1 | scripts/quiet-build
	@$(swift) build -c release --product FloodPeer -Xswiftc -gnone 2>&1 | scripts/quiet-build
	@$(swift) run -c release --package-path Benchmarks benchmarks $(ARGS)

# RUNS=1000000 for more; the inputs found stay in Fuzz/Regressions and are replayed by make test.
fuzz:
	@scripts/setup build
	@scripts/fuzz $${RUNS:-100000}

lint:
	@scripts/lint

format:
	@$(swift) format --in-place --recursive --parallel Sources Tests Benchmarks Package.swift

clean:
	@rm -rf .build .build-tsan .build-asan Benchmarks/.build Fuzz/.build
