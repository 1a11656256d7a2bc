#!/usr/bin/env python3
"""A small classifier of motion windows as ONNX, and what ONNX Runtime says of some windows: Tests/golden/motion.

usage: goldens/motion-window.py   (needs numpy, onnx and onnxruntime)

Windows are 32 rows of nine numbers (acceleration m/s², angular rate rad/s, field µT) at 25 Hz; the model takes four of these columns,
in another order and normalised: whether something moves, by the squares of what it measures.
"""

import pathlib

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/motion"
ROWS = 32
COLUMNS = [("z_gyro", 5), ("acc_x", 0), ("gyr_x", 3), ("y_gyro", 4)]
MEAN = np.array([0.01, 0.2, 0.0, -0.01], np.float32)
DEVIATION = np.array([0.4, 2.5, 0.5, 0.6], np.float32)


def model():
    # Of the acceleration little counts, and that with the time: a model that sees columns or rows in another order says something else.
    weights = np.zeros((2, 1, ROWS, len(COLUMNS)), np.float32)
    weights[1, 0] = 2.0 / ROWS
    weights[1, 0, :, 1] = np.linspace(-0.02, 0.02, ROWS)
    weights[0] = -weights[1]
    bias = np.array([0.8, -0.8], np.float32)
    nodes = [
        helper.make_node("Mul", ["window", "window"], ["squares"]),
        helper.make_node("Conv", ["squares", "weights", "bias"], ["sums"], kernel_shape=[ROWS, len(COLUMNS)]),
        helper.make_node("Flatten", ["sums"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "still-or-moving",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, [1, 1, ROWS, len(COLUMNS)])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def windows():
    random = np.random.default_rng(3)
    for strength in (0.02, 0.1, 0.2, 0.3, 0.6):
        rows = random.normal(0, 1, (ROWS, 9)) * [2, 2, 2, strength, strength, strength, 20, 20, 20]
        yield (rows + [0, 0, 9.8, 0, 0, 0, 20, 0, -40]).astype(np.float32)


def main():
    OUT.mkdir(exist_ok=True)
    made = model()
    (OUT / "still-or-moving.onnx").write_bytes(made.SerializeToString())
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    numbers = []
    for rows in windows():
        chosen = (rows[:, [place for _, place in COLUMNS]] - MEAN) / DEVIATION
        (answer,) = session.run(None, {"window": chosen[None, None]})
        numbers.append(np.concatenate([rows.ravel(), answer.ravel()]))
        print(answer.ravel())
    np.concatenate(numbers).astype("<f4").tofile(OUT / "windows.f32")


if __name__ == "__main__":
    main()
