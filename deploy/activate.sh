#!/bin/sh
# The board's half of install.sh: tests the binary that was sent, puts everything in its place, switches and restarts.
#
# usage: activate.sh FOLDER      with what install.sh sent
#        activate.sh --rollback
#        activate.sh --network     after [mqtt] came into /etc/swiftlet.conf or went out of it
#
# Layout: /opt/swiftlet/versions/ID/swiftlet, where ID is the beginning of its checksum; the links `current` and
# `previous` say which is which. SWIFTLET_ROOT puts a folder in front of every path, for tests.
set -eu

root=${SWIFTLET_ROOT:-}
home=$root/opt/swiftlet
stop() { echo "install: $*" >&2; exit 1; }

# switch LINK ID: in one step, so that no moment is without a version.
switch() {
    ln -sfn "versions/$2" "$home/$1.new"
    mv -T "$home/$1.new" "$home/$1"
}

# Name of the version behind a link; empty where there is none.
version() {
    if [ -L "$home/$1" ] && [ -x "$home/$1/swiftlet" ]; then basename "$(readlink "$home/$1")"; fi
}

restart() {
    systemctl enable --quiet swiftlet.service && systemctl restart swiftlet.service && systemctl is-active --quiet swiftlet.service
}

if [ "${1:-}" = --rollback ]; then
    current=$(version current) previous=$(version previous)
    [ -n "$previous" ] || stop "there is no version before this one"
    switch current "$previous"
    switch previous "$current"
    restart || stop "the service does not come up with $previous either; see: journalctl -u swiftlet"
    echo "install: back at $previous ($current is kept)"
    exit 0
fi

# The board's own copy has no files beside it.
if [ "${1:-}" = --network ]; then
    folder=$home
else
    folder=${1:?usage: activate.sh FOLDER}
    (cd "$folder" && sha256sum --quiet -c SUMS) || stop "the files arrived damaged; nothing was changed"
fi

# owner FOLDER: root, or whoever else may rename what is in the folder: the owner of it (of the link itself, where it is
# one) or of the folder around it. The nearest that is there counts.
owner() {
    local folder=$1 found
    while [ ! -e "$folder" ] && [ ! -L "$folder" ]; do folder=$(dirname "$folder"); done
    found=$(stat -c %u:%g "$folder")
    case $found in 0:*) found=$(stat -c %u:%g "$(dirname "$folder")") ;; esac
    case $found in 0:*) echo root ;; *) echo "$found" ;; esac
}

# place SOURCE TARGET: copies a file where it differs; true where it did. In a folder of somebody else's, who may lay
# links there at any moment, with that user's rights: nothing can be hit that isn't his already.
place() {
    local folder who
    if cmp -s "$1" "$root$2"; then return 1; fi
    folder=$(dirname "$root$2")
    who=$(owner "$folder")
    if [ "$who" = root ] || [ "$(id -u)" != 0 ]; then who=; fi
    # A name that isn't there yet, made exclusively (set -C), then renamed.
    # shellcheck disable=SC2016  # the inner shell expands these
    ${who:+setpriv --reuid="${who%:*}" --regid="${who#*:}" --clear-groups} sh -c '
        set -Ceu
        umask 022
        mkdir -p "$1"
        new=$(mktemp -u "$1/.install.XXXXXXXXXX")
        trap "rm -f \"\$new\"" EXIT
        cat > "$new"
        mv -T "$new" "$2"' place "$folder" "$root$2" < "$1" || stop "$2 can't be written"
    echo "install: $2"
}

# network: the unit has no network; it gets one where, and only where, the configuration has a broker.
network() {
    if grep -qE '^\[[[:space:]]*mqtt[[:space:]]*\]' "$root/etc/swiftlet.conf" 2> /dev/null; then
        place "$folder/swiftlet-network.conf" /etc/systemd/system/swiftlet.service.d/network.conf || true
    elif [ -e "$root/etc/systemd/system/swiftlet.service.d/network.conf" ]; then
        rm "$root/etc/systemd/system/swiftlet.service.d/network.conf"
        echo "install: no [mqtt] in /etc/swiftlet.conf: the service has no network"
    fi
}

