#!/usr/bin/env bash
# Runs deploy/install.sh against a local folder: a stand-in for ssh that runs the command here, and stand-ins for the
# service manager's programs that note how they were called. What is tested: a first installation, its repetition, an
# update, going back and forth, and that a wrong architecture, a failing self-test, a damaged transfer and a service that
# does not come up change nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
board=$work/board
mkdir -p "$board" "$work/bin"
failures=0
fail() { echo "deploy: FAILED: $*" >&2; failures=$((failures + 1)); }
expect() { if [ "$2" != "$3" ]; then fail "$1: '$2', not '$3'"; fi; }

cat > "$work/ssh" << 'SSH'
#!/bin/sh
shift
exec sh -c "$*"
SSH
# Services come up unless their binary says that it is broken.
cat > "$work/bin/systemctl" << 'SYSTEMCTL'
#!/bin/sh
echo "systemctl $*" >> "$CALLS"
case $1 in restart | is-active) ! grep -q broken "$SWIFTLET_ROOT/opt/swiftlet/current/swiftlet" ;; esac
SYSTEMCTL
# shellcheck disable=SC2016  # the stand-ins expand these
for program in udevadm systemd-sysusers modprobe; do
    printf '#!/bin/sh\necho "%s $*" >> "$CALLS"\n' "$program" > "$work/bin/$program"
