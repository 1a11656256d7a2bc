#!/usr/bin/env python3
"""Gives a program nests with sizes and counts whose products leave 32 bits, in every word of the tables, the checksum
made right again. Each must be refused or run: a crash is an error, and so are too few refusals.

usage: tools/test/hostile-nests.py NEST SCRATCH_FILE -- PROGRAM [ARGUMENT …]
"""

import pathlib
import random
import struct
import subprocess
import sys
import zlib

CASES = 150
VALUES = [0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 1 << 24, 1 << 20, (1 << 24) - 1, 1 << 12, 1 << 30]
# Where the tables begin and end: the checksum covers them, and the header up to it says how long they are.
CHECKSUM, COVERED, TABLES_LENGTH, TABLES = 12, 16, 24, 64


def changed(original, generator):
    data = bytearray(original)
    end = TABLES + struct.unpack_from("<Q", original, TABLES_LENGTH)[0]
    for _ in range(generator.randint(1, 3)):
        place = generator.randrange(COVERED, end - 4)
        struct.pack_into("<I", data, place & ~3, generator.choice(VALUES))
    struct.pack_into("<I", data, CHECKSUM, zlib.crc32(data[COVERED:end]))
    return data


def main():
    source, scratch = (pathlib.Path(path) for path in sys.argv[1:3])
    program = sys.argv[sys.argv.index("--") + 1 :]
    original, generator, refused = source.read_bytes(), random.Random(3), 0
    for case in range(CASES):
        scratch.write_bytes(changed(original, generator))
        run = subprocess.run([*program, "bench", scratch, "--runs", "1"], capture_output=True, timeout=100)
        if not 0 <= run.returncode <= 2:
            sys.exit(f"case {case} ended with {run.returncode}: {run.stderr[-300:]}; the file is {scratch}")
        refused += run.returncode != 0
    if refused < 20:
        sys.exit(f"only {refused} of {CASES} were refused: the changes do not reach the tables")
    print(f"{refused} of {CASES} refused")


main()
