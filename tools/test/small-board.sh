#!/usr/bin/env bash
# The 32-bit board's binary under QEMU, as a Cortex-A7: the same answers as the native binary from pictures, int8
# models, logs and prompts, and no crash on files whose sizes leave 32 bits.
set -euo pipefail
cd "$(dirname "$0")/../.."
board=build/armv7/swiftlet
label="small board" work=build/small-board-test
# shellcheck source=tools/test/checks.sh
. tools/test/checks.sh
runner=(qemu-arm -cpu cortex-a7 "$board")
small() { "${runner[@]}" "$@"; }

knows_itself() {
    small status > "$work/status"
    grep -q '^processor  armv7' "$work/status" || { cat "$work/status"; return 1; }
}

# One run of noise in, the same bytes out: it reaches saturation and padding, which pictures may not.
noise() {
    local model=$1 type
    type=$(tools/test/input-noise.py "$native" "$model" 2 "$work/noise")
    [ "$type" = int8 ] || { echo "$model takes $type, not int8"; return 1; }
    "$native" infer "$model" "$work/noise" -o "$work/noise.native"
    small infer "$model" "$work/noise" -o "$work/noise.small"
    same_floats "$work/noise.native" "$work/noise.small"
}

# Attitude of every tenth sample, to a thousandth of whatever the column holds.
attitude() {
    local log=$1
    "$native" pose "$log" --every 10 "${@:2}" > "$work/pose.native"
    small pose "$log" --every 10 "${@:2}" > "$work/pose.small"
    tools/test/same-attitude.py "$work/pose.native" "$work/pose.small"
}

# Sizes and counts whose products leave 32 bits, in every word of the tables with the checksum made right again: refused
# or run, never a crash.
hostile() {
    tools/test/hostile-nests.py "$1" "$work/hostile.nest" -- "${runner[@]}"
}

check "selftest" small selftest --cases 40
check "status names the processor" knows_itself
# Small ones: without kernels of its own, a large model takes this board, emulated, a minute a run.
data=${SWIFTLET_DATA:-../shared/data}
for name in kws_ref_model vww_96_int8 pretrainedResnet_quant; do
    [ -f "$data/tflite/$name.tflite" ] || { echo "small board: no evaluation model $name in $data"; continue; }
    "$nestc" "$data/tflite/$name.tflite" -o "$work/$name.nest" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    check "$name as native" noise "$work/$name.nest"
done
check "classify as native" same_text classify models/sources/pictures/rocket.jpg --json
check "attitude as native" attitude Tests/golden/pose/motion.npy --rate 200
check "generate as native" same_text generate "one two" --tokens 2 --temperature 0 --context 64
check "hostile nests" hostile models/riann-int8.nest
conclude
