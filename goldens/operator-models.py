#!/usr/bin/env python3
"""Writes Tests/golden/operators: tiny quantised models, mostly of one operator, and what LiteRT answers to them.

usage: goldens/operator-models.py   (needs ai-edge-litert, flatbuffers and numpy)

NAME.bin holds all outputs of run 1, then of run 2, and so on. Input bytes are the upper bytes of a linear congruential
generator (x = 1664525 x + 1013904223 modulo 2^32) started at the number of the run, one input after another.
"""

import pathlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import flexbuffers

from tflite_writer import FLOAT, INT8, INT32, RESOURCE, UINT8, Model

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/operators"
RUNS = 4
random = np.random.default_rng(11)

# Codes of operators, and of the options that go with them.
ADD, AVERAGE_POOL, CONCATENATION, CONV, DEPTHWISE, FULLY_CONNECTED = (0, 11), (1, 5), (2, 10), (3, 1), (4, 2), (9, 8)
MAX_POOL, MUL, BILINEAR, SOFTMAX, PAD, TRANSPOSE, MEAN, SUB = (17, 5), (18, 21), (23, 15), (25, 9), (34, 22), (39, 26), (40, 27), (41, 28)
STRIDED_SLICE, SLICE, PADV2, NEAREST, LEAKY_RELU, QUANTIZE, HARD_SWISH = (
    (45, 32),
    (65, 48),
    (60, 43),
    (97, 74),
    (98, 75),
    (114, 89),
    (117, 91),
)
MAXIMUM, MINIMUM, SPLIT, PACK, GATHER = (55, 39), (57, 39), (49, 35), (83, 59), (36, 23)
LOGISTIC, TANH, RELU, RELU6, DEQUANTIZE, CUSTOM = 14, 28, 19, 21, 6, 32
PRELU, RSQRT, SQUARED_DIFFERENCE, LOG_SOFTMAX, ELU = 54, 76, (99, 76), (50, 36), 111
TRANSPOSE_CONV, DEPTH_TO_SPACE, SPACE_TO_DEPTH, SPACE_TO_BATCH, BATCH_TO_SPACE = (67, 49), (5, 94), (26, 19), (38, 25), (37, 24)
MIRROR_PAD, TILE, UNPACK, REDUCE_MAX, ARG_MAX = (100, 77), (69, 51), (88, 64), (82, 27), (56, 40)
CALL_ONCE, VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE = (129, 103), (142, 111), (143, 112), (144, 113)

made = []


class Small(Model):
    """A model whose activations have one type."""

    def __init__(self, name, kind=INT8):
        super().__init__()
        self.name, self.kind = name, kind
        self.inputs = []

    def zero(self, value):
        """A zero point, given for int8."""
        return value + 128 if self.kind == UINT8 else value

    def input(self, shape, scale, zero):
        self.inputs.append(self.value(f"input {len(self.inputs)}", shape, scale, zero))
        return self.inputs[-1]

    def value(self, name, shape, scale, zero, data=None):
        return self.tensor(name, shape, self.kind, scale, self.zero(zero), data)

    def constant(self, values):
        return self.tensor(f"constant {len(self.tensors)}", list(np.shape(values)), INT32, data=np.array(values, np.int32))

    def weights(self, shape, scale, outputs, axis, input_scale, zero=0):
        """Weights and bias; int8 ones have a scale for each output channel, uint8 ones a zero point."""
        if self.kind == UINT8:
            w = self.tensor("weights", shape, UINT8, scale, zero, random.integers(0, 256, shape).astype(np.uint8))
            scales = np.float32(scale)
        else:
            scales = (scale * random.uniform(0.6, 1.4, outputs)).astype(np.float32)
            w = self.tensor("weights", shape, INT8, scales, 0, random.integers(-127, 128, shape).astype(np.int8), axis)
        b = self.tensor("bias", [outputs], INT32, scales * np.float32(input_scale), 0, random.integers(-900, 900, outputs).astype(np.int32))
        return w, b

    def run(self, operator, inputs, outputs, options=None, version=1):
        code, kind = operator if isinstance(operator, tuple) else (operator, 0)
        self.operator(code, inputs, outputs, options if kind else None, kind, version=version)

    def done(self, *outputs):
        self.save(OUT, self.name, self.inputs, list(outputs))
        made.append(self.name)


