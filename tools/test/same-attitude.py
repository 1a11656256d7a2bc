#!/usr/bin/env python3
"""Ends with an error unless two tables of attitudes agree to a hundredth of whatever a column holds.

usage: tools/test/same-attitude.py OURS THEIRS
"""

import pathlib
import sys


def main():
    ours, theirs = (pathlib.Path(path).read_text().split("\n") for path in sys.argv[1:3])
    if len(ours) != len(theirs) or len(ours) < 50:
        sys.exit(f"{len(ours)} lines here, {len(theirs)} there")
    worst = 0.0
    for a, b in zip(ours, theirs):
        if a == b:
            continue
        for x, y in zip(a.replace(",", " ").split(), b.replace(",", " ").split(), strict=True):
            if x != y:
                worst = max(worst, abs(float(x) - float(y)))
    if worst > 0.01:
        sys.exit(f"values differ by {worst}")
    print(f"largest difference {worst}")


main()