if [ "${1:-}" = --network ]; then
    network
    systemctl daemon-reload
    restart || stop "the service does not come up; see: journalctl -u swiftlet"
    exit 0
fi

id=$(sha256sum "$folder/swiftlet" | cut -c 1-12)
if [ ! -x "$home/versions/$id/swiftlet" ]; then
    # On the file system where it will run, which may forbid execution elsewhere.
    rm -rf "$home/versions/$id.new"
    mkdir -p "$home/versions/$id.new"
    cp "$folder/swiftlet" "$home/versions/$id.new/swiftlet"
    chmod 755 "$home" "$home/versions" "$home/versions/$id.new" "$home/versions/$id.new/swiftlet"
    if ! "$home/versions/$id.new/swiftlet" selftest > "$folder/selftest" 2>&1; then
        tail -n 5 "$folder/selftest" >&2
        rm -rf "$home/versions/$id.new"
        stop "the new binary fails its own test on this board (above); nothing was changed"
    fi
    echo "install: self-test passed"
    mv -T "$home/versions/$id.new" "$home/versions/$id"
fi

place "$folder/swiftlet.sysusers" /etc/sysusers.d/swiftlet.conf || true
place "$folder/swiftlet.tmpfiles" /etc/tmpfiles.d/swiftlet.conf || true
place "$folder/swiftlet.modules" /etc/modules-load.d/swiftlet.conf || true
place "$folder/swiftlet.rules" /etc/udev/rules.d/90-swiftlet.rules || true
place "$folder/swiftlet.service" /etc/systemd/system/swiftlet.service || true
# Each time, changed or not: an installation that was cut off is completed by the next.
systemd-sysusers "$root/etc/sysusers.d/swiftlet.conf"
modprobe i2c-dev || echo "install: i2c-dev does not load; are the I2C buses switched on?" >&2
udevadm control --reload
udevadm trigger --subsystem-match=gpio --subsystem-match=i2c-dev
if [ -f "$folder/chosen.conf" ]; then
    if [ -f "$root/etc/swiftlet.conf" ] && ! cmp -s "$folder/chosen.conf" "$root/etc/swiftlet.conf"; then
        cp "$root/etc/swiftlet.conf" "$root/etc/swiftlet.conf.before"
    fi
    place "$folder/chosen.conf" /etc/swiftlet.conf || true
elif [ ! -f "$root/etc/swiftlet.conf" ]; then
    place "$folder/swiftlet.conf" /etc/swiftlet.conf || true
fi
network
systemctl daemon-reload
place "$folder/swiftlet.conf" /opt/swiftlet/swiftlet.conf.default || true
place "$folder/swiftlet-network.conf" /opt/swiftlet/swiftlet-network.conf || true
place "$folder/activate.sh" /opt/swiftlet/activate.sh || true
if [ -d "$folder/models" ]; then
    for model in "$folder"/models/*.nest; do place "$model" "/var/lib/swiftlet/models/$(basename "$model")" || true; done
fi
mkdir -p "$root/usr/local/bin"
[ -e "$root/var/lib/swiftlet" ] || mkdir -p "$root/var/lib/swiftlet/models"
ln -sfn /opt/swiftlet/current/swiftlet "$root/usr/local/bin/swiftlet"

before=$(version current)
if [ "$before" = "$id" ]; then
    restart || stop "the service does not come up; see: journalctl -u swiftlet"
    echo "install: $id was installed already; the service was restarted"
    exit 0
fi
switch current "$id"
if ! restart; then
    [ -n "$before" ] || stop "the service does not come up; see: journalctl -u swiftlet"
    switch current "$before"
    restart || stop "neither $id nor $before comes up as a service; see: journalctl -u swiftlet"
    stop "the service does not come up with $id: back at $before; see: journalctl -u swiftlet"
fi
[ -z "$before" ] || switch previous "$before"
# Only the two versions of the links stay.
for old in "$home"/versions/*; do
    case $(basename "$old") in "$id" | "$before") ;; *) rm -rf "$old" ;; esac
done
echo "install: $id runs${before:+; $before is kept: --rollback goes back to it}"
