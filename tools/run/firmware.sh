#!/usr/bin/env bash
# The firmware on the simulated board with all models that are there: the console on this terminal, or without one a
# short tour by real commands. Builds, fetches and compiles what is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools/build/quietly.py "build swiftlet" swift build -c release --product swiftlet
tools/models/compile.sh
swiftlet=$(swift build -c release --show-bin-path)/swiftlet
pictures=models/sources/pictures

if [ -t 0 ] && [ -t 1 ]; then
    echo "run: $swiftlet run --simulate (help lists the commands, Tab completes, quit ends)"
    exec "$swiftlet" run --simulate
fi

# Nobody types: the same console reads a script, which ends with it.
commands() {
    echo "status"
    echo "imu --seconds 2 --rate 2"
    echo "pose --seconds 2"
    echo "sensors"
    echo "gpio indicator on"
    echo "gpio"
    echo "governor performance"
    echo "fault reset 0x68"
    echo "imu --seconds 1 --rate 2"
    echo "imu record build/tour.imu --seconds 2"
    echo "pose build/tour.imu --every 100"
    echo "models"
    [ -f models/efficientnet-lite0.nest ] && echo "classify $pictures/chelsea.png $pictures/coffee.png --top 3"
    [ -f models/yolox-nano.nest ] && echo "detect $pictures/coffee.png --draw build/coffee-boxes.png"
    [ -f models/yolox-nano.nest ] && echo "detect $pictures/chelsea.png --names efficientnet-lite0"
    [ -f models/smollm2-135m.nest ] && echo "generate \"The first thing to know about small boards is\" --temperature 0 --tokens 24"
    [ -f models/efficientnet-lite0.nest ] && echo "bench efficientnet-lite0 --threads 1 --runs 20"
    echo "budget"
    echo "log"
}
mkdir -p build
rm -f build/tour.imu
commands | "$swiftlet" run --simulate
echo
echo "run: build/coffee-boxes.png shows the boxes; with a terminal, make run gives the console ($swiftlet run --simulate)"
