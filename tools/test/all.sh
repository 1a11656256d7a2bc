#!/usr/bin/env bash
# All tests, in stages: the native build's, then the board's binaries under QEMU, program and whole board. A stage that
# fails stops none behind it but those that would run what it should have made. Ends with a line a stage, then with how
# many checks passed and failed; the status is 1 where one failed. What each said stays in build/test.
set -uo pipefail
cd "$(dirname "$0")/../.."

logs=build/test
rm -rf "$logs"
mkdir -p "$logs"
declare -A broken=()
lines=() passed=0 failed=0
trap 'exit 130' INT

# count LOG STATUS: how many checks passed and failed in a stage, into `good` and `bad`. Scripts say "N passed, N failed",
# Swift's tests how many they are and each that failed; every other stage is one check.
count() {
    local line tests
    good=0 bad=0
    while read -r line; do
        if [[ $line =~ ^[a-z\ ]+:\ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            good=$((good + BASH_REMATCH[1])) bad=$((bad + BASH_REMATCH[2]))
        elif [[ $line =~ Test\ run\ with\ ([0-9]+)\ test ]]; then
            tests=$(grep -aE '^[^ ]+ +Test [^ ].* failed after ' "$1" | grep -cvE 'Test (run with|case) ')
            [ "$tests" -le "${BASH_REMATCH[1]}" ] || tests=${BASH_REMATCH[1]}
            good=$((good + BASH_REMATCH[1] - tests)) bad=$((bad + tests))
        fi
    done < <(grep -aE '^[a-z ]+: [0-9]+ passed, [0-9]+ failed$|Test run with [0-9]+ test' "$1")
    if [ "$2" -ne 0 ]; then
        # It failed otherwise: crashed, hung, or before its first check.
        [ "$bad" -gt 0 ] || bad=1
    elif [ $((good + bad)) -eq 0 ]; then
        good=1
    fi
}

# stage NAME NEEDS COMMAND…: runs it, unless the stage NEEDS ("-": none) failed.
stage() {
    local name=$1 needs=$2 start=$SECONDS status good bad
    shift 2
    echo
    echo "== $name ($(date +%H:%M:%S))"
    if [ -n "${broken[$needs]:-}" ]; then
        echo "not run: $needs failed"
        broken[$name]=1 failed=$((failed + 1))
        lines+=("$(printf '%-8s FAILED  not run, %s failed' "$name" "$needs")")
        return
    fi
    (set -e; "$@") 2>&1 | tee "$logs/$name.log"
    status=${PIPESTATUS[0]}
    count "$logs/$name.log" "$status"
    local verdict=passed
    # What it needs isn't here, and it said so: no check, and not one that passed.
    if [ "$status" -eq 0 ] && grep -q "^$name: SKIPPED" "$logs/$name.log"; then verdict=skipped good=0; fi
    passed=$((passed + good)) failed=$((failed + bad))
    [ "$status" -eq 0 ] || broken[$name]=1
    [ "$status" -eq 0 ] || verdict=FAILED
    lines+=("$(printf '%-8s %-7s %5d s  %d passed, %d failed' "$name" "$verdict" $((SECONDS - start)) "$good" "$bad")")
}

build() { tools/build/quietly.py "build everything and its tests" swift build -c release --build-tests; }
# The rig's tests keep the machine busy, and want it quiet: they come alone. A test that hangs must not hang whoever waits.
native() { timeout --kill-after=10 1500 swift test -c release --skip-build --skip HardwareTests; }
board() {
    board/build.sh aarch64
    tools/test/board.sh
}
small_board() {
    board/build.sh armv7
    tools/test/small-board.sh
}
# A board that hangs must not hang whoever waits for the tests.
rig() {
    board/rig-image.sh aarch64 build/rig-aarch64
    board/rig-image.sh armv7 build/rig-armv7
    timeout --kill-after=10 900 swift test -c release --skip-build --filter HardwareTests
}

stage tidy - tools/tidy/run.sh
stage build - build
stage deploy - tools/test/deploy.sh
stage models - tools/models/compile.sh
stage kills build tools/test/kills.py
stage attacks build tools/test/attacks.sh
stage nodes build tools/test/onnx-nodes.py
stage factory build tools/test/factory-tests.py
stage tests build native
stage board - board
stage armv7 - small_board
stage rig build rig

# What failed once more, so that nobody has to look for it among everything else.
for name in "${!broken[@]}"; do
    [ ! -f "$logs/$name.log" ] || grep -aE 'FAILED|failed after|recorded an issue|error:|Fatal' "$logs/$name.log" \
        | grep -avE 'Test run with|0 failed$' | cut -c1-300 | head -n 20 | sed "s/^/$name: /"
done
echo
printf '%s\n' "${lines[@]}"
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
