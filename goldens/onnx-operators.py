#!/usr/bin/env python3
"""Writes Tests/golden/onnx-operators: ONNX models of one operator each, inputs, and what ONNX Runtime answers.

usage: goldens/onnx-operators.py   (needs numpy, onnx and onnxruntime)

NAME.json holds `inputs` and `expected`, each a list of shape, values and, where it isn't float32, type. stream.json holds a
list of them, one a run.
"""

import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/onnx-operators"
random = np.random.default_rng(5)


def real(*shape, low=-2.0, high=2.0):
    return random.uniform(low, high, shape).astype(np.float32)


def listed(values):
    whole = values.dtype.kind in "iu"
    return {
        "shape": list(values.shape),
        **({"type": "int32"} if whole else {}),
        "values": [int(v) if whole else float(np.float32(v)) for v in values.ravel()],
    }


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def save(name, nodes, inputs, constants, outputs=("y",), opset=20):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, value.shape) for key, value in inputs.items()],
        [helper.make_empty_tensor_value_info(key) for key in outputs],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9, producer_name="")
    model = onnx.shape_inference.infer_shapes(model)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())
    return model


def case(name, operation, inputs, constants=None, opset=20, **attributes):
    """One node: computed inputs first, then constants."""
    constants = constants or {}
    node = helper.make_node(operation, [*inputs, *constants], ["y"], **attributes)
    model = save(name, [node], inputs, constants, opset=opset)
    answers = session(model).run(["y"], inputs)
    text = {"inputs": [listed(value) for value in inputs.values()], "expected": [listed(np.asarray(value)) for value in answers]}
    (OUT / f"{name}.json").write_text(json.dumps(text) + "\n")


def chain(name, nodes, inputs, constants, opset=20):
    model = save(name, nodes, inputs, constants, opset=opset)
    answers = session(model).run(["y"], inputs)
    text = {"inputs": [listed(value) for value in inputs.values()], "expected": [listed(np.asarray(value)) for value in answers]}
    (OUT / f"{name}.json").write_text(json.dumps(text) + "\n")


def functions():
    x = real(3, 7)
    for name in ["Erf", "Sin", "Cos", "Elu", "Softplus", "Floor", "Ceil", "Round", "Sign", "Reciprocal", "Gelu", "Mish"]:
        case(name.lower(), name, {"x": x})
    case("power", "Pow", {"x": real(3, 7, low=0.1)}, {"e": np.float32(1.7)})
    case("power-computed", "Pow", {"x": real(3, 7, low=0.1), "e": real(3, 7)})
    case("prelu", "PRelu", {"x": real(1, 5, 4, 3)}, {"slope": real(5, 1, 1)})
    case("sum-of-three", "Sum", {"a": real(2, 5), "b": real(2, 5), "c": real(1, 5)})
    case("mean-of-three", "Mean", {"a": real(2, 5), "b": real(2, 5), "c": real(2, 1)})
    case("maximum-of-three", "Max", {"a": real(2, 5), "b": real(2, 5), "c": real(2, 5)})
    a, b = np.round(real(3, 6)), np.round(real(3, 6))
    for name in ["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"]:
        node = [helper.make_node(name, ["a", "b"], ["t"]), helper.make_node("Where", ["t", "a", "w"], ["y"])]
        chain("where-" + name.lower(), node, {"a": a, "b": b}, {"w": real(1, 6)})
    nodes = [
        helper.make_node("Less", ["a", "b"], ["p"]),
        helper.make_node("Greater", ["a", "c"], ["q"]),
        helper.make_node("And", ["p", "q"], ["r"]),
        helper.make_node("Not", ["r"], ["s"]),
        helper.make_node("Or", ["s", "p"], ["t"]),
        helper.make_node("Cast", ["t"], ["y"], to=TensorProto.FLOAT),
    ]
    chain("logic", nodes, {"a": a, "b": b, "c": np.round(real(3, 6))}, {})


