#!/usr/bin/env bash
# Builds one product as a static, stripped binary for a board: SwiftPM with Embedded Swift, the sysroot's static
# libraries and the tool chain's own clang and lld.
#
# usage: board/build.sh ARCHITECTURE [PRODUCT]      result: build/ARCHITECTURE/PRODUCT
set -euo pipefail

architecture=${1:?usage: board/build.sh ARCHITECTURE [PRODUCT]}
product=${2:-swiftlet}
cd "$(dirname "$0")/.."

# The embedded standard library comes for bare metal only; with Linux headers and libraries around it, it serves
# Linux as well.
case $architecture in
    aarch64) triple=aarch64-none-none-elf linux=aarch64-linux-gnu musl=aarch64-linux-musl instructions=() ;;
    # Floats travel in integer registers, as in the embedded standard library and Debian's armel libraries, and are
    # computed with by the floating-point unit: every ARMv7 processor with NEON (Cortex-A5, A7, A8, A9, A15).
    armv7) triple=armv7-none-none-eabi linux=arm-linux-gnueabi musl=arm-linux-musleabi instructions=(-mfloat-abi=softfp -mfpu=neon) ;;
    *) echo "board: no architecture '$architecture'; there are aarch64 and armv7" >&2; exit 2 ;;
esac

# A board's flash is small, and a static link pulls in more than was meant before anyone notices.
largest_bytes=3300000

resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
[ -d "$resources/embedded/$triple" ] || {
    echo "board: this Swift ($(swiftc --version 2> /dev/null | head -n 1)) has no embedded standard library for $triple;" \
        "use the 6.3 release from swift.org" >&2
    exit 1
}

sysroot=$PWD/build/sysroot-$architecture
board/sysroot.sh "$architecture" "$sysroot"

c_instructions="" swift_instructions=""
for flag in "${instructions[@]}"; do
    c_instructions+=", \"$flag\""
    swift_instructions+=", \"-Xcc\", \"$flag\""
done
toolset=build/toolset-$architecture.json
# Left alone when nothing changed: SwiftPM builds everything again after a new toolset.
sed -e "s|@LINUX@|$linux|g; s|@MUSL@|$musl|g; s|@TRIPLE@|$triple|g; s|@SYSROOT@|$sysroot|g; s|@RESOURCES@|$resources|g" \
    -e "s|@BOARD@|$PWD/board|g" \
    -e "s|@C_INSTRUCTIONS@|$c_instructions|; s|@SWIFT_INSTRUCTIONS@|$swift_instructions|" \
    board/toolset.json.in > "$toolset.new"
if cmp -s "$toolset.new" "$toolset"; then rm "$toolset.new"; else mv "$toolset.new" "$toolset"; fi

SWIFTLET_BOARD=$architecture tools/build/quietly.py "build $product for $architecture" swift build -c release --product "$product" \
    --triple "$triple" --toolset "$toolset" --scratch-path ".build-$architecture"

built=.build-$architecture/$triple/release/$product
result=build/$architecture/$product
mkdir -p "build/$architecture"
"$resources/../../bin/llvm-objcopy" --strip-all "$built" "$result.new"

if "$resources/../../bin/llvm-objdump" --private-headers "$result.new" | grep -qE '^ *(INTERP|DYNAMIC|NEEDED)'; then
    echo "board: $built is not static: it asks for a dynamic loader" >&2
    exit 1
fi
bytes=$(stat -c %s "$result.new")
if [ "$bytes" -gt "$largest_bytes" ]; then
    echo "board: $built is $bytes bytes after stripping, more than the $largest_bytes a board may hold" >&2
    exit 1
fi
mv "$result.new" "$result"
echo "board: $result, static, $bytes bytes (limit $largest_bytes)"
