#!/usr/bin/env bash
# The board's binary under QEMU, as cores with and without dot products and int8 matrices: its self-test, and every
# int8 model on the same input as the native binary, whose output must be the same to the byte.
set -euo pipefail
cd "$(dirname "$0")/../.."
cores=(cortex-a53 cortex-a76 max)
board=build/aarch64/swiftlet
label=board work=build/board-test
# shellcheck source=tools/test/checks.sh
. tools/test/checks.sh
as() { qemu-aarch64 -cpu "$1" "$board" "${@:2}"; }

# One run of noise in, the same bytes out. Noise reaches saturation and padding, which pictures may not. A float
# output may differ by a rounding.
infer() {
    local core=$1 model=$2 name
    name=$(basename "$model" .nest)
    as "$core" infer "$model" "$work/$name.in" -o "$work/$name.$core" > /dev/null
    cmp "$work/$name.native" "$work/$name.$core" > "$work/difference" && return
    if ! "$native" info "$model" --json | grep -q '"outputs":\[{[^}]*"type":"float32"'; then cat "$work/difference"; return 1; fi
    same_floats "$work/$name.native" "$work/$name.$core"
}
# A text, with activations of both widths: what each processor adds up differs by roundings of floats alone.
text() {
    local bits
    for bits in 8 16; do
        same_text generate "The history of the bicycle begins" --temperature 0 --tokens 6 --context 64 --activations "$bits" || return
    done
}
# Objects of a float model: the same in the same places, to a hundredth and a pixel.
objects() {
    local core=$1
    shift
    "$native" "$@" --json > "$work/objects.native"
    as "$core" "$@" --json > "$work/objects.board"
    tools/test/same-objects.py "$work/objects.native" "$work/objects.board"
}

# A device whose tasks have answered shows all its screens.
screens() {
    local columns=z_gyro,acc_x,gyr_x,y_gyro
    printf 'still\nmoving\n' > "$work/labels.txt"
    "$nestc" Tests/golden/motion/still-or-moving.onnx -o "$work/motion.nest" --labels "$work/labels.txt" --set window.columns=$columns \
        --set window.rate=25 > /dev/null
    timeout 900 tools/test/device-at-work.py "$work" "$PWD/models/efficientnet-lite0.nest" "$PWD/$work/motion.nest" -- \
        qemu-aarch64 -cpu "$1" "$board"
}

# No instruction beyond plain ARMv8-A outside the kernel families: it would end the program on an older core, and only
# on the path that reaches it. The disassembler shows what its core lacks as <unknown>; the linked, unstripped binary
# has the names. libgcc's outlined atomics (__aarch64_…) ask the processor themselves.
beyond() {
    "$llvm/llvm-objdump" -d --no-show-raw-insn "$1" "$unstripped" |
        awk '/^[0-9a-f]+ <.*>:$/ { name = $2; next } /<unknown>/ { count[name]++ } END { for (name in count) print name, count[name] }'
}
instructions() {
    local outside
    local anywhere='<linux_crc32_by_instructions>|<__aarch64_'
    outside=$(beyond --mcpu=generic | grep -vE "KernelsDotprod|KernelsI8mm|<dotprod_|<i8mm_|$anywhere" || true)
    outside+=$(beyond --mattr=+dotprod | grep -vE "KernelsI8mm|<i8mm_|$anywhere" || true)
    [ -z "$outside" ] || { echo "instructions that an older core lacks, in:"; echo "$outside"; return 1; }
    # Found where they belong, or this looks at nothing.
    for family in KernelsDotprod KernelsI8mm; do
        beyond --mcpu=generic | grep -q "$family" || { echo "no instructions of its own in $family: is the binary stripped?"; return 1; }
    done
}
unstripped=.build-aarch64/aarch64-none-none-elf/release/swiftlet
llvm=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/../../bin
check "extension instructions only in their kernels" instructions
# Swift's own are weak.
ours() {
    "$llvm/llvm-nm" "$unstripped" | grep -E " swift_bridgeObjectRetain(_n)?$" | tee "$work/retains"
    [ "$(grep -c " T " "$work/retains")" = 2 ]
}
check "strings are kept alive by our definitions" ours
check "one meaning of each name" tools/test/one-definition.py "$llvm/llvm-nm" "$unstripped.product/Objects.LinkFileList"

# Evaluation models, where somebody has them.
data=${SWIFTLET_DATA:-../shared/data}
if [ -d "$data/tflite" ]; then
    for model in "$data"/tflite/*.tflite; do "$nestc" "$model" -o "$work/$(basename "$model" .tflite).nest" > /dev/null; done
else
    echo "board: no evaluation models in $data; only the published ones are compared"
fi

# What it says of a clip is compared, and not its float outputs.
mkdir "$work/sounds"
"$nestc" Tests/golden/sound/tones.tflite -o "$work/sounds/tones.nest" > /dev/null

models=()
for model in models/*.nest "$work"/*.nest; do
    [ -f "$model" ] || continue
    name=$(basename "$model" .nest)
    # Sums of floats depend on the order, and that on the processor: only int8 is the same everywhere.
    type=$(tools/test/input-noise.py "$native" "$model" 1 "$work/$name.in")
    [ "$type" = int8 ] || continue
    models+=("$model")
    "$native" infer "$model" "$work/$name.in" -o "$work/$name.native" > /dev/null
done
[ ${#models[@]} -gt 0 ] || { echo "board: no models to compare; make models" >&2; exit 1; }

for core in "${cores[@]}"; do
    runner=(as "$core")
    as "$core" status | sed -n 's/^kernels/board: '"$core"' chooses/p'
    check "$core selftest" as "$core" selftest --cases 40
    for model in "${models[@]}"; do check "$core $(basename "$model") as native" infer "$core" "$model"; done
    check "$core classify as native" same_text classify models/sources/pictures/chelsea.png models/sources/pictures/rocket.jpg --json
    check "$core generate as native" text
    [ "$core" != cortex-a53 ] || check "$core screens of a device at work" screens "$core"
    check "$core detect as native" objects "$core" detect models/sources/pictures/coffee.png
    check "$core hear as native" same_text hear Tests/golden/hearing/wake-word.wav --model "$work/sounds/tones.nest" --threshold 0.1 \
        --windows
done
conclude