def reductions():
    x = real(2, 3, 5, 4)
    for name in ["ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMean"]:
        case(name.lower(), name, {"x": x}, {"axes": np.array([1, 3], np.int64)}, keepdims=0)
    case("reducelogsum", "ReduceLogSum", {"x": real(3, 6, low=0.5)}, {"axes": np.array([1], np.int64)})
    case("argmax", "ArgMax", {"x": np.round(real(3, 9, 2))}, axis=1, keepdims=0)
    case("argmin", "ArgMin", {"x": np.round(real(3, 9, 2))}, axis=-1)
    case("softmax-first", "Softmax", {"x": real(4, 3, 5)}, axis=0)
    case("softmax-channels", "Softmax", {"x": real(1, 3, 4, 5)}, axis=1)
    case("softmax-flat", "Softmax", {"x": real(2, 3, 4)}, opset=11, axis=1)
    case("logsoftmax", "LogSoftmax", {"x": 40 * real(4, 9)})
    case("layer-normalization", "LayerNormalization", {"x": real(2, 3, 8)}, {"scale": real(8), "bias": real(8)})
    case("instance-normalization", "InstanceNormalization", {"x": real(1, 4, 5, 6)}, {"scale": real(4), "bias": real(4)})
    case("global-max-pool", "GlobalMaxPool", {"x": real(1, 4, 5, 6)})


