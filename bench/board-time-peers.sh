#!/usr/bin/env bash
# Fetches what bench/board-time.py needs beside bench/peers.sh, into build/board-time and nowhere else: ncnn and ONNX Runtime for
# aarch64 (PyPI), the arm64 libraries that ncnn's wheel loads and LLVM's llvm-mca with the pipelines of ARM cores (Debian).
set -euo pipefail
export PIP_ROOT_USER_ACTION=ignore
cd "$(dirname "$0")/.."
bench/peers.sh

# ncnn of the year in which its published times were measured.
wheels=(ncnn==1.0.20231027 onnxruntime==1.22.1)
place=$PWD/build/board-time
stamp=$place/.complete
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(cksum < "$0")" ]; then exit 0; fi
rm -rf "$place"
mkdir -p "$place"

python=python3
"$python" -m pip --version > /dev/null 2>&1 || python=/usr/bin/python3
version=$(basename "$(readlink -f build/peers/root/usr/bin/python3)" | sed 's/^python//')
platforms=()
for glibc in 2014 _2_17 _2_27 _2_28 _2_34; do platforms+=(--platform "manylinux${glibc}_aarch64"); done
echo "board-time: ncnn and ONNX Runtime for aarch64, Python $version"
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --implementation cp \
    --python-version "$version" "${platforms[@]}" --target "$place/aarch64" "${wheels[@]}"

# Downloads packages of one architecture, without their dependencies' help, and unpacks them into a folder.
unpack() {
    local architecture=$1 folder=$2 work=$place/apt
    shift 2
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$folder"
    : > "$work/status"
    local private=(
        -o "APT::Architecture=$architecture" -o "APT::Architectures::=$architecture"
        -o "Dir::State=$work" -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status"
        -o "Dir::Cache=$work/cache" -o Acquire::Languages=none -o Acquire::Retries=3 -o "APT::Sandbox::User=$(id -un)"
        -o Debug::NoLocking=true
    )
    apt-get "${private[@]}" -q update > "$work/log" 2>&1 || grep '^[EW]:' "$work/log" >&2 || true
    (cd "$work/cache" && apt-get "${private[@]}" -q download "$@") > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    local package
    for package in "$work"/cache/*.deb; do dpkg-deb -x "$package" "$folder"; done
    rm -rf "$work"
}
echo "board-time: libraries for ncnn's wheel, and llvm-mca"
unpack arm64 "$place/libraries" libx11-6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0
unpack "$(dpkg --print-architecture)" "$place/llvm" llvm-19 libllvm19 libz3-4
cksum < "$0" > "$stamp"
echo "board-time: $place is ready ($(du -sm "$place" | cut -f1) MB)"
