#!/usr/bin/env python3
"""Writes Sources/Language/Tokenizer/CharacterClassTable.swift: where in Unicode the classes that pre-tokenizers tell
apart begin. Unicode 16 is what the package `tokenizers` (0.23) cuts words by, for every code point; which characters
stand alone as digits it takes from Unicode 17, a difference of 13 numbers of two scripts.

needs: pip install unicodedata2==16.0.0
usage: goldens/character-classes.py > Sources/Language/Tokenizer/CharacterClassTable.swift
"""

import unicodedata2 as unicodedata

OTHER, LETTER, NUMBER, SPACE = range(4)
# The property White_Space, which unicodedata2 doesn't have; it has been stable since Unicode 6.3.
SPACES = {*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}


def character_class(code):
    if code in SPACES:
        return SPACE
    return {"L": LETTER, "N": NUMBER}.get(unicodedata.category(chr(code))[0], OTHER)


def main():
    boundaries, last = [], None
    for code in range(0x110000):
        found = character_class(code)
        if found != last:
            boundaries.append(code << 2 | found)
            last = found
    print(f"// Made by goldens/character-classes.py from Unicode {unicodedata.unidata_version}.")
    print()
    print("/// Where a class of characters begins, in order: code point << 2 | class (0 other, 1 letter, 2 number, 3 space).")
    print("let characterClassBoundaries: [UInt32] = [")
    for start in range(0, len(boundaries), 16):
        print("    " + " ".join(f"{value}," for value in boundaries[start:start + 16]))
    print("]")


main()
