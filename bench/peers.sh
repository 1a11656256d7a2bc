#!/usr/bin/env bash
# Installs what Swiftlet is compared with, for this machine and (on x86-64) for aarch64 under QEMU: the wheels of LiteRT and llama.cpp
# (and of CTranslate2, for this machine alone) from PyPI, and an arm64 Python unpacked from Debian's packages. All of it in
# build/peers; nothing is installed.
set -euo pipefail
export PIP_ROOT_USER_ACTION=ignore
cd "$(dirname "$0")/.."

# Version and what its Python part imports.
wheels=(ai-edge-litert==2.3.0 numpy==2.4.6 flatbuffers==25.12.19 backports.strenum==1.2.8 typing_extensions==4.16.0
        xllamacpp==2026.10.11549)
peers=$PWD/build/peers
# Measured on this machine alone.
native=(ctranslate2==4.8.5 PyYAML==6.0.4)
stamp=$peers/.complete
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(cksum < "$0")" ]; then exit 0; fi
rm -rf "$peers"
mkdir -p "$peers"

python=python3
"$python" -m pip --version > /dev/null 2>&1 || python=/usr/bin/python3

echo "peers: LiteRT, llama.cpp and CTranslate2 for this machine"
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --target "$peers/native" "${wheels[@]}" \
    "${native[@]}"

echo "peers: an arm64 Python"
work=$peers/apt
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: > "$work/status"
private=(
    -o APT::Architecture=arm64 -o APT::Architectures::=arm64
    -o "Dir::State=$work" -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status"
    -o "Dir::Cache=$work/cache" -o Acquire::Languages=none -o Acquire::Retries=3 -o "APT::Sandbox::User=$(id -un)"
    -o Debug::NoLocking=true
)
apt-get "${private[@]}" -q update > "$work/log" 2>&1 || grep '^[EW]:' "$work/log" >&2 || true
apt-get "${private[@]}" -q -y --no-install-recommends --download-only install python3 libstdc++6 libgomp1 > "$work/log" 2>&1 || {
    cat "$work/log" >&2; exit 1; }
mkdir -p "$peers/root"
for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$peers/root"; done
rm -rf "$work"
version=$(basename "$(readlink -f "$peers/root/usr/bin/python3")" | sed 's/^python//')

echo "peers: LiteRT and llama.cpp for aarch64, Python $version"
platforms=()
for version_of_glibc in 2_17 2014 2_27 2_28 2_34 2_36; do
    platforms+=(--platform "manylinux${version_of_glibc/#2_/_2_}_aarch64")
done
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --implementation cp \
    --python-version "$version" "${platforms[@]}" --target "$peers/aarch64" "${wheels[@]}"
cksum < "$0" > "$stamp"
echo "peers: $peers is ready ($(du -sm "$peers" | cut -f1) MB)"
