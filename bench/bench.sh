#!/usr/bin/env bash
# Builds the binaries, the models and the peers, then measures. Ends with status 1 where a bound is missed or a figure
# could not be taken, and lists which. PEERS=1 also counts the peers' ARM instructions: slow.
set -euo pipefail
cd "$(dirname "$0")/.."
for product in swiftlet nestc virtual-board; do
    tools/build/quietly.py "build $product" swift build -c release --product "$product"
done
board/build.sh aarch64
board/rig-image.sh aarch64 build/rig-aarch64
tools/models/compile.sh
bench/peers.sh
# What an earlier run measured and this one doesn't is no figure of this run.
for section in model language speech transcripts listen tasks emulated-board governors; do rm -f "build/bench/$section.json"; done
failed=0
bench/figures.py || failed=1
bench/language.py || failed=1
bench/speech.py || failed=1
bench/listen.py || failed=1
bench/tasks.py || failed=1
bench/emulated-board.py || failed=1
bench/governors.py || failed=1
bench/tables.py --show || failed=1
exit $failed
