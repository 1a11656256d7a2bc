#!/usr/bin/env python3
"""Writes a GGUF file anew with its matrices as float32: the same weights, but a runtime need not round activations.

usage: float-weights.py MODEL.gguf OUT.gguf      (tensors of F32, Q4_1 and Q8_0; needs numpy)
"""

import struct
import sys

import numpy

# By the format's own numbers: bytes of a number, and of a block of 32 weights.
NUMBERS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
TEXT, ARRAY = 8, 9
F32, Q4_1, Q8_0 = 0, 3, 8
ALIGNMENT = 32


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, code):
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize(code)
        return value

    def text(self):
        length = self.number("Q")
        self.at += length
        return self.data[self.at - length : self.at]

    def skip(self, kind):
        if kind == TEXT:
            self.text()
        elif kind == ARRAY:
            inner, count = self.number("I"), self.number("Q")
            if inner in NUMBERS:
                self.at += NUMBERS[inner] * count
            else:
                for _ in range(count):
                    self.skip(inner)
        else:
            self.at += NUMBERS[kind]


def floats(data, at, kind, count):
    if kind == F32:
        return numpy.frombuffer(data, "<f4", count, at)
    if kind == Q8_0:
        blocks = numpy.frombuffer(data, numpy.dtype([("scale", "<f2"), ("values", "i1", 32)]), count // 32, at)
        return (blocks["values"] * blocks["scale"].astype("f4")[:, None]).ravel()
    if kind == Q4_1:
        blocks = numpy.frombuffer(data, numpy.dtype([("scale", "<f2"), ("minimum", "<f2"), ("nibbles", "u1", 16)]), count // 32, at)
        values = numpy.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
        return (values * blocks["scale"].astype("f4")[:, None] + blocks["minimum"].astype("f4")[:, None]).ravel()
    raise ValueError(f"tensor type {kind} is not known here")


def main(source, target):
    data = open(source, "rb").read()
    cursor = Cursor(data)
    magic, version = cursor.number("I"), cursor.number("I")
    count, keys = cursor.number("Q"), cursor.number("Q")
    first_key = cursor.at
    for _ in range(keys):
        cursor.text()
        cursor.skip(cursor.number("I"))
    end_of_keys = cursor.at
    tensors = []
    for _ in range(count):
        name = cursor.text()
        sizes = [cursor.number("Q") for _ in range(cursor.number("I"))]
        tensors.append((name, sizes, cursor.number("I"), cursor.number("Q")))
    start = -(-cursor.at // ALIGNMENT) * ALIGNMENT
    head = bytearray(struct.pack("<IIQQ", magic, version, count, keys)) + data[first_key:end_of_keys]
    offset = 0
    for name, sizes, _, _ in tensors:
        head += struct.pack("<Q", len(name)) + name + struct.pack("<I", len(sizes)) + struct.pack(f"<{len(sizes)}Q", *sizes)
        head += struct.pack("<IQ", F32, offset)
        offset += -(-int(numpy.prod(sizes)) * 4 // ALIGNMENT) * ALIGNMENT
    with open(target, "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT))
        for _, sizes, kind, place in tensors:
            values = floats(data, start + place, kind, int(numpy.prod(sizes))).astype("<f4").tobytes()
            file.write(values + bytes(-len(values) % ALIGNMENT))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