def windows():
    x = real(1, 4, 7, 6)
    case("grouped-convolution", "Conv", {"x": x}, {"w": real(6, 2, 3, 3), "b": real(6)}, group=2, pads=[1, 1, 1, 1])
    case("same-lower", "Conv", {"x": x}, {"w": real(3, 4, 2, 2)}, auto_pad="SAME_LOWER", strides=[1, 2])
    for name, options in [
        ("plain", {}),
        ("strided", {"strides": [2, 3], "pads": [1, 0, 0, 1]}),
        ("padded", {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
        ("same", {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
        ("dilated", {"dilations": [2, 1]}),
    ]:
        case("transposed-" + name, "ConvTranspose", {"x": x}, {"w": real(4, 5, 3, 2), "b": real(5)}, **options)
    case("transposed-sequence", "ConvTranspose", {"x": real(1, 4, 9)}, {"w": real(4, 5, 4)}, strides=[2], pads=[1, 1])
    case("max-pool-sequence", "MaxPool", {"x": real(1, 4, 9)}, kernel_shape=[3], strides=[2])
    case("average-pool-sequence", "AveragePool", {"x": real(1, 4, 9)}, kernel_shape=[3], strides=[2], pads=[1, 1])


def matrices():
    case("product", "MatMul", {"a": real(2, 3, 5), "b": real(2, 5, 4)})
    case("product-broadcast", "MatMul", {"a": real(1, 3, 5), "b": real(4, 5, 2)})
    case("product-constant", "MatMul", {"a": real(2, 3, 5)}, {"b": real(2, 5, 4)})
    case("product-vector", "MatMul", {"a": real(2, 3, 5), "b": real(5)})
    case("gemm", "Gemm", {"a": real(5, 3)}, {"b": real(4, 5), "c": real(3, 1)}, alpha=0.5, beta=2.0, transA=1, transB=1)
    case("gemm-computed", "Gemm", {"a": real(3, 5), "b": real(5, 4), "c": real(4)}, alpha=0.5, beta=2.0)
    case("expand", "Expand", {"x": real(3, 1, 2)}, {"s": np.array([1, 4, 1], np.int64)})
    case("tile", "Tile", {"x": real(2, 3)}, {"r": np.array([2, 3], np.int64)})
    case("gather-table", "Gather", {"x": real(5, 3)}, {"i": np.array([[4, 0], [1, 1]], np.int64)})
    case("depth-to-space", "DepthToSpace", {"x": real(1, 8, 3, 2)}, blocksize=2)
    case("depth-to-space-columns", "DepthToSpace", {"x": real(1, 8, 3, 2)}, blocksize=2, mode="CRD")
    case("space-to-depth", "SpaceToDepth", {"x": real(1, 2, 4, 6)}, blocksize=2)
    case("pad-axes", "Pad", {"x": real(3, 4)}, {"p": np.array([1, 2], np.int64), "v": np.float32(0.5), "a": np.array([1], np.int64)})
    for direction in ["reverse", "bidirectional"]:
        count = 2 if direction == "bidirectional" else 1
        for name, gates in [("LSTM", 4), ("GRU", 3)]:
            weights = {"w": real(count, gates * 5, 3), "r": real(count, gates * 5, 5), "b": real(count, 2 * gates * 5)}
            nodes = [
                helper.make_node(name, ["x", "w", "r", "b"], ["h"], hidden_size=5, direction=direction),
                helper.make_node("Reshape", ["h", "s"], ["y"]),
            ]
            weights["s"] = np.array([6, count * 5], np.int64)
            chain(f"{name.lower()}-{direction}", nodes, {"x": real(6, 1, 3)}, weights)


def cubic():
    picture, empty = real(1, 3, 6, 5), np.array([], np.float32)
    for name, size, options in [
        ("larger", (11, 9), {}),
        ("smaller", (4, 3), {"cubic_coeff_a": -0.5}),
        ("inside", (9, 8), {"exclude_outside": 1}),
        ("aligned", (9, 8), {"coordinate_transformation_mode": "align_corners"}),
        ("smoothed", (4, 3), {"antialias": 1}),
    ]:
        constants = {"roi": empty, "scales": empty, "sizes": np.array([1, 3, *size], np.int64)}
        case("resize-cubic-" + name, "Resize", {"x": picture}, constants, mode="cubic", **options)


def reflected():
    """A reflection written by slices, concatenated with what they were taken from."""
    bounds = {"last": [-2], "end": [-5], "first": [3], "start": [0], "axis": [2], "back": [-1]}
    nodes = [
        helper.make_node("Abs", ["x"], ["a"]),
        helper.make_node("Slice", ["a", "first", "start", "axis", "back"], ["left"]),
        helper.make_node("Slice", ["a", "last", "end", "axis", "back"], ["right"]),
        helper.make_node("Concat", ["left", "a", "right"], ["y"], axis=2),
    ]
    chain("reflection-by-slices", nodes, {"x": real(1, 1, 9)}, {key: np.array(value, np.int64) for key, value in bounds.items()})


def bounds():
    nodes = [helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0), helper.make_node("Sub", ["m", "d"], ["low"])]
    nodes.append(helper.make_node("Clip", ["x", "low"], ["y"]))
    chain("clip-computed", nodes, {"x": real(1, 3, 4, 5)}, {"d": np.float32(0.8)})


def rows():
    case("gather-nd", "GatherND", {"x": real(3, 4, 5)}, {"i": np.array([[[0, 3], [-1, 0]], [[1, 1], [2, 3]]], np.int64)})


def stream():
    """An input of which a run gets the newer part, and a state: y = relu(x · w + s), s' = y / 2."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"]),
        helper.make_node("Add", ["p", "s"], ["q"]),
        helper.make_node("Relu", ["q"], ["y"]),
        helper.make_node("Mul", ["y", "half"], ["s_next"]),
    ]
    shapes = {"x": np.zeros((1, 6), np.float32), "s": np.zeros((1, 4), np.float32)}
    model = save("stream", nodes, shapes, {"w": real(6, 4), "half": np.float32(0.5)}, outputs=("y", "s_next"))
    runner, kept, state, runs = session(model), np.zeros((1, 2), np.float32), shapes["s"], []
    for _ in range(6):
        new = real(1, 4)
        whole = np.concatenate([kept, new], 1)
        y, state = runner.run(["y", "s_next"], {"x": whole, "s": state})
        kept = whole[:, 4:]
        runs.append({"inputs": [listed(new)], "expected": [listed(y)]})
    (OUT / "stream.json").write_text(json.dumps(runs) + "\n")


OUT.mkdir(parents=True, exist_ok=True)
functions()
reductions()
windows()
matrices()
stream()
cubic()
rows()
reflected()
bounds()
