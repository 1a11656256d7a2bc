#!/usr/bin/env python3
"""How many bytes the inputs of a nest's first program take: reads `swiftlet info --json` on standard input."""

import json
import math
import sys

SIZES = {"int8": 1, "uint8": 1, "int16": 2, "int32": 4, "float16": 2, "float32": 4}

inputs = json.load(sys.stdin)["programs"][0]["inputs"]
print(sum(math.prod(map(int, each["shape"].split("x"))) * SIZES[each["type"]] for each in inputs))
