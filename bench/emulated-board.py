#!/usr/bin/env python3
"""Measures the firmware with its sensors on an emulated board (`virtual-board figures`) and writes the figures as data:
build/bench/emulated-board.json. They have no bounds: the emulation shares its processors with whatever else runs.

usage: bench/emulated-board.py [--seconds N]
"""

import re
import subprocess
import sys

from record import ROOT, Section, processor

VIRTUAL_BOARD = ROOT / ".build/release/virtual-board"
section = Section("emulated-board", "bench/emulated-board.py --seconds 30", whole=True)


def figures():
    seconds = sys.argv[2] if sys.argv[1:2] == ["--seconds"] else "30"
    run = subprocess.run([VIRTUAL_BOARD, "figures", "--seconds", seconds], capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0:
        raise RuntimeError(f"virtual-board figures: exit {run.returncode}: {run.stderr.strip()[-300:]}")
    # A Markdown table: two lines of head, then a figure a line.
    for line in run.stdout.splitlines()[2:]:
        name, shown = (cell.strip() for cell in line.strip().strip("|").split("|"))
        number = re.fullmatch(r"(-?[\d.]+)(?: (\D+))?", shown)
        section.add(name, shown, float(number.group(1)) if number else None, (number.group(2) or "") if number else "")


def main():
    section.processor = processor()
    sys.exit(0 if section.measure([figures]) else 1)


if __name__ == "__main__":
    main()
