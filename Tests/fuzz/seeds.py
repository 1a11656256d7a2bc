#!/usr/bin/env python3
"""Writes small valid files for the fuzzer to start from, made by hand so that no library is needed.

usage: seeds.py onnx|pytorch FOLDER
"""

import io
import pathlib
import struct
import sys
import zipfile


# ONNX is protobuf: fields of a number and a wire type, varints, and lengths before anything longer.

def varint(value):
    out = bytearray()
    while True:
        out.append(value & 0x7F | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def integer(field, value):
    return varint(field << 3) + varint(value)


def block(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


FLOAT = 1


def value_info(name, shape):
    dimensions = b"".join(block(1, integer(1, size)) for size in shape)
    return block(1, name) + block(2, block(1, integer(1, FLOAT) + block(2, dimensions)))


def initializer(name, shape, values):
    return (b"".join(integer(1, size) for size in shape) + integer(2, FLOAT) + block(8, name)
            + block(9, struct.pack(f"<{len(values)}f", *values)))


def node(operator, inputs, outputs, **attributes):
    message = b"".join(block(1, name) for name in inputs) + b"".join(block(2, name) for name in outputs)
    message += block(4, operator)
    for name, value in attributes.items():
        is_list = isinstance(value, list)
        content = b"".join(integer(8, item) for item in value) if is_list else integer(3, value)
        message += block(5, block(1, name) + content + integer(20, 7 if is_list else 2))
    return message


def onnx_model(nodes, initializers, source, result):
    graph = b"".join(block(1, item) for item in nodes) + block(2, "seed")
    graph += b"".join(block(5, item) for item in initializers)
    graph += block(11, value_info(*source)) + block(12, value_info(*result))
    return integer(1, 8) + block(7, graph) + block(8, integer(2, 13))


def onnx_seeds():
    weights = initializer("w", (2, 1, 3, 3), [0.1 * i for i in range(18)])
    yield "convolution", onnx_model(
        [node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]),
         node("Relu", ["c"], ["r"]), node("GlobalAveragePool", ["r"], ["y"])],
        [weights], ("x", (1, 1, 8, 8)), ("y", (1, 2, 1, 1)))
    yield "sigmoid", onnx_model(
        [node("Sigmoid", ["x"], ["s"]), node("Mul", ["x", "s"], ["y"])], [], ("x", (1, 4)), ("y", (1, 4)))
    yield "pool", onnx_model(
        [node("MaxPool", ["x"], ["a"], kernel_shape=[2, 2], strides=[2, 2]), node("Concat", ["a", "a"], ["y"], axis=1)],
        [], ("x", (1, 2, 4, 4)), ("y", (1, 4, 2, 2)))


# A PyTorch state dict is a zip of a pickle and one raw file for each storage. The pickle's opcodes are written by
# hand: the pickle module can't write references to classes that aren't there.

def pytorch_state_dict(tensors):
    out = b"\x80\x02ccollections\nOrderedDict\n)R"
    for index, (name, shape, _) in enumerate(tensors):
        count = 1
        for size in shape:
            count *= size
        strides, step = [], 1
        for size in reversed(shape):
            strides.insert(0, step)
            step *= size
        text = lambda value: b"X" + struct.pack("<I", len(value)) + value.encode()
        number = lambda value: b"J" + struct.pack("<i", value)
        numbers = lambda values: b"(" + b"".join(number(value) for value in values) + b"t"
        out += text(name) + b"ctorch._utils\n_rebuild_tensor_v2\n("
        out += b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(index)) + text("cpu") + number(count) + b"tQ"
        out += number(0) + numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)RtRs"
    out += b"."
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archive/data.pkl", out)
        for index, (_, _, values) in enumerate(tensors):
            file.writestr(f"archive/data/{index}", struct.pack(f"<{len(values)}f", *values))
        file.writestr("archive/version", "3\n")
    return archive.getvalue()


def pytorch_seeds():
    yield "two-tensors", pytorch_state_dict([("conv_stem.weight", (2, 3, 3, 3), [0.5] * 54), ("bn1.bias", (2,), [0.0, 1.0])])


def main():
    kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    seeds = {"onnx": onnx_seeds, "pytorch": pytorch_seeds}.get(kind)
    for name, data in seeds() if seeds else []:
        (folder / f"seed-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
