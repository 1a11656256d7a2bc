#!/usr/bin/env bash
# What threads share under ThreadSanitizer, in a build of its own: rings, sequence locks, the thread pool and consoles by
# themselves, then the firmware at work with sensors, meters, microphone, camera, tasks, records, frequencies, a broker
# (mosquitto, where that is there; nobody otherwise) and, where models are there, speech and text.
# Ends with status 1 where it finds a race; its reports stay in build/threads.log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
while [ ! -f Package.swift ]; do cd ..; done
export SWIFTLET_THREADS=1
build=(swift build -c release --sanitize=thread --scratch-path .build-tsan)
for product in threads swiftlet; do "${build[@]}" --product "$product"; done
programs=$("${build[@]}" --show-bin-path)
mkdir -p build
log=build/threads.log
scratch=$(mktemp -d)
broker=
trap 'rm -rf "$scratch"; [ -z "$broker" ] || kill "$broker"' EXIT
# ThreadSanitizer's memory map leaves no room for addresses that are drawn at random.
export TSAN_OPTIONS="halt_on_error=0 exitcode=66 ${TSAN_OPTIONS:-}"
watched() { setarch "$(uname -m)" --addr-no-randomize "$@"; }

# The simulated board with everything in its configuration; tasks and speech only with their models. A pass takes seconds here: tasks
# are seldom, and the first command waits for them.
configuration() {
    printf '%s\n' '[firmware]' 'lock-memory = no' "state = $scratch" '[imu main]' 'bus = i2c-1' 'rate = 200' 'data-ready = gpiochip0/4' \
        '[imu second]' 'bus = i2c-2' 'rate = 208' '[meter board]' 'bus = i2c-2' 'shunt = 0.01 ohm' 'rate = 50' \
        '[input button]' 'line = button' '[microphone]' '[camera front]' 'device = simulated' 'frames = 320x240:yuyv' 'rate = 8' \
        '[output lamp]' 'line = indicator' \
        '[records]' "folder = $scratch/records" 'before = 1 s' '[mqtt]' "broker = 127.0.0.1:$port" 'interval = 1' 'home-assistant = yes'
    if [ -f "$scratch/motion.nest" ]; then
        printf '%s\n' '[task feel]' 'input = main' "models = $scratch/motion.nest" 'rate = 5' 'deadline = 30 s' \
            'on moving > 0.6 = output lamp on for 1 s, log, record 1 s'
    fi
    if [ -f "$scratch/tones.nest" ]; then
        printf '%s\n' '[task ears]' 'input = microphone' "models = $scratch/tones.nest" 'deadline = 30 s' \
            'on noise > 0.1 = log, record 1 s'
    fi
    [ -f models/efficientnet-lite0.nest ] || return 0
    local name
    for name in first second; do
        printf '%s\n' "[task $name]" 'input = front' 'models = efficientnet-lite0' 'rate = 0.1' 'deadline = 60 s'
    done
}

commands() {
    printf '%s\n' status 'press button' 'governor deadlines' 'imu --seconds 60' sensors 'microphone --seconds 2' power tasks \
        'stop second' 'stop feel' 'gpio lamp on' records report \
        'pose --seconds 1' 'start second' 'start feel' 'fault microphone unplug' 'imu --seconds 1' 'fault microphone plug' \
        'microphone --seconds 1' budget models
    if [ -f models/smollm2-135m.nest ]; then printf '%s\n' 'generate "A task runs beside" --tokens 4 --threads 2'; fi
    if [ -f models/whisper-base.nest ]; then printf '%s\n' 'listen --seconds 3'; fi
    printf '%s\n' tasks status log quit
}

# A free port; the broker takes it a moment later.
port=$(tools/test/free-port.py)
if mosquitto=$(PATH=$PATH:/usr/sbin command -v mosquitto); then
    "$mosquitto" -p "$port" > "$scratch/broker.log" 2>&1 &
    broker=$!
fi
nestc=$(swift build -c release --show-bin-path)/nestc
if [ -x "$nestc" ]; then
    printf 'still\nmoving\n' > "$scratch/labels.txt"
    "$nestc" Tests/golden/motion/still-or-moving.onnx -o "$scratch/motion.nest" --labels "$scratch/labels.txt" \
        --set window.columns=z_gyro,acc_x,gyr_x,y_gyro --set window.rate=25 > "$scratch/nestc.log" 2>&1
    printf 'low tone\nhigh tone\nnoise\n' > "$scratch/sounds.txt"
    "$nestc" Tests/golden/sound/tones.tflite -o "$scratch/tones.nest" --labels "$scratch/sounds.txt" >> "$scratch/nestc.log" 2>&1
fi

mkdir "$scratch/records"

status=0
watched "$programs/threads" > "$log" 2>&1 || status=$?
configuration > "$scratch/threads.conf"
commands | watched "$programs/swiftlet" run --simulate --config "$scratch/threads.conf" > "$scratch/firmware" 2>> "$log" || status=$?
cat "$scratch/firmware" >> "$log"
grep -E '^threads: ' "$log" || true
races=$(grep -c '^WARNING: ThreadSanitizer' "$log" || true)
if [ "$races" -gt 0 ] || [ "$status" -ne 0 ]; then
    grep -E '^SUMMARY: ThreadSanitizer' "$log" | sort | uniq -c | sort -rn || true
    echo "threads: FAILED: $races reports, status $status; see $log"
    exit 1
fi
echo "threads: the firmware at work: no race"
