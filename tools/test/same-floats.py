#!/usr/bin/env python3
"""Ends with an error unless two files hold the same bytes, or floats that differ by less than a millionth.

usage: tools/test/same-floats.py FILE FILE
"""

import pathlib
import struct
import sys


def main():
    a, b = (pathlib.Path(path).read_bytes() for path in sys.argv[1:3])
    if len(a) != len(b) or not a:
        sys.exit(f"{len(a)} bytes here, {len(b)} there")
    if a == b:
        return
    if len(a) % 4:
        sys.exit("outputs differ")
    worst = max(abs(x - y) for (x,), (y,) in zip(struct.iter_unpack("<f", a), struct.iter_unpack("<f", b)))
    if not worst < 1e-6:
        sys.exit(f"outputs differ by {worst}")


main()
