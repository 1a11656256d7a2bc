#!/usr/bin/env python3
"""How many instructions one inference of a nest takes on ARM cores, counted by QEMU, as one JSON object a nest.

usage: bench/nest-instructions.py NEST …        (needs build/aarch64/swiftlet: make board)
"""

import json
import sys

import counting
from record import BOARD, BUILD

CORES = ("cortex-a53", "cortex-a76")


def main(nests):
    if not nests or not BOARD.exists():
        sys.exit(__doc__)
    BUILD.mkdir(parents=True, exist_ok=True)
    for nest in nests:
        found = {}
        for core in CORES:
            words = [BOARD, "bench", nest, "--threads", "1", "--runs"]
            found[core] = round(counting.per_repetition(core, lambda runs, words=words: [*words, runs]))
        print(json.dumps({"nest": nest, "instructions": found}), flush=True)


main(sys.argv[1:])
