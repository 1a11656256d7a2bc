# shellcheck shell=bash
# A private apt root: packages of another architecture from the machine's own sources, checked against their
# signatures, without touching what is installed and without root rights. Sourced by the scripts beside it.

# apt_root NAME DEBIAN_ARCHITECTURE FOLDER: makes it and reads the package lists; sets the array `private`.
apt_root() {
    local name=$1 debian=$2 root=$3
    mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
    : > "$root/status"
    # The machine's sources and keys (Dir::Etc keeps its default), everything that is written: ours.
    private=(
        -o "APT::Architecture=$debian" -o "APT::Architectures::=$debian"
        -o "Dir::State::Lists=$root/lists" -o "Dir::State::status=$root/status" -o "Dir::State=$root"
        -o "Dir::Cache=$root/cache" -o "Acquire::Languages=none" -o "Acquire::Retries=3"
        -o "APT::Sandbox::User=$(id -un)"
    )
    # A mirror caught in the middle of an update loses one list, not all: what is missing shows at the download.
    apt-get "${private[@]}" -q update > "$root/log" 2>&1 || {
        grep '^[EW]:' "$root/log" >&2; echo "$name: some package lists failed (above); going on with the others" >&2; }
    echo "$name: package lists for $debian read"
}

# apt_download NAME FOLDER PACKAGE…: fetches packages as .deb files.
apt_download() {
    local name=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    if ! (cd "$folder" && apt-get "${private[@]}" -q download "$@") > "$folder.log" 2>&1; then
        cat "$folder.log" >&2
        echo "$name: a download failed (above); run it again when the network is back" >&2
        exit 1
    fi
}
