#!/usr/bin/env bash
# All tests: the native build's, then the board's binary under QEMU. Ends with an error if any of them failed.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { echo; echo "== $1 ($(date +%H:%M:%S))"; }

step "build"
swift build -c release --build-tests
step "models"
tools/models.sh
step "tests"
swift test -c release --skip-build
step "board"
board/build.sh aarch64
tools/board-test.sh
