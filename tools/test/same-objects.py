#!/usr/bin/env python3
"""Ends with an error unless two files of JSON lines hold the same texts, and numbers that differ by a hundredth at most
where they are fractions, by one otherwise. Times are left out.

usage: tools/test/same-objects.py OURS THEIRS
"""

import json
import sys


def collect(value, numbers, texts):
    if isinstance(value, dict):
        for key in sorted(value):
            if "illiseconds" not in key:
                collect(value[key], numbers, texts)
    elif isinstance(value, list):
        for each in value:
            collect(each, numbers, texts)
    elif isinstance(value, (int, float)):
        numbers.append(value)
    else:
        texts.append(value)


def answers(path):
    numbers, texts = [], []
    with open(path) as file:
        for line in file:
            collect(json.loads(line), numbers, texts)
    return numbers, texts


def main():
    (ours, names), (theirs, their_names) = (answers(path) for path in sys.argv[1:3])
    if names != their_names or len(ours) != len(theirs) or not names:
        sys.exit(f"{names} here, {their_names} there")
    for a, b in zip(ours, theirs):
        if abs(a - b) > (0.01 if abs(a) <= 1 else 1):
            sys.exit(f"{a} here, {b} there")


main()
