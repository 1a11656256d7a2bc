#!/usr/bin/env python3
"""Writes Tests/golden/tflite-operators: TFLite models of one operator each, inputs, and what LiteRT answers.

usage: goldens/tflite-operators.py   (needs ai-edge-litert, flatbuffers and numpy)

NAME.json holds a list of runs, one after another on one interpreter: `inputs` and `expected`, each a list of shape, values and,
where it isn't float32, type.
"""

import json
import pathlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tflite_writer import COMPLEX, FLOAT, INT8, INT16, INT32, UINT8, Model, Table

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/tflite-operators"
random = np.random.default_rng(23)

# Codes of operators and of the options that go with them.
LSTM, SEQUENCE_LSTM, SVDF = (16, 14), (44, 71), (27, 6)
GATHER, GATHER_ND, FLOOR_DIV, FLOOR_MOD, ARG_MAX, CAST = (36, 23), (107, 83), (90, 65), (95, 72), (56, 40), (53, 37)
ADD, CONCATENATION, CONV_2D, MUL, RESHAPE, SLICE, MEAN = (0, 11), (2, 10), (3, 1), (18, 21), (22, 17), (65, 48), (40, 27)
L2_NORMALIZATION, REDUCE_MIN, REVERSE, TRANSPOSE_CONV, CUSTOM = (11, 12), (89, 27), (105, 81), (67, 49), (32, 0)
DENSIFY, FULLY_CONNECTED, RFFT2D, COMPLEX_ABS, SQUEEZE, PACK = (124, 99), (9, 8), (131, 105), (135, 0), (43, 30), (83, 59)


def real(*shape, low=-1.0, high=1.0):
    return random.uniform(low, high, shape).astype(np.float32)


