# For scripts that compare a board's binary with the native one, which source this with `board` (its path), `label` and
# `work` (an empty folder of theirs, made here) set: `check` and its counts. `runner` is what runs the board's binary.
# shellcheck shell=bash
: "${board:?}" "${label:?}"
binaries=$(swift build -c release --show-bin-path)
# shellcheck disable=SC2034
native=$binaries/swiftlet nestc=$binaries/nestc
rm -rf "${work:?}"
mkdir -p "$work"

passed=0 failed=0
# check NAME COMMAND…: one line, and what the command said where it failed.
check() {
    local name=$1 start=$SECONDS
    shift
    if "$@" > "$work/log" 2>&1; then
        passed=$((passed + 1))
        echo "$label: $name: ok ($((SECONDS - start)) s)"
    else
        failed=$((failed + 1))
        echo "$label: $name: FAILED"
        sed 's/^/    /' "$work/log"
    fi
}

# same_floats FILE FILE: the same bytes, or floats that differ by less than a millionth. A last softmax goes through the
# C library's exponential, and the board's is another one.
same_floats() {
    tools/test/same-floats.py "$1" "$2"
}

# same_text WORD…: both programs print the same, times left out, and print something.
same_text() {
    "$native" "$@" | sed 's/,"milliseconds".*//' > "$work/said.native" || return
    # shellcheck disable=SC2154
    "${runner[@]}" "$@" | sed 's/,"milliseconds".*//' > "$work/said.board" || return
    [ -s "$work/said.native" ] && diff "$work/said.native" "$work/said.board"
}

# The last line of a script: how many, and its status.
conclude() {
    echo "$label: $passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
