#!/usr/bin/env bash
# All tests: the native build's, then the board's binary under QEMU, program and whole board. Ends with an error if any
# of them failed.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { echo; echo "== $1 ($(date +%H:%M:%S))"; }

step "build"
swift build -c release --build-tests
step "deploy"
tools/deploy-test.sh
step "attacks"
tools/attack-test.sh
step "models"
tools/models.sh
step "tests"
# The rig's tests keep the machine busy, and want it quiet: they come alone.
swift test -c release --skip-build --skip HardwareTests
step "board"
board/build.sh aarch64
tools/board-test.sh
board/build.sh armv7
tools/small-board-test.sh
step "rig"
board/rig-image.sh aarch64 build/rig-aarch64
board/rig-image.sh armv7 build/rig-armv7
# A board that hangs must not hang whoever waits for the tests.
timeout --kill-after=10 900 swift test -c release --skip-build --filter HardwareTests
