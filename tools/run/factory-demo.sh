#!/usr/bin/env bash
# The factory's smallest recipe, from Debian's Fashion-MNIST to an int8 nest on the simulated board.
set -euo pipefail
cd "$(dirname "$0")/../.."

package=dataset-fashion-mnist
dpkg -s "$package" > /dev/null 2>&1 || {
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    tools/build/quietly.py "install Debian's $package" \
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$package"
}
data=$(dirname "$(dpkg -L "$package" | grep -m 1 train-images)")

factory/set-up.py
tools/build/quietly.py "build nestc" swift build -c release --product nestc
tools/build/quietly.py "build swiftlet" swift build -c release --product swiftlet
swiftlet=$(swift build -c release --show-bin-path)/swiftlet
factory=build/factory/bin/factory runs=build/factory-demo
rm -rf "$runs"

"$factory" train "$data" -o "$runs/float" --name fashion --family residual --width 8 --epochs 3 --limit 20000
"$factory" quantise "$runs/float" --data "$data" -o "$runs/int8" --name fashion --epochs 1 --limit 20000
build/factory/bin/python -m factory.demo "$data" "$runs/pictures"

commands() {
    echo "info $runs/int8/int8.nest"
    for picture in sandal bag trouser; do echo "classify $runs/pictures/$picture.png --model $runs/int8/int8.nest --top 2"; done
    echo "bench $runs/int8/int8.nest --threads 1"
}
commands | "$swiftlet" run --simulate
echo "factory-demo: $runs/int8 has model card, plot, ONNX and nest"