class Case(Model):
    def __init__(self, name):
        super().__init__()
        self.name, self.inputs = name, []

    def input(self, shape, kind=FLOAT, scale=None, zero=0):
        self.inputs.append(self.tensor(f"input {len(self.inputs)}", shape, kind, scale, zero))
        return self.inputs[-1]

    def constant(self, values, kind=FLOAT, scale=None, zero=0):
        return self.tensor(f"constant {len(self.tensors)}", list(values.shape), kind, scale, zero, values)

    def variable(self, shape, kind=FLOAT, scale=None):
        state = self.tensor(f"state {len(self.tensors)}", shape, kind, scale)
        self.tensors[state][5] = ("b", 1)
        return state

    def run(self, operator, inputs, outputs, options, version=1):
        self.operator(operator[0], inputs, outputs, options if operator[1] else None, operator[1], version=version)

    def done(self, *outputs, runs=3, inputs=None):
        """`inputs`: makes the values of one run; random ones by default."""
        OUT.mkdir(parents=True, exist_ok=True)
        self.save(OUT, self.name, self.inputs, list(outputs))
        interpreter = Interpreter(str(OUT / f"{self.name}.tflite"), num_threads=1)
        interpreter.allocate_tensors()
        answers = []
        for _ in range(runs):
            given = inputs() if inputs else [self.values(detail) for detail in interpreter.get_input_details()]
            for detail, value in zip(interpreter.get_input_details(), given):
                interpreter.set_tensor(detail["index"], value)
            interpreter.invoke()
            found = [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
            answers.append({"inputs": [listed(value) for value in given], "expected": [listed(value) for value in found]})
        (OUT / f"{self.name}.json").write_text(json.dumps(answers) + "\n")

    @staticmethod
    def values(detail):
        shape = detail["shape"]
        return real(*shape) if detail["dtype"] == np.float32 else random.integers(-128, 128, shape).astype(detail["dtype"])


def listed(values):
    whole = values.dtype.kind in "iu"
    return {
        "shape": list(values.shape),
        **({"type": values.dtype.name} if whole else {}),
        "values": [int(v) if whole else float(np.float32(v)) for v in values.ravel()],
    }


def lstm(name, shape, hidden, time_major=None, is_coupled=False):
    """`time_major`: None for the operator that takes one step."""
    m = Case(name)
    x = m.input(shape)
    columns = shape[-1]
    gates = [-1 if is_coupled and gate == 0 else gate for gate in range(4)]
    inputs = [x]
    inputs += [-1 if gate < 0 else m.constant(real(hidden, columns)) for gate in gates]
    inputs += [-1 if gate < 0 else m.constant(real(hidden, hidden)) for gate in gates]
    inputs += [-1] * 3
    inputs += [-1 if gate < 0 else m.constant(real(hidden)) for gate in gates]
    inputs += [-1, -1, m.variable([1, hidden]), m.variable([1, hidden]), -1, -1, -1, -1]
    y = m.tensor("y", [*shape[:-1], hidden], FLOAT)
    options = {0: ("b", 4), 1: ("f", 0.0), 2: ("f", 0.0)}
    if time_major is not None:
        options[3] = ("b", int(time_major))
    m.run(LSTM if time_major is None else SEQUENCE_LSTM, inputs, [y], options)
    m.done(y)


def svdf(name, units, rank, memory, columns, bias=True, activation=0):
    m = Case(name)
    x = m.input([1, columns])
    inputs = [x, m.constant(real(units * rank, columns)), m.constant(real(units * rank, memory))]
    inputs += [m.constant(real(units)) if bias else -1, m.variable([1, memory * units * rank])]
    y = m.tensor("y", [1, units], FLOAT)
    m.run(SVDF, inputs, [y], {0: ("i", rank), 1: ("b", activation)})
    m.done(y, runs=memory + 3)


def integer_svdf(name, units, rank, memory, columns):
    """As the speech models of TensorFlow Lite Micro have it: memory and time filters of 16 bits. LiteRT leaves ReLU to the zero point."""
    m = Case(name)
    x = m.input([1, columns], INT8, 0.04, -7)
    features = m.constant(random.integers(-127, 128, (units * rank, columns)).astype(np.int8), INT8, 0.008)
    time = m.constant(random.integers(-2000, 2001, (units * rank, memory)).astype(np.int16), INT16, 0.0005)
    bias = m.constant(random.integers(-900, 900, units).astype(np.int32), INT32, 0.002 * 0.0005)
    state = m.variable([1, memory * units * rank], INT16, 0.002)
    y = m.tensor("y", [1, units], INT8, 0.2, -128)
    m.run(SVDF, [x, features, time, bias, state], [y], {0: ("i", rank), 1: ("b", 1)}, 3)
    m.done(y, runs=memory + 6)


def look_up():
    """Places in a map of the greatest values, as pose models read offsets: y and x from an index, then a row for each channel."""
    m = Case("gather-nd-computed")
    x, table = m.input([1, 12, 3]), m.input([4, 3, 3, 2])
    places = m.tensor("places", [1, 3], INT32)
    m.run(ARG_MAX, [x, m.constant(np.array([1], np.int32), INT32)], [places], {0: ("b", 2)})
    width = m.constant(np.array([3], np.int32), INT32)
    row, column = m.tensor("row", [1, 3], INT32), m.tensor("column", [1, 3], INT32)
    m.run(FLOOR_DIV, [places, width], [row], {})
    m.run(FLOOR_MOD, [places, width], [column], {})
    joints = m.constant(np.array([[0, 1, 2]], np.int32), INT32)
    both = m.tensor("both", [1, 3, 3], INT32)
    m.run(PACK, [row, column, joints], [both], {0: ("i", 3), 1: ("i", 2)})
    y = m.tensor("y", [1, 3, 2], FLOAT)
    m.run(GATHER_ND, [table, both], [y], {})
    m.done(y)
    m = Case("gather-nd")
    x = m.input([3, 4, 5])
    y = m.tensor("y", [2, 2, 5], FLOAT)
    m.run(GATHER_ND, [x, m.constant(np.array([[[0, 3], [2, 0]], [[1, 1], [2, 3]]], np.int32), INT32)], [y], {})
    m.done(y)
    m = Case("words")
    x = m.input([2, 3], INT32)
    y = m.tensor("y", [2, 3, 4], FLOAT)
    m.run(GATHER, [m.constant(real(9, 4)), x], [y], {0: ("i", 0)})
    m.done(y, inputs=lambda: [random.integers(0, 9, (2, 3)).astype(np.int32)])
    m = Case("cast-bytes")
    x = m.input([1, 5], UINT8)
    y = m.tensor("y", [1, 5], FLOAT)
    m.run(CAST, [x], [y], {0: ("b", UINT8), 1: ("b", FLOAT)})
    m.done(y, inputs=lambda: [random.integers(0, 256, (1, 5)).astype(np.uint8)])


def indices(values, kind):
    """A level's vector of whole numbers: the fields for its kind and its table."""
    return ("b", kind), Table({0: np.array(values, {1: np.int32, 2: np.uint16, 3: np.uint8}[kind])})


def sparse():
    """Weights that are stored sparse, by rows and in blocks of 2x2, made dense by the operator."""

    def level(size, segments=None, places=None, kind=1):
        if segments is None:
            return Table({0: ("b", 0), 1: ("i", size)})
        segment, index = indices(segments, kind), indices(places, kind)
        return Table({0: ("b", 1), 2: segment[0], 3: segment[1], 4: index[0], 5: index[1]})

    for name, order, blocks, levels, values in [
        # [[1 0 0 2] [0 0 0 0] [0 3 4 0]]
        ("sparse-rows", [0, 1], [], [level(3), level(4, [0, 2, 2, 4], [0, 3, 1, 2])], [1, 2, 3, 4]),
        # Blocks (0, 1) and (1, 0) of a 4x4 matrix.
        ("sparse-blocks", [0, 1, 2, 3], [0, 1], [level(2), level(2, [0, 1, 2], [1, 0], 3), level(2), level(2)], [1, 2, 3, 4, 5, 6, 7, 8]),
    ]:
        m = Case(name)
        x = m.input([2, 4])
        rows = 3 if name == "sparse-rows" else 4
        w = m.constant(np.array(values, np.float32))
        m.tensors[w][0] = np.array([rows, 4], np.int32)
        m.tensors[w][6] = Table({0: np.array(order, np.int32), **({1: np.array(blocks, np.int32)} if blocks else {}), 2: levels})
        dense = m.tensor("dense", [rows, 4], FLOAT)
        m.run(DENSIFY, [w], [dense], {})
        y = m.tensor("y", [2, rows], FLOAT)
        m.run(FULLY_CONNECTED, [x, dense, -1], [y], {0: ("b", 0)})
        m.done(y)


def spectrum():
    """The magnitudes of a short-time transform, as sound models have them."""
    for name, samples in [("spectrum", 32), ("spectrum-padded", 25)]:
        m = Case(name)
        x = m.input([5, 1, samples])
        waves, rows, y = m.tensor("waves", [5, 1, 17], COMPLEX), m.tensor("rows", [5, 17], COMPLEX), m.tensor("y", [5, 17], FLOAT)
        m.run(RFFT2D, [x, m.constant(np.array([1, 32], np.int32), INT32)], [waves], {})
        m.run(SQUEEZE, [waves], [rows], {0: np.array([1], np.int32)})
        m.run(COMPLEX_ABS, [rows], [y], {})
        real_part, imaginary_part = m.tensor("real", [5, 17], FLOAT), m.tensor("imaginary", [5, 17], FLOAT)
        m.operator(134, [rows], [real_part])
        m.operator(133, [rows], [imaginary_part])
        both = m.tensor("both", [5, 17], FLOAT)
        m.run(ADD, [real_part, imaginary_part], [both], {0: ("b", 0)})
        m.done(y, both)


def sound_network():
    """What YAMNet does, smaller: half overlapping frames, a window, magnitudes, mel bands, their logarithm, a convolution, classes."""
    m = Case("sound-network")
    x = m.input([160])
    halves, early, late = m.tensor("halves", [10, 16], FLOAT), m.tensor("early", [9, 16], FLOAT), m.tensor("late", [9, 16], FLOAT)
    m.run(RESHAPE, [x, m.constant(np.array([10, 16], np.int32), INT32)], [halves], {0: np.array([10, 16], np.int32)})
    for start, part in ((0, early), (1, late)):
        bounds = [m.constant(np.array(bound, np.int32), INT32) for bound in ([start, 0], [9, 16])]
        m.run(SLICE, [halves, *bounds], [part], {})
    frames, shaped, rows = m.tensor("frames", [9, 32], FLOAT), m.tensor("shaped", [9, 32], FLOAT), m.tensor("rows", [9, 1, 32], FLOAT)
    m.run(CONCATENATION, [early, late], [frames], {0: ("i", 1), 1: ("b", 0)})
    m.run(MUL, [frames, m.constant(np.hanning(33)[:32].astype(np.float32))], [shaped], {0: ("b", 0)})
    m.run(RESHAPE, [shaped, m.constant(np.array([9, 1, 32], np.int32), INT32)], [rows], {0: np.array([9, 1, 32], np.int32)})
    waves, spectrum = m.tensor("waves", [9, 1, 17], COMPLEX), m.tensor("spectrum", [9, 17], COMPLEX)
    sizes = m.tensor("sizes", [9, 17], FLOAT)
    m.run(RFFT2D, [rows, m.constant(np.array([1, 32], np.int32), INT32)], [waves], {})
    m.run(SQUEEZE, [waves], [spectrum], {0: np.array([1], np.int32)})
    m.run(COMPLEX_ABS, [spectrum], [sizes], {})
    mel, above, logarithm = m.tensor("mel", [9, 8], FLOAT), m.tensor("above", [9, 8], FLOAT), m.tensor("log", [9, 8], FLOAT)
    m.run(FULLY_CONNECTED, [sizes, m.constant(real(8, 17, low=0.0)), -1], [mel], {0: ("b", 0)})
    m.run(ADD, [mel, m.constant(np.array(0.01, np.float32))], [above], {0: ("b", 0)})
    m.operator(73, [above], [logarithm])
    image, features, mean, y = (m.tensor(name, shape, FLOAT) for name, shape in [
        ("image", [1, 9, 8, 1]), ("features", [1, 5, 4, 6]), ("mean", [1, 6]), ("y", [1, 5])
    ])  # fmt: skip
    m.run(RESHAPE, [logarithm, m.constant(np.array([1, 9, 8, 1], np.int32), INT32)], [image], {0: np.array([1, 9, 8, 1], np.int32)})
    options = {0: ("b", 0), 1: ("i", 2), 2: ("i", 2), 3: ("b", 1), 4: ("i", 1), 5: ("i", 1)}
    m.run(CONV_2D, [image, m.constant(real(6, 3, 3, 1)), m.constant(real(6))], [features], options)
    m.run(MEAN, [features, m.constant(np.array([1, 2], np.int32), INT32)], [mean], {0: ("b", 0)})
    m.run(FULLY_CONNECTED, [mean, m.constant(real(5, 6)), -1], [y], {0: ("b", 0)})
    m.done(y)


def composed():
    m = Case("l2-normalization")
    x = m.input([3, 7])
    y = m.tensor("y", [3, 7], FLOAT)
    m.run(L2_NORMALIZATION, [x], [y], {0: ("b", 0)})
    m.done(y)
    m = Case("reduce-minimum")
    x, y = m.input([2, 3, 7]), m.tensor("y", [2, 7], FLOAT)
    m.run(REDUCE_MIN, [x, m.constant(np.array([1], np.int32), INT32)], [y], {0: ("b", 0)})
    m.done(y)
    m = Case("reverse")
    x, y = m.input([2, 3, 5]), m.tensor("y", [2, 3, 5], FLOAT)
    m.run(REVERSE, [x, m.constant(np.array([1], np.int32), INT32)], [y], {})
    m.done(y)


def transposed():
    """MediaPipe's transposed convolution with a bias: the answers are those of LiteRT's own operator with the same numbers."""
    for padding, size in ((1, (8, 10)), (2, (9, 15))):
        m = Case(f"transposed-bias-{'same' if padding == 1 else 'valid'}")
        x = m.input([1, 4, 5, 3])
        w, b, y = m.constant(real(6, 3, 3, 3)), m.constant(real(6)), m.tensor("y", [1, *size, 6], FLOAT)
        stride = (2, 2 if padding == 1 else 3)
        shape = m.constant(np.array([1, *size, 6], np.int32), INT32)
        m.run(TRANSPOSE_CONV, [shape, w, x, b], [y], {0: ("b", padding - 1), 1: ("i", stride[1]), 2: ("i", stride[0])}, 3)
        m.done(y)
        m.codes, m.operators = [], []
        numbers = np.array([padding, *stride[::-1]], np.int32).tobytes()
        m.operator(CUSTOM[0], [x, w, b], [y], custom="Convolution2DTransposeBias", custom_options=numbers)
        m.save(OUT, m.name, m.inputs, [y])


def main():
    lstm("lstm", [1, 7], 5)
    lstm("lstm-sequence", [1, 6, 7], 5, False)
    lstm("lstm-sequence-time-major", [4, 1, 33], 20, True)
    lstm("lstm-sequence-coupled", [1, 6, 7], 5, False, is_coupled=True)
    svdf("svdf", 8, 1, 5, 11, activation=1)
    svdf("svdf-rank-2", 6, 2, 4, 11, bias=False)
    svdf("svdf-no-memory", 6, 1, 1, 11)
    integer_svdf("svdf-int8", 16, 1, 8, 40)
    integer_svdf("svdf-int8-rank-2", 6, 2, 4, 11)
    look_up()
    sparse()
    spectrum()
    sound_network()
    composed()
    transposed()


main()
