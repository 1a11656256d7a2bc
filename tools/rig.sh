#!/usr/bin/env bash
# Boots the board's binary in QEMU, with simulated sensors on its I2C bus, and gives its console on this terminal.
# Arguments go to virtual-board: tools/rig.sh --memory 96
set -euo pipefail
cd "$(dirname "$0")/.."
board/rig-image.sh aarch64 build/rig-aarch64
board/build.sh aarch64
echo "rig: building virtual-board"
swift build -c release --product virtual-board
exec "$(swift build -c release --show-bin-path)/virtual-board" boot "$@"