def window(stride, padding="same"):
    return {0: ("b", 0 if padding == "same" else 1), 1: ("i", stride), 2: ("i", stride)}


def weighted(kind, prefix):
    version = 3 if kind == INT8 else 1
    for name, stride, padding, dilation, activation in [
        ("convolution", 1, "same", 1, 0),
        ("convolution-strided", 2, "same", 1, 3),
        ("convolution-valid", 2, "valid", 1, 1),
        ("convolution-dilated", 1, "same", 2, 0),
    ]:
        m = Small(prefix + name, kind)
        x = m.input([1, 9, 8, 5], 0.02, -9)
        w, b = m.weights([11, 3, 3, 5], 0.01, 11, 0, 0.02, 119)
        size = {"same": lambda n: -(-n // stride), "valid": lambda n: (n - 3) // stride + 1}[padding]
        y = m.value("y", [1, size(9), size(8), 11], 0.05, 7)
        m.run(CONV, [x, w, b], [y], {**window(stride, padding), 3: ("b", activation), 4: ("i", dilation), 5: ("i", dilation)}, version)
        m.done(y)
    for name, channels, multiplier, stride, dilation in [
        ("depthwise", 12, 1, 1, 1),
        ("depthwise-strided", 7, 1, 2, 1),
        ("depthwise-dilated", 12, 1, 1, 2),
        ("depthwise-multiplier", 5, 3, 1, 1),
        ("depthwise-one-channel", 1, 8, 2, 1),
    ]:
        m = Small(prefix + name, kind)
        x = m.input([1, 8, 9, channels], 0.02, 20)
        w, b = m.weights([1, 3, 3, channels * multiplier], 0.015, channels * multiplier, 3, 0.02, 137)
        y = m.value("y", [1, -(-8 // stride), -(-9 // stride), channels * multiplier], 0.03, -11)
        m.run(
            DEPTHWISE,
            [x, w, b],
            [y],
            {**window(stride), 3: ("i", multiplier), 4: ("b", 0), 5: ("i", dilation), 6: ("i", dilation)},
            version,
        )
        m.done(y)
    for name, rows, activation in [("fully-connected", 1, 0), ("fully-connected-batch", 3, 1)]:
        m = Small(prefix + name, kind)
        x = m.input([rows, 33], 0.03, 5)
        w, b = m.weights([10, 33], 0.01, 10, 0, 0.03, 122)
        y = m.value("y", [rows, 10], 0.09, -4)
        m.run(FULLY_CONNECTED, [x, w, b], [y], {0: ("b", activation)}, 5 if kind == INT8 else 1)
        m.done(y)


def pairs(kind, prefix):
    shape = [1, 4, 5, 6]
    for name, operator, other, options in [
        ("add", ADD, shape, {0: ("b", 0)}),
        ("add-relu6", ADD, shape, {0: ("b", 3)}),
        ("subtract", SUB, shape, {0: ("b", 0)}),
        ("multiply", MUL, shape, {0: ("b", 0)}),
        ("add-channels", ADD, [1, 1, 1, 6], {0: ("b", 0)}),
        ("add-column", ADD, [1, 4, 1, 1], {0: ("b", 0)}),
        ("multiply-gate", MUL, [1, 1, 1, 6], {0: ("b", 0)}),
        ("subtract-pixel", SUB, [1, 1, 1, 6], {0: ("b", 0)}),
        ("subtract-from-channels", SUB, [1, 1, 1, 6], {0: ("b", 0)}),
    ]:
        m = Small(prefix + name, kind)
        scales = (0.03, 12), (0.011, -30)
        if name == "subtract-from-channels":
            b, a = m.input(shape, *scales[0]), m.input(other, *scales[1])
        else:
            a, b = m.input(shape, *scales[0]), m.input(other, *scales[1])
        y = m.value("y", shape, 0.025, 3)
        m.run(operator, [a, b], [y], options, 2 if kind == INT8 else 1)
        m.done(y)
    for name, operator in [("maximum", MAXIMUM), ("minimum", MINIMUM)]:
        m = Small(prefix + name, kind)
        a, b = m.input(shape, 0.03, 12), m.input(shape, 0.03, 12)
        y = m.value("y", shape, 0.03, 12)
        m.run(operator, [a, b], [y], {}, 2 if kind == INT8 else 1)
        m.done(y)
    m = Small(prefix + "add-constant", kind)
    a = m.input(shape, 0.03, 12)
    data = random.integers(0, 256, 6).astype(np.uint8)
    b = m.value("offset", [6], 0.02, -5, data)
    y = m.value("y", shape, 0.04, 3)
    m.run(ADD, [a, b], [y], {0: ("b", 0)}, 2 if kind == INT8 else 1)
    m.done(y)
    for name, axis, shapes in [("concatenate", 3, [[1, 3, 4, 5], [1, 3, 4, 2]]), ("concatenate-rows", 1, [[1, 3, 4, 5], [1, 2, 4, 5]])]:
        m = Small(prefix + name, kind)
        # LiteRT joins int8 tensors of one scale only; a QUANTIZE ahead gives the parts different ones. uint8 ones may differ.
        parts = [m.input(s, scale, zero) for s, (scale, zero) in zip(shapes, [(0.02, 5), (0.033, -17)])]
        total = list(shapes[0])
        total[axis] = sum(s[axis] for s in shapes)
        if kind == INT8:
            scaled = []
            for index, (part, s) in enumerate(zip(parts, shapes)):
                scaled.append(m.value(f"rescaled {index}", s, 0.03, 2))
                m.run(QUANTIZE, [part], [scaled[-1]], {})
            parts = scaled
        y = m.value("y", total, 0.03, 2)
        m.run(CONCATENATION, parts, [y], {0: ("i", axis), 1: ("b", 0)}, 2 if kind == INT8 else 1)
        m.done(y)


def functions(kind, prefix):
    edge = 0 if kind == UINT8 else -128
    for name, operator, output, options in [
        ("logistic", LOGISTIC, (1 / 256, -128), None),
        ("tanh", TANH, (1 / 128, 0), None),
        ("hard-swish", HARD_SWISH, (0.03, -100), {}),
        ("leaky-relu", LEAKY_RELU, (0.03, -40), {0: ("f", 0.2)}),
        ("softmax", SOFTMAX, (1 / 256, -128), {0: ("f", 1.0)}),
        ("requantize", QUANTIZE, (0.06, -30), {}),
        ("requantize-finer", QUANTIZE, (0.013, 17), {}),
        ("relu", RELU, (0.028, -128), None),
        ("relu6", RELU6, (6 / 255, -128), None),
    ]:
        m = Small(prefix + name, kind)
        x = m.input([4, 33], 0.045, 9)
        y = m.value("y", [4, 33], *output)
        m.run(operator, [x], [y], options, 2 if kind == INT8 and operator not in (QUANTIZE, HARD_SWISH) else 1)
        m.done(y)
    for name, operator, kernel, stride, padding, activation in [
        ("max-pool", MAX_POOL, 3, 2, "same", 0),
        ("max-pool-valid", MAX_POOL, 2, 2, "valid", 0),
        ("average-pool", AVERAGE_POOL, 3, 2, "same", 0),
        ("average-pool-relu6", AVERAGE_POOL, 2, 1, "valid", 3),
    ]:
        m = Small(prefix + name, kind)
        x = m.input([1, 7, 9, 6], 0.06, -13)
        size = (lambda n: -(-n // stride)) if padding == "same" else (lambda n: (n - kernel) // stride + 1)
        y = m.value("y", [1, size(7), size(9), 6], 0.06, -13)
        m.run(
            operator,
            [x],
            [y],
            {**window(stride, padding), 3: ("i", kernel), 4: ("i", kernel), 5: ("b", activation)},
            2 if kind == INT8 else 1,
        )
        m.done(y)
    for name, axes, result, keep, scale in [
        ("mean", [1, 2], [1, 6], False, 0.06),
        ("mean-kept", [1, 2], [1, 1, 1, 6], True, 0.02),
        ("mean-channels", [3], [1, 7, 9], False, 0.02),
        ("mean-rows", [1], [1, 9, 6], False, 0.03),
        ("mean-columns-kept", [2], [1, 7, 1, 6], True, 0.03),
        ("mean-all", [1, 2, 3], [1], False, 0.01),
    ]:
        m = Small(prefix + name, kind)
        x = m.input([1, 7, 9, 6], 0.06, -13)
        y = m.value("y", result, scale, -13 if scale == 0.06 else 4)
        m.run(MEAN, [x, m.constant(axes)], [y], {0: ("b", int(keep))}, 2 if kind == INT8 else 1)
        m.done(y)


def movements(kind, prefix):
    version = 2 if kind == INT8 else 1

    def one(name, operator, shape, constants, result, options, version=version):
        m = Small(prefix + name, kind)
        x = m.input(shape, 0.06, -13)
        y = m.value("y", result, 0.06, -13)
        m.run(operator, [x] + [m.constant(c) for c in constants], [y], options, version)
        m.done(y)

    flag = lambda *flags: {i: ("b", int(f)) for i, f in flags}
    for name, align, half, target in [
        ("bilinear", 0, 0, [10, 12]),
        ("bilinear-aligned", 1, 0, [9, 13]),
        ("bilinear-half", 0, 1, [10, 12]),
        ("bilinear-smaller", 0, 1, [3, 4]),
    ]:
        one(name, BILINEAR, [1, 5, 6, 7], [target], [1, *target, 7], flag((2, align), (3, half)), 3 if half else version)
    for name, align, half, target in [("nearest", 0, 0, [10, 12]), ("nearest-aligned", 1, 0, [9, 13]), ("nearest-half", 0, 1, [7, 9])]:
        one(name, NEAREST, [1, 5, 6, 7], [target], [1, *target, 7], flag((0, align), (1, half)), 3 if half else version)
    one("pad", PAD, [1, 4, 5, 6], [[[0, 0], [1, 2], [0, 3], [0, 0]]], [1, 7, 8, 6], {}, version)
    one("pad-channels", PAD, [1, 4, 5, 6], [[[0, 0], [0, 0], [0, 0], [1, 2]]], [1, 4, 5, 9], {}, version)
    one("slice", SLICE, [1, 6, 7, 5], [[0, 1, 2, 1], [1, 3, -1, 3]], [1, 3, 5, 3], {}, version)
    one(
        "strided-slice",
        STRIDED_SLICE,
        [1, 6, 7, 5],
        [[0, 1, 6, 0], [1, 6, -8, 5], [1, 2, -2, 1]],
        [1, 3, 4, 5],
        {0: ("i", 0), 1: ("i", 0)},
        version,
    )
    one(
        "strided-slice-masked",
        STRIDED_SLICE,
        [1, 6, 7, 5],
        [[0, 2, 0, 0], [0, 3, 0, 0], [1, 1, 1, 1]],
        [1, 7, 5],
        {0: ("i", 0b1101), 1: ("i", 0b1101), 4: ("i", 0b0010)},
        version,
    )
    one("transpose", TRANSPOSE, [1, 4, 5, 6], [[0, 3, 1, 2]], [1, 6, 4, 5], {}, version)
    one("transpose-matrix", TRANSPOSE, [7, 9], [[1, 0]], [9, 7], {}, version)
    m = Small(prefix + "split-pack", kind)
    x = m.input([1, 4, 6, 5], 0.06, -13)
    halves = [m.value(f"half {i}", [1, 4, 3, 5], 0.06, -13) for i in range(2)]
    m.run(SPLIT, [m.constant(2), x], halves, {0: ("i", 2)}, 2 if kind == INT8 else 1)
    y = m.value("y", [1, 4, 3, 2, 5], 0.06, -13)
    m.run(PACK, halves, [y], {0: ("i", 2), 1: ("i", 3)}, 2 if kind == INT8 else 1)
    m.done(y)
    one("gather", GATHER, [6, 7], [[5, 0, 3, 3]], [4, 7], {0: ("i", 0)}, 2 if kind == INT8 else 1)


def detectors():
    """The end of an SSD model: boxes and scores of bytes, anchors in a grid."""
    rows, classes = 24, 3
    grid = np.array([[(y + 0.5) / 4, (x + 0.5) / 3, s, s * 1.2] for y in range(4) for x in range(3) for s in (0.25, 0.4)], np.float32)
    for name, regular, per_class, threshold, overlap in [
        ("detection-fast", False, 100, 0.3, 0.4),
        ("detection-regular", True, 4, 0.3, 0.4),
        ("detection-several", False, 100, 0.5, 0.6),
        ("detection-none", False, 100, 0.999, 0.5),
        ("detection-regular-none", True, 4, 0.999, 0.5),
    ]:
        m = Small(name, UINT8)
        boxes = m.input([1, rows, 4], 0.03, 0)
        scores = m.input([1, rows, classes + 1], 1 / 256, -128)
        anchors = m.tensor("anchors", [rows, 4], UINT8, 0.005, 2, np.clip(np.round(grid / 0.005) + 2, 0, 255).astype(np.uint8))
        outputs = [m.tensor(f"TFLite_Detection_PostProcess:{i}", [], FLOAT) for i in range(4)]
        options = flexbuffers.Dumps(
            {
                "max_detections": 10,
                "max_classes_per_detection": 2 if name == "detection-several" else 1,
                "detections_per_class": per_class,
                "use_regular_nms": regular,
                "num_classes": classes,
                "nms_score_threshold": threshold,
                "nms_iou_threshold": overlap,
                "y_scale": 10.0,
                "x_scale": 10.0,
                "h_scale": 5.0,
                "w_scale": 5.0,
            }
        )
        m.operator(CUSTOM, [boxes, scores, anchors], outputs, custom="TFLite_Detection_PostProcess", custom_options=bytes(options))
        m.done(*outputs)


def further():
    """int8 only."""

    def one(name, operator, shape, constants, result, options, output=(0.06, -13), version=1, kind=None):
        m = Small(name)
        x = m.input(shape, 0.06, -13)
        y = m.tensor("y", result, INT32) if kind == INT32 else m.value("y", result, *output)
        m.run(operator, [x] + [m.constant(c) for c in constants], [y], options, version)
        m.done(y)

    image = [1, 4, 6, 5]
    one("elu", ELU, [4, 33], [], [4, 33], None, (0.03, -20))
    one("log-softmax", LOG_SOFTMAX, [4, 33], [], [4, 33], {}, (16 / 256, 127), 2)
    one("depth-to-space", DEPTH_TO_SPACE, [1, 3, 4, 8], [], [1, 6, 8, 2], {0: ("i", 2)})
    one("space-to-depth", SPACE_TO_DEPTH, image, [], [1, 2, 3, 20], {0: ("i", 2)})
    one("space-to-batch", SPACE_TO_BATCH, image, [[2, 3], [[1, 1], [0, 3]]], [6, 3, 3, 5], {}, version=2)
    one("batch-to-space", BATCH_TO_SPACE, [6, 3, 3, 5], [[2, 3], [[1, 1], [0, 3]]], [1, 4, 6, 5], {}, version=2)
    one("mirror-pad", MIRROR_PAD, image, [[[0, 0], [1, 2], [0, 3], [0, 0]]], [1, 7, 9, 5], {0: ("b", 0)}, version=2)
    one("mirror-pad-symmetric", MIRROR_PAD, image, [[[0, 0], [1, 4], [2, 3], [0, 0]]], [1, 9, 11, 5], {0: ("b", 1)}, version=2)
    one("tile", TILE, [1, 3, 4, 2], [[1, 2, 1, 3]], [1, 6, 4, 6], {}, version=2)
    one("reduce-maximum", REDUCE_MAX, image, [[1, 2]], [1, 5], {0: ("b", 0)}, version=2)
    one("argument-maximum", ARG_MAX, [3, 17], [[1]], [3], {0: ("b", 2)}, version=2, kind=INT32)
    m = Small("rsqrt")
    x, y = m.input([4, 33], 0.06, -128), m.value("y", [4, 33], 0.02, -128)
    m.run(RSQRT, [x], [y], None, 2)
    m.done(y)
    m = Small("prelu")
    x, slope = m.input(image, 0.06, -13), m.value("slope", [1, 1, 5], 0.004, 3, random.integers(-128, 128, (1, 1, 5)).astype(np.int8))
    y = m.value("y", image, 0.05, 4)
    m.run(PRELU, [x, slope], [y], None)
    m.done(y)
    m = Small("squared-difference")
    a, b, y = m.input(image, 0.03, 12), m.input(image, 0.02, -30), m.value("y", image, 0.2, -128)
    m.run(SQUARED_DIFFERENCE, [a, b], [y], {}, 2)
    m.done(y)
    m = Small("unpack")
    x, parts = m.input([1, 3, 4, 5], 0.06, -13), [m.value(f"part {i}", [1, 4, 5], 0.06, -13) for i in range(3)]
    m.run(UNPACK, [x], parts, {0: ("i", 3), 1: ("i", 1)}, 2)
    y = m.value("y", [1, 4, 5], 0.1, 0)
    m.run(ADD, [parts[0], parts[2]], [y], {0: ("b", 0)}, 2)
    m.done(y)
    for name, padding, stride, size in [
        ("same", 0, (2, 2), (8, 10)),
        ("valid", 1, (2, 3), (9, 15)),
        ("valid-unstrided", 1, (1, 1), (6, 7)),
    ]:
        m = Small("transposed-convolution-" + name)
        x = m.input([1, 4, 5, 3], 0.06, -13)
        w, b = m.weights([6, 3, 3, 3], 0.01, 6, 0, 0.06)
        y = m.value("y", [1, *size, 6], 0.05, 7)
        m.run(TRANSPOSE_CONV, [m.constant([1, *size, 6]), w, x, b], [y], {0: ("b", padding), 1: ("i", stride[1]), 2: ("i", stride[0])}, 3)
        m.done(y)


def stream():
    """Rows of runs before in front of the new ones, kept in a variable that a graph of its own sets to the zero point."""
    m = Small("stream")

    def handle(name):
        tensor = m.tensor("handle of " + name, [], RESOURCE)
        m.run(VAR_HANDLE, [], [tensor], {0: "", 1: name})
        return tensor

    x = m.input([1, 2, 1, 6], 0.04, -11)
    m.run(CALL_ONCE, [], [], {0: ("i", 1)})
    rows = handle("rows")
    before, whole = m.value("before", [1, 3, 1, 6], 0.04, -11), m.value("whole", [1, 5, 1, 6], 0.04, -11)
    m.run(READ_VARIABLE, [rows], [before], {})
    m.run(CONCATENATION, [before, x], [whole], {0: ("i", 1), 1: ("b", 0)}, 2)
    last = m.value("last", [1, 3, 1, 6], 0.04, -11)
    bounds = [m.constant(c) for c in ([0, -3, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1])]
    m.run(STRIDED_SLICE, [whole, *bounds], [last], {0: ("i", 0b1101), 1: ("i", 0b1111)}, 2)
    m.run(ASSIGN_VARIABLE, [rows, last], [], {})
    w, b = m.weights([7, 5, 1, 6], 0.01, 7, 0, 0.04)
    y = m.value("y", [1, 1, 1, 7], 0.05, 7)
    m.run(CONV, [whole, w, b], [y], {0: ("b", 1), 1: ("i", 1), 2: ("i", 1), 3: ("b", 0), 4: ("i", 1), 5: ("i", 1)}, 3)
    first = m.begin_graph()
    value = m.value("initial", [1, 3, 1, 6], 0.04, -11, np.full((1, 3, 1, 6), -11, np.int8))
    m.run(ASSIGN_VARIABLE, [handle("rows"), value], [], {})
    m.save(OUT, m.name, m.inputs, [y], first)
    made.append(m.name)


def generator(seed):
    x = seed
    while True:
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        yield x >> 24


def answer(name):
    interpreter = Interpreter(str(OUT / f"{name}.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    with open(OUT / f"{name}.bin", "wb") as file:
        for seed in range(1, RUNS + 1):
            stream = generator(seed)
            for detail in interpreter.get_input_details():
                data = bytes(next(stream) for _ in range(int(np.prod(detail["shape"])) * np.dtype(detail["dtype"]).itemsize))
                interpreter.set_tensor(detail["index"], np.frombuffer(data, detail["dtype"]).reshape(detail["shape"]))
            interpreter.invoke()
            for detail in interpreter.get_output_details():
                file.write(interpreter.get_tensor(detail["index"]).tobytes())


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for kind, prefix in ((INT8, ""), (UINT8, "legacy-")):
        weighted(kind, prefix)
        pairs(kind, prefix)
        functions(kind, prefix)
        movements(kind, prefix)
    detectors()
    further()
    stream()
    for name in made:
        try:
            answer(name)
        except (RuntimeError, ValueError) as error:
            print(f"{name}: {str(error).splitlines()[0]}")
            for ending in ("tflite", "bin"):
                (OUT / f"{name}.{ending}").unlink(missing_ok=True)


main()
