#!/usr/bin/env bash
# The real programs against what a hostile or unlucky place does to them: devices, FIFOs and links in the way of a file,
# full and closed outputs, control characters from files, endless inputs. All in a scratch folder, as an ordinary user
# where this is root; only what nobody but root can make (devices, others' links) is made as root.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=$PWD/tools/test
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0 passed=0
fail() { echo "attack: FAILED: $*" >&2; failures=$((failures + 1)); }
expect() { if [ "$2" == "$3" ]; then passed=$((passed + 1)); else fail "$1: '$2', not '$3'"; fi; }
binaries=$(swift build -c release --show-bin-path)
# Where an ordinary user may read them.
cp "$binaries/swiftlet" "$binaries/nestc" "$work"
place=$work/place
mkdir "$place"
chmod 755 "$work"
user=()
if [ "$EUID" = 0 ] && command -v setpriv > /dev/null; then
    user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown 65534:65534 "$place"
fi
swiftlet=("${user[@]}" "$work/swiftlet") nestc=("${user[@]}" "$work/nestc")
cp Tests/golden/operators/subtract.tflite "$work/model.tflite"
cp Tests/golden/images/*.png "$work" 2> /dev/null || true
chmod a+r "$work"/*
cd "$place"
as() { "${user[@]}" "$@"; }
kind() { stat -c '%F %a' "$1"; }
# status COMMAND…: its exit status; what it said is in `said` and `complained`.
status() {
    local code=0
    "$@" > "$work/said" 2> "$work/complained" || code=$?
    echo "$code"
}
lines() { wc -l < "$work/complained"; }

# A nest of an ordinary operation, and bytes for it.
as sh -c 'echo mine > m.nest.new'
"${nestc[@]}" "$work/model.tflite" -o m.nest 2> /dev/null
expect "a user's own m.nest.new" "$(cat m.nest.new)" mine
bytes=$("${swiftlet[@]}" info ./m.nest --json | "$tools/input-bytes.py")
as sh -c "head -c $bytes /dev/urandom > in.bin"
infer() { "${swiftlet[@]}" infer ./m.nest in.bin -o "$1"; }
infer plain > /dev/null

# What stands under the name that is written.
as mkfifo pipe
as sh -c 'echo old > target; ln -s target link; echo x > private; chmod 600 private; mkdir folder; ln -s circle circle'
timeout 20 cat pipe > "$work/piped" &
infer pipe > /dev/null
wait
expect "what the FIFO's reader got" "$(cmp "$work/piped" plain 2>&1)" ""
expect "the FIFO" "$(stat -c %F pipe)" fifo
infer link > /dev/null
expect "a link" "$(readlink link; cmp target plain 2>&1)" target
infer private > /dev/null
expect "rights of a private file" "$(kind private; cmp private plain 2>&1)" "regular file 600"
for name in folder circle nowhere/out ''; do expect "output to '$name'" "$(status infer "$name") $(lines)" "1 1"; done
# The answer's bytes come before the summary; read to the end, for a reader who leaves early is another case below.
infer /dev/stdout 2> /dev/null | cat > "$work/both"
expect "output to /dev/stdout" "$(head -c "$(stat -c %s plain)" "$work/both" | cmp - plain 2>&1)" ""
if [ "$EUID" = 0 ]; then
    echo victim > "$work/victim"
    chown 65534 "$work/victim"
    ln -s "$work/victim" foreign
    chown -h 1:1 foreign
    expect "another user's link" "$(status infer foreign) $(cat "$work/victim")" "1 victim"
    mknod null2 c 1 3 && chmod 666 null2
    mknod full2 c 1 7 && chmod 666 full2
    if as sh -c ': > null2' 2> /dev/null; then
        expect "output to a device" "$(status infer null2) $(stat -c %F null2)" "0 character special file"
        expect "output to a full device" "$(status infer full2) $(lines) $(stat -c %F full2)" "1 1 character special file"
        expect "a nest to a device" "$(status "${nestc[@]}" "$work/model.tflite" -o null2) $(stat -c %F null2)" "0 character special file"
    else
        echo "attack: devices can't be used in $place; they are not tried"
    fi
else
    echo "attack: not root: devices and links of others are not tried"
fi
printf 'time_s,acc_x_g,acc_y_g,acc_z_g,gyr_x_dps,gyr_y_dps,gyr_z_dps\n' > "$work/log.csv"
for i in $(seq 0 400); do printf '%d.%02d,0,0,1,0,0,0\n' $((i / 100)) $((i % 100)); done >> "$work/log.csv"
"${swiftlet[@]}" pose "$work/log.csv" --every 0 --plot private > /dev/null
expect "a plot over a private file" "$(kind private) $(head -c 4 private)" "regular file 600 <svg"
# Five writers of one file.
for _ in 1 2 3 4 5; do (for _ in 1 2 3 4 5 6; do infer same > /dev/null 2>> "$work/race"; done) & done
wait
expect "many writers" "$(cat "$work/race"; cmp same plain 2>&1)" ""
expect "unfinished files" "$(find . -name '.swiftlet-*')" ""

# Output that isn't taken: one line and status 1.
full() {
    local name=$1 code=0
    shift
    "$@" > /dev/full 2> "$work/complained" < /dev/null || code=$?
    expect "$name into a full device" "$code $(grep -c 'cannot write standard output: No space left on device' "$work/complained")" "1 1"
    code=0
    "$@" >&- 2> "$work/complained" < /dev/null || code=$?
    expect "$name with a closed output" "$code $(grep -c 'cannot write standard output: Bad file descriptor' "$work/complained")" "1 1"
}
full pose "${swiftlet[@]}" pose "$work/log.csv"
full info "${swiftlet[@]}" info ./m.nest
full help "${swiftlet[@]}" help
full version "${swiftlet[@]}" --version
full models "${swiftlet[@]}" models --models .
full status "${swiftlet[@]}" status --json
full "nestc inspect" "${nestc[@]}" inspect m.nest
full "nestc --help" "${nestc[@]}" --help
code=0
echo status | "${swiftlet[@]}" run --simulate --fast > /dev/full 2> "$work/complained" || code=$?
expect "a script of run into a full device" "$code $(grep -c 'cannot write standard output: No space left' "$work/complained")" "1 1"
code=0
echo status | "${swiftlet[@]}" run --simulate --fast >&- 2> "$work/complained" || code=$?
expect "a script of run with a closed output" "$code $(lines) $(grep -c 'standard output is closed' "$work/complained")" "1 1 1"
# A pipe that nobody reads any more: not 0, and no line.
for program in "${swiftlet[*]} info ./m.nest" "${nestc[*]} inspect m.nest"; do
    # shellcheck disable=SC2086  # words of a command
    expect "a reader who closed his pipe: $program" "$([ "$(status "$tools/unread-pipe.py" $program)" != 0 ] && lines)" 0
done
expect "run without standard input" "$(status timeout 20 sh -c '"$@" <&-' sh "${swiftlet[@]}" run --simulate) $(lines)" "1 1"
code=0
"${nestc[@]}" "$work/model.tflite" -o full.nest 2> /dev/full || code=$?
expect "nestc with a full standard error" "$code $(cmp full.nest m.nest 2>&1)" "0 "
code=0
"${nestc[@]}" "$work/model.tflite" -o closed.nest 2>&- || code=$?
expect "nestc with a closed standard error" "$code $(cmp closed.nest m.nest 2>&1)" "0 "
code=0
"${nestc[@]}" nowhere -o none.nest 2> /dev/full || code=$?
expect "nestc that fails with a full standard error" "$code" 1

# Nothing of a file steers the terminal.
escape=$(printf '\033[31m') csi=$(printf '\302\233')
raw() {
    local name=$1
    shift
    status "$@" > /dev/null
    if LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$work/said" "$work/complained"; then
        fail "$name: control characters reach the terminal"
    else
        passed=$((passed + 1))
    fi
}
"${nestc[@]}" "$work/model.tflite" --name "evil${escape}name" --set "note=${escape}x${csi}y" -o evil.nest 2> /dev/null
raw "info" "${swiftlet[@]}" info ./evil.nest
expect "how it is shown" "$(grep -c '\\e\[31mx\\x9by' "$work/said")" 1
raw "info --json" "${swiftlet[@]}" info ./evil.nest --json
expect "how JSON has it" "$("$tools/metadata-note.py" "$work/said")" "'\x1b[31mx\x9by'"
raw "models" "${swiftlet[@]}" models --models .
raw "bench" "${swiftlet[@]}" bench ./evil.nest --runs 1 --per-layer
raw "inspect" "${nestc[@]}" inspect evil.nest
raw "a name that isn't there" "${swiftlet[@]}" classify "${escape}.jpg"
expect "lines of that error" "$(status "${swiftlet[@]}" classify "a
b.jpg") $(lines)" "1 1"
raw "a command that isn't there" "${swiftlet[@]}" "${escape}"
raw "an option that isn't there" "${nestc[@]}" inspect "--${escape}"
printf 'time_s,acc_x_%sEVIL_g,acc_x_%sEVIL_g\n0,0,0\n' "$escape" "$escape" > "$work/evil.csv"
raw "a log's columns" "${swiftlet[@]}" pose "$work/evil.csv"

# Endless inputs end at once.
for source in "${swiftlet[*]} infer ./m.nest /dev/zero -o x" "${swiftlet[*]} classify /dev/zero" "${swiftlet[*]} pose /dev/zero" \
    "${swiftlet[*]} run --config /dev/zero" "${nestc[*]} /dev/zero -o x" "${nestc[*]} run ./m.nest /dev/zero /dev/zero"; do
    # shellcheck disable=SC2086  # words of a command
    expect "$source" "$( (ulimit -v 4000000; status timeout 20 $source)) $(lines)" "1 1"
done

[ "$failures" = 0 ] || { echo "attack: $passed passed, $failures failed" >&2; exit 1; }
echo "attack: $passed passed, 0 failed"
