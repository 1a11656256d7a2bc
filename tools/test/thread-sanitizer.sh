#!/usr/bin/env bash
# What threads share (rings, sequence locks, the thread pool, consoles, a device at work) under ThreadSanitizer, in a build
# of its own. Ends with status 1 where it finds a race; its reports stay in build/threads.log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
while [ ! -f Package.swift ]; do cd ..; done
export SWIFTLET_THREADS=1
swift build --sanitize=thread --scratch-path .build-tsan --product threads
program=$(swift build --sanitize=thread --scratch-path .build-tsan --show-bin-path)/threads
mkdir -p build
status=0
# ThreadSanitizer's memory map leaves no room for addresses that are drawn at random.
export TSAN_OPTIONS="halt_on_error=0 exitcode=66 ${TSAN_OPTIONS:-}"
setarch "$(uname -m)" --addr-no-randomize "$program" > build/threads.log 2>&1 || status=$?
grep -E '^threads: ' build/threads.log || true
races=$(grep -c '^WARNING: ThreadSanitizer' build/threads.log || true)
if [ "$races" -gt 0 ] || [ "$status" -ne 0 ]; then
    grep -E '^SUMMARY: ThreadSanitizer' build/threads.log | sort | uniq -c | sort -rn || true
    echo "threads: FAILED: $races reports, status $status; see build/threads.log"
    exit 1
fi
