#!/usr/bin/env bash
# Lays out a sysroot for a board: the musl C library (a static glibc brings 600 kB of locales, iconv and a dynamic
# loader), headers and static libraries of the board's architecture as Debian packages them,
# fetched by apt-get from the machine's own sources (and checked against their signatures) through a private apt
# root. Nothing is installed: the machine's package state stays as it is, and no root rights are needed.
#
# usage: board/sysroot.sh ARCHITECTURE FOLDER      (ARCHITECTURE: aarch64 or armv7)
set -euo pipefail
cd "$(dirname "$0")/.."

architecture=${1:?usage: board/sysroot.sh ARCHITECTURE FOLDER}
sysroot=${2:?usage: board/sysroot.sh ARCHITECTURE FOLDER}

case $architecture in
    aarch64) debian=arm64 triplet=aarch64-linux-gnu musl=aarch64-linux-musl ;;
    # Debian's armel, not armhf: Swift's embedded standard library for 32-bit ARM passes floats in integer registers.
    armv7) debian=armel triplet=arm-linux-gnueabi musl=arm-linux-musleabi ;;
    *) echo "sysroot: no board architecture '$architecture'; there are aarch64 and armv7" >&2; exit 2 ;;
esac

# Only what a static link reads: headers and .a files. `libgcc` stands for the newest libgcc-N-dev.
packages=(musl-dev linux-libc-dev libgcc libjpeg62-turbo-dev libpng-dev zlib1g-dev libgpiod-dev libi2c-dev libinih-dev)

# What must be there afterwards, under usr/lib/TRIPLET: a package that lost its static library is found here, by
# name, and not at the end of a long build by the linker.
libraries=(crt1.o libc.a libm.a libpthread.a libjpeg.a libpng16.a libz.a libgpiod.a libi2c.a libinih.a)

# A change of this list is a change of the sysroot.
recipe="$debian $(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release) $(cat board/sysroot.sh board/apt-root.sh | cksum)"
stamp=$sysroot/.recipe
if [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$recipe" ]; then
    echo "sysroot: $sysroot is up to date"
    exit 0
fi

for tool in apt-get dpkg-deb; do
    command -v "$tool" > /dev/null || { echo "sysroot: $tool is missing; this needs Debian 12 or newer" >&2; exit 1; }
done

mkdir -p "$(dirname "$sysroot")"
parent=$(cd "$(dirname "$sysroot")" && pwd)
sysroot=$parent/$(basename "$sysroot")
work=$(mktemp -d "$parent/.sysroot.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/root"
# shellcheck source=board/apt-root.sh
. board/apt-root.sh
apt_root sysroot "$debian" "$work/apt"

libgcc=$(apt-cache "${private[@]}" search --names-only '^libgcc-[0-9]+-dev$' | cut -d' ' -f1 | sort -V | tail -n 1)
[ -n "$libgcc" ] || {
    echo "sysroot: no packages for $debian; are the machine's apt sources reachable, and is Debian main among them?" >&2; exit 1; }
packages=("${packages[@]/#libgcc/"$libgcc"}")

apt_download sysroot "$work/packages" "${packages[@]}"
for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/root"; done

# Where clang looks for the C library of a Debian triplet.
cp "$work/root/usr/lib/$musl"/* "$work/root/usr/lib/$triplet/"

for library in "${libraries[@]}"; do
    [ -e "$work/root/usr/lib/$triplet/$library" ] || {
        echo "sysroot: usr/lib/$triplet/$library is in none of the packages: ${packages[*]}" >&2; exit 1; }
done

rm -rf "$work/root/usr/share" "$work/root/usr/bin"
{ echo "$recipe"; (cd "$work/packages" && sha256sum ./*.deb); } > "$work/root/.recipe"
# mktemp's folder is for its owner alone; the sysroot is for everyone who builds.
chmod 755 "$work/root"
rm -rf "$sysroot"
mv "$work/root" "$sysroot"
echo "sysroot: $sysroot is ready ($(du -sm "$sysroot" | cut -f1) MB)"
