#!/usr/bin/env bash
# Builds both binaries, the models and the peers, then measures. PEERS=1 also counts the peers' ARM instructions: slow.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build -c release --product swiftlet
swift build -c release --product nestc
board/build.sh aarch64
tools/models.sh
tools/bench/peers.sh
folder=$(swift build -c release --show-bin-path)
binaries=("$folder/swiftlet" build/aarch64/swiftlet "$folder/nestc")
failed=0
python3 tools/bench/figures.py "${binaries[@]}" || failed=1
python3 tools/bench/language.py "${binaries[@]}" || failed=1
exit $failed
