#!/usr/bin/env bash
# Fuzzes one reader of files with libFuzzer and AddressSanitizer, for a number of seconds.
#
# usage: Tests/fuzz/run.sh nest|tflite|onnx|pytorch|gguf|tokenizer SECONDS
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:?usage: Tests/fuzz/run.sh nest|tflite|onnx|pytorch|gguf|tokenizer SECONDS}
duration=${2:-60}

case $target in
    nest)    suffix=nest largest_kib=256 ;;
    tflite)  suffix=tflite largest_kib=512 ;;
    onnx)    suffix=onnx largest_kib=256 ;;
    pytorch) suffix=pth largest_kib=256 ;;
    gguf)    suffix=gguf largest_kib=256 ;;
    # No file has this name: the seeds are made of language models below.
    tokenizer) suffix=tokenizer largest_kib=256 ;;
    *) echo "fuzz: no target '$target'; there are nest, tflite, onnx, pytorch, gguf, tokenizer" >&2; exit 2 ;;
esac

SWIFTLET_FUZZ=1 tools/build/quietly.py "build the fuzzer" swift build -c release --product fuzz --scratch-path .build-fuzz \
    -Xswiftc -sanitize=fuzzer,address
fuzz=$(SWIFTLET_FUZZ=1 swift build -c release --scratch-path .build-fuzz --show-bin-path)/fuzz

# Seeds: small files of the kind that are at hand, and the smallest ones that the tests make. What the fuzzer found
# interesting stays in the corpus from one run to the next.
corpus=build/fuzz/$target
mkdir -p "$corpus"
data=${SWIFTLET_DATA:-../shared/data}
for folder in models models/sources Tests/golden "$data/tflite"; do
    [ -d "$folder" ] || continue
    find "$folder" -maxdepth 2 -name "*.$suffix" -size "-${largest_kib}k" -exec cp -n {} "$corpus/" \;
done
python3 Tests/fuzz/seeds.py "$target" "$corpus"
if [ "$target" = nest ]; then
    models=$(mktemp -d build/fuzz/seeds.XXXXXX)
    trap 'rm -rf "$models"' EXIT
    python3 Tests/fuzz/seeds.py onnx "$models"
    for model in "$models"/* Tests/golden/language/*.gguf; do "$fuzz" compile "$model" "$corpus/$(basename "$model").nest"; done
fi
if [ "$target" = tokenizer ]; then
    for model in Tests/golden/language/*.gguf; do "$fuzz" tokenizer "$model" "$corpus/$(basename "$model").tokenizer"; done
fi

FUZZ_TARGET=$target "$fuzz" "$corpus" -max_total_time="$duration" -max_len=$((largest_kib * 1024)) \
    -timeout=10 -rss_limit_mb=2048 -artifact_prefix="build/fuzz/$target-" -print_final_stats=1
echo "fuzz: $target: $duration s without a crash, hang or memory without bound; corpus in $corpus"
