#!/usr/bin/env bash
# Builds the binaries, the models and the peers, then measures. PEERS=1 also counts the peers' ARM instructions: slow.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/build/quietly.py "build swiftlet" swift build -c release --product swiftlet
tools/build/quietly.py "build nestc" swift build -c release --product nestc
tools/build/quietly.py "build virtual-board" swift build -c release --product virtual-board
board/build.sh aarch64
board/rig-image.sh aarch64 build/rig-aarch64
tools/models/compile.sh
bench/peers.sh
folder=$(swift build -c release --show-bin-path)
binaries=("$folder/swiftlet" build/aarch64/swiftlet "$folder/nestc")
failed=0
python3 bench/figures.py "${binaries[@]}" || failed=1
python3 bench/language.py "${binaries[@]}" || failed=1
echo "bench: the firmware on an emulated board: build/rig.md"
"$folder/virtual-board" figures | tee build/rig.md || failed=1
exit $failed
