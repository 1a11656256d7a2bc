#!/usr/bin/env python3
"""Writes Tests/golden/onnx-quantized: a small network that ONNX Runtime's own quantiser made int8, inputs, and what ONNX Runtime
answers to them.

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
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/onnx-quantized"
random = np.random.default_rng(17)


class Samples(CalibrationDataReader):
    def __init__(self, samples):
        self.rest = iter([{"x": sample} for sample in samples])

    def get_next(self):
        return next(self.rest, None)


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
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 12, 12])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def listed(values):
    return {"shape": list(values.shape), "values": [float(np.float32(v)) for v in values.ravel()]}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    samples = [random.normal(0, 1, (1, 3, 12, 12)).astype(np.float32) for _ in range(16)]
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "network.onnx"
        onnx.save(network(), source)
        for name, activations, per_channel in [("uint8", QuantType.QUInt8, False), ("int8-channels", QuantType.QInt8, True)]:
            target = OUT / f"{name}.onnx"
            quantize_static(
                source,
                target,
                Samples(samples),
                quant_format=QuantFormat.QDQ,
                activation_type=activations,
                weight_type=QuantType.QInt8,
                per_channel=per_channel,
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


main()
