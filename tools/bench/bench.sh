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
