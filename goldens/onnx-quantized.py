#!/usr/bin/env python3
"""Writes Tests/golden/onnx-quantized: small networks that ONNX Runtime's own quantiser made int8, in its newer format (QDQ) and its
older one (QOperator), inputs, and what ONNX Runtime answers to them. Those that were quantised dynamically are compared with the
float network of the same integers as weights.

usage: goldens/onnx-quantized.py   (needs numpy, onnx and onnxruntime)

NAME.json: runs, each with `inputs` and `expected` as in onnx-operators, and `step`, the scale of the last quantisation.
"""

import json
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/onnx-quantized"
random = np.random.default_rng(17)


class Samples(CalibrationDataReader):
    def __init__(self, samples):
        self.rest = iter([{"x": sample} for sample in samples])

    def get_next(self):
        return next(self.rest, None)


def joined():
    """What the other network hasn't: a concatenation, a product, sigmoid, an average pool, a transposition, a matrix."""

    def real(*shape):
        return random.normal(0, 0.4, shape).astype(np.float32)

    constants = {"w1": real(4, 3, 3, 3), "w2": real(4, 3, 3, 3), "w3": real(8, 7), "shape": np.array([1, 9, 8], np.int64)}
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Conv", ["x", "w2"], ["b"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Sigmoid", ["b"], ["s"]),
        helper.make_node("Mul", ["a", "s"], ["p"]),
        helper.make_node("Concat", ["p", "b"], ["c"], axis=1),
        helper.make_node("AveragePool", ["c"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Transpose", ["m"], ["t"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["t", "shape"], ["f"]),
        helper.make_node("MatMul", ["f", "w3"], ["y"]),
    ]
    return model_of(nodes, constants, [1, 9, 7])


def model_of(nodes, constants, shape, x=(1, 3, 12, 12)):
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def network():
    def real(*shape):
        return random.normal(0, 0.4, shape).astype(np.float32)

    constants = {
        "w1": real(6, 3, 3, 3), "b1": real(6), "w2": real(6, 1, 3, 3), "b2": real(6), "w3": real(6, 6, 1, 1), "b3": real(6),
        "w4": real(6, 5), "b4": real(5), "shape": np.array([1, 6], np.int64),
    }  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1], group=6),
        helper.make_node("Clip", ["c2", "low", "high"], ["r2"]),
        helper.make_node("Conv", ["r2", "w3", "b3"], ["c3"]),
        helper.make_node("Add", ["c3", "r1"], ["a"]),
        helper.make_node("MaxPool", ["a"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("GlobalAveragePool", ["m"], ["g"]),
        helper.make_node("Reshape", ["g", "shape"], ["f"]),
        helper.make_node("Gemm", ["f", "w4", "b4"], ["y"]),
    ]
    constants.update({"low": np.float32(0), "high": np.float32(6)})
    return model_of(nodes, constants, [1, 5])


def dynamic(folder):
    """A convolution and matrices whose activations are rounded in every run; the same with real weights says what is right."""

    def real(*shape):
        return random.normal(0, 0.4, shape).astype(np.float32)

    constants = {"w1": real(4, 3, 3, 3), "b1": real(4), "w2": real(4, 6), "w3": real(6, 5), "shape": np.array([1, 4], np.int64)}
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["a"], strides=[2, 2]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("GlobalAveragePool", ["r"], ["g"]),
        helper.make_node("Reshape", ["g", "shape"], ["f"]),
        helper.make_node("MatMul", ["f", "w2"], ["h"]),
        helper.make_node("Tanh", ["h"], ["t"]),
        helper.make_node("MatMul", ["t", "w3"], ["y"]),
    ]
    onnx.save(model_of(nodes, constants, [1, 5]), folder / "network.onnx")
    for name, per_channel in [("dynamic", False), ("dynamic-channels", True)]:
        target = OUT / f"{name}.onnx"
        quantize_dynamic(folder / "network.onnx", target, weight_type=QuantType.QInt8, per_channel=per_channel)
        made = {item.name: numpy_helper.to_array(item) for item in onnx.load(target).graph.initializer}
        whole = dict(constants)
        for key in ("w1", "w2", "w3"):
            axis = (-1, 1, 1, 1) if key == "w1" else (1, -1)
            zero, scale = made[key + "_zero_point"].astype(np.float32), made[key + "_scale"]
            whole[key] = (made[key + "_quantized"].astype(np.float32) - zero.reshape(axis)) * scale.reshape(axis)
        session = onnxruntime.InferenceSession(model_of(nodes, whole, [1, 5]).SerializeToString(), providers=["CPUExecutionProvider"])
        samples = [random.normal(0, 1, (1, 3, 12, 12)).astype(np.float32) for _ in range(2)]
        runs = [{"inputs": [listed(sample)], "expected": [listed(session.run(["y"], {"x": sample})[0])]} for sample in samples]
        (OUT / f"{name}.json").write_text(json.dumps({"step": 0.0, "runs": runs}) + "\n")


def listed(values):
    return {"shape": list(values.shape), "values": [float(np.float32(v)) for v in values.ravel()]}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    samples = [random.normal(0, 1, (1, 3, 12, 12)).astype(np.float32) for _ in range(16)]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, make, form, activations, per_channel in [
            ("uint8", network, QuantFormat.QDQ, QuantType.QUInt8, False),
            ("int8-channels", network, QuantFormat.QDQ, QuantType.QInt8, True),
            ("operators-uint8", network, QuantFormat.QOperator, QuantType.QUInt8, False),
            ("operators-int8-channels", network, QuantFormat.QOperator, QuantType.QInt8, True),
            ("operators-joined", joined, QuantFormat.QOperator, QuantType.QUInt8, False),
        ]:
            source = folder / f"{make.__name__}.onnx"
            if not source.exists():
                onnx.save(make(), source)
            target = OUT / f"{name}.onnx"
            quantize_static(
                source,
                target,
                Samples(samples),
                quant_format=form,
                activation_type=activations,
                weight_type=QuantType.QInt8,
                per_channel=per_channel,
                # Its kernels for uint8 by int8 saturate 16-bit sums on processors without VNNI: with weights of 7 bits they are exact.
                reduce_range=form == QuantFormat.QOperator,
            )
            model = onnx.load(target)
            last = [node for node in model.graph.node if node.op_type == "DequantizeLinear" and node.output[0] == "y"]
            scale = [numpy_helper.to_array(item) for item in model.graph.initializer if last and item.name == last[0].input[1]]
            # Its fused kernels for uint8 saturate 16-bit sums on processors without VNNI: the operators one by one are exact.
            options = onnxruntime.SessionOptions()
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            session = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
            runs = []
            for sample in samples[:4]:
                runs.append({"inputs": [listed(sample)], "expected": [listed(session.run(["y"], {"x": sample})[0])]})
            step = float(scale[0]) if scale else 0.0
            (OUT / f"{name}.json").write_text(json.dumps({"step": step, "runs": runs}) + "\n")
        dynamic(folder)


main()
