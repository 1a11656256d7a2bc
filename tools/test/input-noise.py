#!/usr/bin/env python3
"""Writes one run of noise for a nest's inputs, always the same for a seed, and prints the type of the first input.

usage: tools/test/input-noise.py SWIFTLET NEST SEED FILE
"""

import json
import math
import pathlib
import random
import subprocess
import sys

SIZES = {"int8": 1, "uint8": 1, "int16": 2, "int32": 4, "float16": 2, "float32": 4}


def main():
    swiftlet, nest, seed, path = sys.argv[1:5]
    said = subprocess.run([swiftlet, "info", nest, "--json"], check=True, capture_output=True, text=True).stdout
    inputs = json.loads(said)["programs"][0]["inputs"]
    count = sum(math.prod(map(int, each["shape"].split("x"))) * SIZES[each["type"]] for each in inputs)
    pathlib.Path(path).write_bytes(random.Random(int(seed)).randbytes(count))
    print(inputs[0]["type"])


main()
