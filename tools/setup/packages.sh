#!/usr/bin/env bash
# Installs the Debian packages that building and testing need, those that are missing and no others.
set -euo pipefail
cd "$(dirname "$0")/../.."

needed=(
    "libjpeg62-turbo-dev reads JPEG pictures"
    "libpng-dev reads and writes PNG pictures"
    "zlib1g-dev checksums, and PNG"
    "libgpiod-dev GPIO lines (1.6 or 2.x)"
    "libi2c-dev I2C buses"
    "libinih-dev reads configuration files"
    "mosquitto the broker that tests publish to"
    "mosquitto-clients hears what is published there"
    "qemu-user runs the board's binary on this machine"
    "qemu-system-arm the rig: a whole emulated board under a real kernel"
    "device-tree-compiler the rig's device tree"
    "kmod dependencies of the rig's kernel modules"
    "xz-utils unpacks the rig's kernel modules where they are packed"
    "zstd unpacks the rig's kernel modules where they are packed"
    "python3 fetches the published models"
    "python3-pip fetches the published models"
)

command -v swift > /dev/null || {
    echo "set-up: Swift is missing: install the 6.3 release for Debian from swift.org and put its usr/bin on PATH" >&2; exit 1; }
command -v dpkg-query > /dev/null || {
    echo "set-up: this is not Debian; what is needed: ${needed[*]%% *}" >&2; exit 1; }

missing=()
for line in "${needed[@]}"; do
    package=${line%% *}
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null || true)
    [ "$status" = installed ] && continue
    missing+=("$package")
    echo "set-up: $package is missing (${line#* })"
done
[ ${#missing[@]} -gt 0 ] || { echo "set-up: all ${#needed[@]} packages are there"; exit 0; }

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || {
        echo "set-up: installing needs root; run this as root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
    # Without a terminal a password can't be asked for: fail at once instead of hanging.
    [ -t 0 ] || as_root=(sudo -n)
fi

# Not by tools/build/quietly.py: Python may be one of what is missing. A password is asked for on the terminal itself.
log=build/log/set-up.log
mkdir -p "$(dirname "$log")"
: > "$log"
quietly() { "$@" >> "$log" 2>&1; }
install=(quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}")
echo "set-up: installing ${missing[*]}"
# A fresh machine has no package lists yet, or lists that name versions no longer served.
"${install[@]}" || { quietly "${as_root[@]}" apt-get -q update && "${install[@]}"; } || {
    tail -n 15 "$log" >&2; echo "set-up: could not install ${missing[*]} (above; all of it: $log)" >&2; exit 1; }
