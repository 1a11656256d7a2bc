#!/usr/bin/env python3
"""metadata-note.py FILE: the note in the metadata of what `swiftlet info --json` said, in ASCII, control characters named."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as said:
    print(ascii(json.load(said)["metadata"]["note"]))
