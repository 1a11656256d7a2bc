#!/usr/bin/env python3
"""Makes a CSV of motion windows of sp-sw-har, phone and watch motion of 23 people in 5 activities (Matey-Sanz, Casteleyn and Granell,
Data in Brief 2023, CC BY 4.0).

usage: factory/prepare-har.py FOLDER OUT.csv [sp|sw]        (FOLDER: the unpacked data set; the phone's motion if not said otherwise)

A window is 64 samples at 50 Hz, every second one of about 100 Hz, with one activity throughout; a new one starts every 16.
"""

import csv
import pathlib
import sys

COLUMNS = ("x_acc", "y_acc", "z_acc", "x_gyro", "y_gyro", "z_gyro")
LENGTH, STEP, RATE = 64, 2, 50


def windows(file):
    """(activity, rows) of one recording."""
    with open(file, newline="") as source:
        rows = list(csv.DictReader(source))[::STEP]
    for start in range(0, len(rows) - LENGTH + 1, LENGTH // 4):
        chosen = rows[start : start + LENGTH]
        if len({row["label"] for row in chosen}) == 1:
            yield chosen[0]["label"].lower(), chosen


def main(folder, target, device="sp"):
    files = sorted(pathlib.Path(folder).glob(f"DATA/s*/s*_{device}.csv"))
    if not files:
        sys.exit(f"prepare-har: {folder}: no DATA/sNN/sNN_MM_{device}.csv in it")
    number = 0
    with open(target, "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["window", "label", "person", "rate", *COLUMNS])
        for file in files:
            for label, rows in windows(file):
                table.writerows([number, label, file.parent.name, RATE, *(row[name] for name in COLUMNS)] for row in rows)
                number += 1
    print(f"prepare-har: {number} windows of {len(files)} recordings")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
