#!/usr/bin/env bash
# Fetches the published models and compiles them with nestc into models/*.nest. A model is compiled again only when
# the compiler, its source or the options changed.
set -euo pipefail
cd "$(dirname "$0")/../.."

sources=models/sources
tools/models/fetch.py "$sources"
tools/build/quietly.py "build nestc" swift build -c release --product nestc
nestc=$(swift build -c release --show-bin-path)/nestc

# What isn't whole yet lies here; what a killed run left goes.
partial=models/.partial
rm -rf "$partial"
mkdir -p "$partial"

# compile NAME SOURCE LICENCE OPTION…
compile() {
    local name=$1 source=$2 licence=$3
    shift 3
    local nest=models/$name.nest
    local made_from
    # A source is a file or a folder.
    made_from=$({ echo "$licence" "$@"; cat "$nestc" $(find "$sources/$source" -type f | sort) "$sources/imagenet-labels.json"; } |
        sha256sum | cut -d' ' -f1)
    if [ -f "$nest" ] && [ "$(cat "models/.$name.made-from" 2> /dev/null)" = "$made_from" ]; then
        echo "models: $nest is up to date ($licence)"
        return
    fi
    # Its name appears when it is whole: an interrupted run or a full disk leaves the last good one.
    tools/build/quietly.py "models: $nest from $source ($licence)" \
        "$nestc" "$sources/$source" -o "$partial/$name.nest" --name "$name" --set "licence=$licence" "$@" || {
        rm -rf "$partial"; echo "models: $name could not be compiled (above)" >&2; exit 1; }
    mv "$partial/$name.nest" "$nest"
    echo "$made_from" > "$partial/made-from"
    mv "$partial/made-from" "models/.$name.made-from"
}

# The published list calls class 282 "a cat having a striped coat".
labels=models/imagenet-labels.json
sed 's/"a cat having a striped coat"/"tiger cat"/' "$sources/imagenet-labels.json" > "$partial/labels"
mv "$partial/labels" "$labels"

classifier=(--labels "$labels")
compile efficientnet-lite0       efficientnet-lite0.pth Apache-2.0 "${classifier[@]}" --weights int8 --calibrate "$sources/imagenet"
compile efficientnet-lite0-float efficientnet-lite0.pth Apache-2.0 "${classifier[@]}"
# In int8 the detector finds nine of ten objects that it finds in float and isn't twice as fast; until it is, it stays float.
compile yolox-nano               yolox-nano.onnx        Apache-2.0
mkdir "$partial/scenes"
cp -R "$sources/imagenet/." "$sources/pictures/." "$partial/scenes"
compile yolox-nano-int8          yolox-nano.onnx        Apache-2.0 --weights int8 --calibrate "$partial/scenes"
compile riann                    riann.onnx             Apache-2.0
compile riann-int8               riann.onnx             Apache-2.0 --weights int8
compile smollm2-135m             smollm2-135m.gguf      Apache-2.0
compile whisper-base             whisper-base           MIT
compile alexa                    alexa.tflite           Apache-2.0 --set wake.word=Alexa --set wake.cutoff=0.9 --set wake.window=5

# Gemma's weights come under terms that whoever uses them has to accept.
if [ "${GEMMA:-}" = accept ]; then
    tools/models/fetch.py "$sources" tools/models/downloads-gemma.tsv
    compile gemma-3-270m         gemma-3-270m.gguf      Gemma
else
    echo "models: Gemma 3 270M (Chinese and English) is left out; with its terms (https://ai.google.dev/gemma/terms) accepted:" \
        "make models GEMMA=accept"
fi
rm -rf "$partial"
