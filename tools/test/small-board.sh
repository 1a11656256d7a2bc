#!/usr/bin/env bash
# The 32-bit board's binary under QEMU, as a Cortex-A7: the same answers as the native binary from pictures, int8
# models, logs and prompts, and no crash on files whose sizes leave 32 bits.
set -euo pipefail
cd "$(dirname "$0")/.."
board=build/armv7/swiftlet
label="small board" work=build/small-board-test
# shellcheck source=tools/checks.sh
. tools/checks.sh
runner=(qemu-arm -cpu cortex-a7 "$board")
small() { "${runner[@]}" "$@"; }

knows_itself() {
    small status > "$work/status"
    grep -q '^processor  armv7' "$work/status" || { cat "$work/status"; return 1; }
}

# One run of noise in, the same bytes out: it reaches saturation and padding, which pictures may not.
noise() {
    local model=$1 bytes
    bytes=$("$native" info "$model" --json | python3 -c '
import json, math, sys
inputs = json.load(sys.stdin)["programs"][0]["inputs"]
assert all(each["type"] == "int8" for each in inputs)
print(sum(math.prod(map(int, each["shape"].split("x"))) for each in inputs))')
    python3 -c 'import random, sys; random.seed(2); sys.stdout.buffer.write(random.randbytes(int(sys.argv[1])))' "$bytes" > "$work/noise"
    "$native" infer "$model" "$work/noise" -o "$work/noise.native"
    small infer "$model" "$work/noise" -o "$work/noise.small"
    same_floats "$work/noise.native" "$work/noise.small"
}

# Attitude of every tenth sample, to a thousandth of whatever the column holds.
attitude() {
    local log=$1
    "$native" pose "$log" --every 10 "${@:2}" > "$work/pose.native"
    small pose "$log" --every 10 "${@:2}" > "$work/pose.small"
    python3 - "$work/pose.native" "$work/pose.small" << 'END'
import sys
ours, board = (open(path).read().split("\n") for path in sys.argv[1:])
if len(ours) != len(board) or len(ours) < 50: sys.exit(f"{len(ours)} lines here, {len(board)} there")
worst = 0.0
for a, b in zip(ours, board):
    if a == b: continue
    for x, y in zip(a.replace(",", " ").split(), b.replace(",", " ").split(), strict=True):
        if x == y: continue
        worst = max(worst, abs(float(x) - float(y)))
if worst > 0.01: sys.exit(f"values differ by {worst}")
print(f"largest difference {worst}")
END
}

# Sizes and counts whose products leave 32 bits, in every word of the tables with the checksum made right again: refused
# or run, never a crash.
hostile() {
    python3 - "$board" "$1" "$work/hostile.nest" << 'END'
import random, struct, subprocess, sys, zlib
board, source, target = sys.argv[1:]
original = open(source, "rb").read()
tables = struct.unpack_from("<Q", original, 24)[0]
random.seed(3)
refused = 0
for case in range(150):
    data = bytearray(original)
    for _ in range(random.randint(1, 3)):
        place = random.randrange(16, 64 + tables - 4)
        value = random.choice([0xffffffff, 0x7fffffff, 0x80000000, 1 << 24, 1 << 20, (1 << 24) - 1, 1 << 12, 1 << 30])
        struct.pack_into("<I", data, place & ~3, value)
    struct.pack_into("<I", data, 12, zlib.crc32(data[16:64 + tables]))
    open(target, "wb").write(data)
    run = subprocess.run(["qemu-arm", "-cpu", "cortex-a7", board, "bench", target, "--runs", "1"], capture_output=True, timeout=100)
    if run.returncode < 0 or run.returncode > 2:
        sys.exit(f"case {case} ended with {run.returncode}: {run.stderr[-300:]}; the file is {target}")
    refused += run.returncode != 0
if refused < 20: sys.exit(f"only {refused} of 150 were refused: the changes do not reach the tables")
print(f"{refused} of 150 refused")
END
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
