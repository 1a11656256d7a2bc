#!/usr/bin/env bash
# Lays out what the rig boots, all of it stock Debian: the distribution's own kernel for the board's architecture, the
# modules that the rig's devices need with their dependencies, a static busybox for tests that look at the kernel from
# inside, and a device tree (QEMU's own with cpufreq added). Fetched through a private apt root and checked against
# the signatures of the machine's own sources; nothing is installed.
#
# usage: board/rig-image.sh ARCHITECTURE FOLDER      (ARCHITECTURE: aarch64 or armv7)
set -euo pipefail
cd "$(dirname "$0")/.."

architecture=${1:?usage: board/rig-image.sh ARCHITECTURE FOLDER}
image=${2:?usage: board/rig-image.sh ARCHITECTURE FOLDER}

case $architecture in
    aarch64) debian=arm64 kernel=linux-image-arm64 qemu=qemu-system-aarch64 machine=virt processor=cortex-a53 watchdog=i6300esb ;;
    # That kernel has no large addresses, and no driver for the emulated watchdog: its own has to do.
    armv7) debian=armhf kernel=linux-image-armmp qemu=qemu-system-arm machine=virt,highmem=off processor=cortex-a7 watchdog=softdog ;;
    *) echo "rig: no board architecture '$architecture'; there are aarch64 and armv7" >&2; exit 2 ;;
esac

# In the order in which they load; what each needs comes before it.
modules=(
    i2c-dev                # /dev/i2c-N
    xhci-pci               # the USB controller of
    i2c-tiny-usb           # the I2C adapter
    cpufreq-dt             # the processor's frequencies, from the device tree
    cpufreq_powersave cpufreq_userspace cpufreq_ondemand cpufreq_conservative
    "$watchdog"            # /dev/watchdog
)
# Not loaded at start: the kernel's own drivers of sensors and power monitors, which tests bind to simulated chips; a sound
# card whose playback comes back as its capture, with the interface through which a shell can play; a camera (last: tests
# take what is behind).
spare=(inv-mpu6050-i2c ina2xx-adc snd-aloop snd-pcm-oss vivid)

for tool in apt-get dpkg-deb depmod dtc fdtoverlay "$qemu"; do
    command -v "$tool" > /dev/null || { echo "rig: $tool is missing; tools/setup/packages.sh installs it" >&2; exit 1; }
done

# A change of this list, of the overlay or of QEMU (whose device tree is dumped) is a change of the image.
recipe="$debian $(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)"
recipe+=" $(cat board/rig-image.sh board/apt-root.sh board/rig-overlay.dts | cksum) $("$qemu" --version | head -n 1)"
stamp=$image/.recipe
if [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" = "$recipe" ]; then
    echo "rig: $image is up to date ($(sed -n 2p "$stamp"))"
    exit 0
fi

mkdir -p "$(dirname "$image")"
parent=$(cd "$(dirname "$image")" && pwd)
image=$parent/$(basename "$image")
work=$(mktemp -d "$parent/.rig.XXXXXX")
trap 'rm -rf "$work"' EXIT
# shellcheck source=board/apt-root.sh
. board/apt-root.sh
apt_root rig "$debian" "$work/apt"

# The package behind the name that always means the newest kernel: its version moves with every security fix.
package=$(apt-cache "${private[@]}" depends "$kernel:$debian" | sed -n 's/^ *Depends: *\(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
[ -n "$package" ] || { echo "rig: $kernel is in none of the machine's apt sources; is Debian main among them?" >&2; exit 1; }
echo "rig: fetching $package (about 60 MB) and busybox-static"
apt_download rig "$work/packages" "$package" busybox-static
mkdir "$work/root" "$work/image" "$work/image/modules"
for each in "$work"/packages/*.deb; do dpkg-deb -x "$each" "$work/root"; done

release=$(ls "$work/root/lib/modules")
cp "$work/root/boot/vmlinuz-$release" "$work/image/vmlinuz"
cp "$work/root/bin/busybox" "$work/image/busybox"

# Debian's packages carry no modules.dep: their installation makes it.
depmod -b "$work/root" "$release"
tree=$work/root/lib/modules/$release
# collect LIST MODULE…: copies modules, dependencies first, decompressed, and writes their file names to a list.
collect() {
    local list=$1 name pattern line path file
    shift
    for name in "$@"; do
        pattern=${name//[-_]/[-_]}
        line=$(grep -E "(^|/)$pattern\.ko(\.xz|\.zst)?:" "$tree/modules.dep" || true)
        if [ -z "$line" ]; then
            grep -qE "/$pattern\.ko$" "$tree/modules.builtin" && continue
            echo "rig: the kernel $release has no module $name" >&2
            exit 1
        fi
        # The list has a module first and then what it needs, nearest first.
        for path in $(echo "$line" | tr -d ':' | tr ' ' '\n' | tac); do
            file=$(basename "$path" | sed 's/\.ko.*$/.ko/')
            grep -qxF "$file" "$work/image/modules.load" "$list" 2> /dev/null && continue
            case $path in
                *.xz) xz -dc "$tree/$path" > "$work/image/modules/$file" ;;
                *.zst) zstd -qdc "$tree/$path" > "$work/image/modules/$file" ;;
                *) cp "$tree/$path" "$work/image/modules/$file" ;;
            esac
            echo "$file" >> "$list"
        done
    done
}
: > "$work/image/modules.load"
: > "$work/image/modules.spare"
collect "$work/image/modules.load" "${modules[@]}"
collect "$work/image/modules.spare" "${spare[@]}"

"$qemu" -M "$machine,dumpdtb=$work/virt.dtb" -cpu "$processor" -m 128 -nodefaults -display none > "$work/log" 2>&1 || {
    cat "$work/log" >&2; exit 1; }
dtc -q -@ -I dts -O dtb -o "$work/overlay.dtbo" board/rig-overlay.dts
fdtoverlay -i "$work/virt.dtb" -o "$work/image/board.dtb" "$work/overlay.dtbo"

echo "$architecture" > "$work/image/architecture"

{
    echo "$recipe"
    echo "Linux $release, $(wc -l < "$work/image/modules.load") modules"
    (cd "$work/packages" && sha256sum ./*.deb)
} > "$work/image/.recipe"
chmod 755 "$work/image"
rm -rf "$image"
mv "$work/image" "$image"
echo "rig: $image is ready (Linux $release, $(du -sm "$image" | cut -f1) MB)"
