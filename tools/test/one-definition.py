#!/usr/bin/env python3
"""Says which data stand under one name in several object files of a board's build with other sizes: the linker keeps one
of them for everybody, and code that meant another one reads the wrong bytes.

usage: tools/test/one-definition.py LLVM_NM LIST      (LIST: the files that were linked, a line each)"""

import collections
import pathlib
import subprocess
import sys


def main():
    reader, listing = sys.argv[1:]
    sizes = collections.defaultdict(lambda: collections.defaultdict(set))
    files = [pathlib.Path(line.strip("'\"")) for line in pathlib.Path(listing).read_text().splitlines() if line]
    if not files:
        sys.exit(f"no object files in {listing}")
    for file in files:
        # Weak data ("V") are what the linker chooses among.
        text = subprocess.run([reader, "--print-size", file], capture_output=True, text=True, check=True).stdout
        for fields in map(str.split, text.splitlines()):
            if len(fields) == 4 and fields[2] == "V":
                sizes[fields[3]][fields[1]].add(file.parent.stem)
    wrong = {name: found for name, found in sizes.items() if len(found) > 1}
    for name, found in wrong.items():
        print(name, {int(size, 16): sorted(modules) for size, modules in found.items()})
    if wrong:
        sys.exit(f"{len(wrong)} names mean different data in different modules")


main()
