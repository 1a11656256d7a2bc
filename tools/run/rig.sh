#!/usr/bin/env bash
# Boots the board's binary in QEMU, with simulated sensors on its I2C bus, and gives its console on this terminal.
# Arguments go to virtual-board: tools/run/rig.sh --memory 96. BOARD=armv7: the 32-bit board.
set -euo pipefail
cd "$(dirname "$0")/../.."
architecture=${BOARD:-aarch64}
board/rig-image.sh "$architecture" "build/rig-$architecture"
board/build.sh "$architecture"
tools/build/quietly.py "build virtual-board" swift build -c release --product virtual-board
exec "$(swift build -c release --show-bin-path)/virtual-board" boot --board "$architecture" "$@"
