#!/usr/bin/env bash
# The tidy check, after the tests of the scripts themselves: a check that finds nothing because it is broken would pass in
# silence.
set -euo pipefail
cd "$(dirname "$0")/../.."
for test in tools/*/test_*.py bench/test_*.py; do
    [ -f "$test" ] || continue
    said=$(python3 "$test" 2>&1) || { echo "$said"; echo "tidy: $test failed (above)" >&2; exit 1; }
done
status=0
bench/tables.py --check || status=1
python3 tools/tidy/tidy.py "$@" || status=1
exit $status
