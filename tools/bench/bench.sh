#!/usr/bin/env bash
# Builds both binaries, the models and the peers, then measures. PEERS=1 also counts LiteRT's ARM instructions again.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build -c release --product swiftlet
swift build -c release --product nestc
board/build.sh aarch64
tools/models.sh
tools/bench/peers.sh
binaries=$(swift build -c release --show-bin-path)
python3 tools/bench/figures.py "$binaries/swiftlet" build/aarch64/swiftlet "$binaries/nestc"

echo "bench: the firmware on an emulated board: build/rig.md"
board/rig-image.sh aarch64 build/rig-aarch64
swift build -c release --product virtual-board
"$binaries/virtual-board" figures | tee build/rig.md