done
# The machine that the stand-in is.
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" = -m ] && echo %s\n' x86_64 > "$work/bin/uname"
chmod +x "$work/ssh" "$work"/bin/*
export CALLS=$work/calls SWIFTLET_ROOT=$board SWIFTLET_SSH=$work/ssh
: > "$CALLS"

install() { PATH=$work/bin:$PATH deploy/install.sh board.local "$@" > "$work/log" 2>&1; }
current() { basename "$(readlink "$board/opt/swiftlet/current")"; }
# binary FILE WORDS: a program for this machine that passes `selftest` unless the words say otherwise. Real ELF files: the
# installer looks at their heads.
binary() {
    cat > "$work/main.c" << PROGRAM
#include <stdio.h>
#include <string.h>
const char *words = "$2";
int main(int n, char **v) {
    puts(words);
    return n > 1 && !strcmp(v[1], "selftest") && strstr(words, "failing") ? 1 : 0;
}
PROGRAM
    "$compiler" -o "$1" "$work/main.c"
}
id() { sha256sum "$1" | cut -c 1-12; }

[ "$(uname -m)" = x86_64 ] || { echo "deploy: skipped: the stand-in board is x86_64, this machine is $(uname -m)"; exit 0; }
compiler=$(command -v cc || command -v clang) || { echo "deploy: skipped: no C compiler for the programs to install"; exit 0; }
for name in one two failing broken; do binary "$work/$name" "$name"; done

install --binary "$work/one" || fail "first installation: $(cat "$work/log")"
expect "current version" "$(current)" "$(id "$work/one")"
for file in etc/swiftlet.conf etc/systemd/system/swiftlet.service etc/udev/rules.d/90-swiftlet.rules etc/sysusers.d/swiftlet.conf \
    etc/tmpfiles.d/swiftlet.conf etc/modules-load.d/swiftlet.conf opt/swiftlet/current/swiftlet; do
    [ -f "$board/$file" ] || fail "$file is missing"
done
grep -q 'systemctl restart swiftlet.service' "$CALLS" || fail "the service was not started"
[ ! -e "$board/opt/swiftlet/previous" ] || fail "a first version has none before it"
if install --rollback; then fail "going back without a version before"; fi

echo '# mine' >> "$board/etc/swiftlet.conf"
before=$(cd "$board" && find . -type f -exec sha256sum {} + | sort)
install --binary "$work/one" || fail "repetition: $(cat "$work/log")"
expect "files after a repetition" "$(cd "$board" && find . -type f -exec sha256sum {} + | sort)" "$before"
grep -q 'installed already' "$work/log" || fail "a repetition does not say so"

install --binary "$work/two" || fail "update: $(cat "$work/log")"
expect "version after the update" "$(current)" "$(id "$work/two")"
expect "previous version" "$(basename "$(readlink "$board/opt/swiftlet/previous")")" "$(id "$work/one")"
grep -q '# mine' "$board/etc/swiftlet.conf" || fail "the configuration was overwritten"

install --rollback || fail "going back: $(cat "$work/log")"
expect "version after going back" "$(current)" "$(id "$work/one")"
install --rollback || fail "going forth: $(cat "$work/log")"
expect "version after going forth" "$(current)" "$(id "$work/two")"

state() { cd "$board" && find . \( -type f -exec sha256sum {} + \) -o \( -type l -printf '%p -> %l\n' \) | sort; }
before=$(state)
if install --binary "$work/failing"; then fail "a failing self-test was accepted"; fi
grep -q 'fails its own test' "$work/log" || fail "a failing self-test is not named: $(cat "$work/log")"
expect "state after a failing self-test" "$(state)" "$before"

cp "$work/two" "$work/arm"
printf '\xb7' | dd of="$work/arm" bs=1 seek=18 conv=notrunc status=none
if install --binary "$work/arm"; then fail "a binary of another processor was accepted"; fi
grep -q 'for another processor' "$work/log" || fail "the processor is not named: $(cat "$work/log")"
if install --binary deploy/install.sh; then fail "a script was accepted as the binary"; fi
if install --binary "$work/nowhere"; then fail "no binary was accepted"; fi
expect "state after wrong binaries" "$(state)" "$before"

if install --binary "$work/broken"; then fail "a service that does not come up was accepted"; fi
grep -q "back at $(id "$work/two")" "$work/log" || fail "a service that does not come up is not named: $(cat "$work/log")"
expect "version after a service that does not come up" "$(current)" "$(id "$work/two")"
expect "version before that one" "$(basename "$(readlink "$board/opt/swiftlet/previous")")" "$(id "$work/one")"

# A byte of what is sent changes on the way.
cat > "$work/ssh" << 'SSH'
#!/bin/sh
shift
case $* in *tar*) sed 's/const//; s/firmware/firmwbre/' | sh -c "$*" ;; *) exec sh -c "$*" ;; esac
SSH
before=$(state)
if install --binary "$work/one"; then fail "a damaged transfer was accepted"; fi
grep -q 'arrived damaged' "$work/log" || fail "a damaged transfer is not named: $(cat "$work/log")"
expect "state after a damaged transfer" "$(state)" "$before"

printf 'name = chosen\n' > "$work/chosen.conf"
mkdir "$work/models" && echo model > "$work/models/a.nest"
printf '#!/bin/sh\nshift\nexec sh -c "$*"\n' > "$work/ssh"
install --binary "$work/one" --config "$work/chosen.conf" --models "$work/models" ||
    fail "with configuration and models: $(cat "$work/log")"
grep -q chosen "$board/etc/swiftlet.conf" || fail "the chosen configuration is not there"
grep -q '# mine' "$board/etc/swiftlet.conf.before" || fail "the configuration before was not kept"
[ -f "$board/var/lib/swiftlet/models/a.nest" ] || fail "the model is not there"
expect "versions kept" "$(find "$board/opt/swiftlet/versions" -mindepth 1 -maxdepth 1 | wc -l)" 2

# The service's user owns its folder and may lay links there: what they point to stays as it is.
if [ "$EUID" = 0 ] && command -v setpriv > /dev/null; then
    state=$board/var/lib/swiftlet
    mkdir "$work/victims" && echo victim > "$work/victims/a.nest"
    chmod 711 "$work"
    chown -R 65534:65534 "$state"
    ln -s "$work/victims/a.nest" "$state/models/a.nest.new"
    echo newer > "$work/models/a.nest"
    install --binary "$work/one" --models "$work/models" || fail "models into a folder of the service's: $(cat "$work/log")"
    expect "model in a folder of the service's" "$(cat "$state/models/a.nest")" newer
    expect "its owner" "$(stat -c %u "$state/models/a.nest")" 65534
    mv "$state/models" "$state/aside"
    ln -s "$work/victims" "$state/models"
    chown -h 65534:65534 "$state/models"
    if install --binary "$work/one" --models "$work/models"; then fail "models were put behind a link of the service's"; fi
    grep -q "can't be written" "$work/log" || fail "models behind a link are not named: $(cat "$work/log")"
    expect "what links point to" "$(cd "$work/victims" && echo *; cat "$work/victims/a.nest")" "a.nest
victim"
    if [ -n "$(find "$board" -name '.install.*')" ]; then fail "unfinished files were left"; fi
else
    echo "deploy: not root: links in a folder of the service's are not tried"
fi

# The network is there where the configuration has a broker, and goes with it.
dropin=$board/etc/systemd/system/swiftlet.service.d/network.conf
[ ! -e "$dropin" ] || fail "a network without a broker in the configuration"
printf '[mqtt]\nbroker = broker.example:1883\n' > "$work/chosen.conf"
install --binary "$work/one" --config "$work/chosen.conf" || fail "with a broker: $(cat "$work/log")"
cmp -s "$dropin" deploy/swiftlet-network.conf || fail "no network with a broker in the configuration"
network() { PATH=$work/bin:$PATH sh "$board/opt/swiftlet/activate.sh" --network > "$work/log" 2>&1; }
sed -i 's/^/#/' "$board/etc/swiftlet.conf"
network || fail "without a broker again: $(cat "$work/log")"
[ ! -e "$dropin" ] || fail "the network stays behind when the broker goes"
printf '[ mqtt ]\nbroker = h:1\n' >> "$board/etc/swiftlet.conf"
: > "$CALLS"
network || fail "with a broker of the owner's: $(cat "$work/log")"
cmp -s "$dropin" deploy/swiftlet-network.conf || fail "no network for a broker that the owner added"
expect "what was called" "$(sed 's/ --quiet//' "$CALLS" | tr '\n' ',')" \
    "systemctl daemon-reload,systemctl enable swiftlet.service,systemctl restart swiftlet.service,systemctl is-active swiftlet.service,"

left=$(find /tmp -maxdepth 1 -name 'swiftlet.??????' -newer "$work/bin/uname" 2> /dev/null || true)
[ -z "$left" ] || fail "folders were left in /tmp"
if command -v systemd-analyze > /dev/null; then
    # Its programs are not here: everything else of the unit is what is verified.
    sed 's|/opt/swiftlet/current/swiftlet|/bin/true|' deploy/swiftlet.service > "$work/swiftlet.service"
    complaints=$(systemd-analyze verify "$work/swiftlet.service" 2>&1) || fail "systemd-analyze verify: $complaints"
    [ -z "$complaints" ] || fail "systemd-analyze verify: $complaints"
    mkdir "$work/swiftlet.service.d" && cp deploy/swiftlet-network.conf "$work/swiftlet.service.d/network.conf"
    complaints=$(systemd-analyze verify "$work/swiftlet.service" 2>&1) || fail "systemd-analyze verify, network: $complaints"
    [ -z "$complaints" ] || fail "systemd-analyze verify, network: $complaints"
fi
if command -v shellcheck > /dev/null; then
    shellcheck deploy/*.sh tools/test/deploy.sh || fail "shellcheck"
else
    echo "deploy: shellcheck is not here; the scripts are not checked with it"
fi
[ "$failures" = 0 ] || { echo "deploy: $failures failures" >&2; exit 1; }
echo "deploy: installation, repetition, update, going back, links laid in the way, the network where there is a broker, the unit," \
    "and five ways to fail: all as they should be"
