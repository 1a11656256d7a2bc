#!/usr/bin/env bash
# Installs Swiftlet as a service on a board, over ssh. Safe to repeat: what is there already stays, the configuration is
# never overwritten, and the version before is kept to go back to. Nothing is switched before the new binary has passed
# its own test on the board; a service that does not come up with it goes back by itself.
#
# usage: deploy/install.sh HOST [--binary FILE] [--config FILE] [--models FOLDER]
#        deploy/install.sh HOST --rollback
#
#   HOST            anything ssh understands: pi@raspberrypi.local; root, or a user with password-less sudo
#   --binary FILE   the binary (default: build/ARCHITECTURE/swiftlet, from `make board`)
#   --config FILE   becomes /etc/swiftlet.conf, whose present contents are kept beside it
#   --models FOLDER its .nest files go to /var/lib/swiftlet/models
#   --rollback      switches back to the version before (once more: forth again)
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
ssh=${SWIFTLET_SSH:-ssh}
host='' binary='' config='' models='' rollback=

usage() { sed -n 's/^# \{0,1\}//; 6,14p' "$here/install.sh" >&2; exit 2; }
stop() { echo "install: $*" >&2; exit 1; }

while [ $# -gt 0 ]; do
    case $1 in
        --binary | --config | --models)
            [ $# -ge 2 ] || usage
            case $1 in --binary) binary=$2 ;; --config) config=$2 ;; --models) models=$2 ;; esac
            shift ;;
        --rollback) rollback=1 ;;
        -*) usage ;;
        *) [ -z "$host" ] || usage; host=$1 ;;
    esac
    shift
done
[ -n "$host" ] || usage

# One look at the board first: a wrong host or architecture must change nothing.
# shellcheck disable=SC2016  # the board's shell expands it
facts=$("$ssh" "$host" 'uname -m
    if [ "$(id -u)" = 0 ]; then echo root; elif sudo -n true 2> /dev/null; then echo sudo; else echo user; fi
    command -v systemctl || echo none') \
    || stop "cannot reach $host with $ssh (see above)"
machine=$(sed -n 1p <<< "$facts") rights=$(sed -n 2p <<< "$facts") manager=$(sed -n 3p <<< "$facts")
case $rights in
    root) as_root='' ;;
    sudo) as_root='sudo -n ' ;;
    *) stop "the user on $host is not root and has no password-less sudo" ;;
esac
[ "$manager" != none ] || stop "$host has no systemd; copy the binary by hand and start '/opt/swiftlet/current/swiftlet run' from its init"

if [ -n "$rollback" ]; then
    exec "$ssh" "$host" "${as_root}sh \"\${SWIFTLET_ROOT:-}/opt/swiftlet/activate.sh\" --rollback"
fi

case $machine in
    aarch64) architecture=aarch64 elf=b7 ;;
    armv7l | armv8l) architecture=armv7 elf=28 ;;
    x86_64) architecture=x86_64 elf=3e ;;
    *) stop "$host is $machine; there are binaries for aarch64 and armv7" ;;
esac
binary=${binary:-$here/../build/$architecture/swiftlet}
[ -f "$binary" ] || stop "there is no $binary; 'make board BOARD=$architecture' builds it"
[ "$(od -An -tx1 -N4 "$binary" | tr -d ' \n')" = 7f454c46 ] || stop "$binary is not a Linux program"
[ "$(od -An -tx1 -j18 -N1 "$binary" | tr -d ' \n')" = "$elf" ] || stop "$binary is for another processor: $host is $machine"
[ -z "$config" ] || [ -f "$config" ] || stop "there is no $config"
[ -z "$models" ] || [ -d "$models" ] || stop "there is no folder $models"

package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT
cp "$binary" "$package/swiftlet"
chmod 755 "$package/swiftlet"
for file in activate.sh swiftlet.service swiftlet-network.conf swiftlet.rules swiftlet.sysusers swiftlet.tmpfiles swiftlet.modules \
    swiftlet.conf; do
    cp "$here/$file" "$package/$file"
done
[ -z "$config" ] || cp "$config" "$package/chosen.conf"
if [ -n "$models" ]; then
    mkdir "$package/models"
    cp "$models"/*.nest "$package/models/" || stop "$models has no .nest files"
fi
(cd "$package" && find . -type f ! -name SUMS -exec sha256sum {} + | LC_ALL=C sort -k 2 > "$package.sums" && mv "$package.sums" SUMS)

echo "install: sending $(du -sh "$package" | cut -f1) to $host"
# The folder's name is the remote mktemp's; a connection that breaks leaves a folder in /tmp and nothing else.
tar -C "$package" -cf - . | "$ssh" "$host" "set -e
    folder=\$(mktemp -d /tmp/swiftlet.XXXXXX)
    trap 'rm -rf \$folder' EXIT
    tar -C \$folder -xf -
    ${as_root}sh \$folder/activate.sh \$folder"
