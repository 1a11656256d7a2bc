#!/usr/bin/env python3
"""Writes Tests/golden/import: outputs of published models by ONNX Runtime, for the importers' tests.

usage: goldens/published-models.py SOURCES   (the folder of downloaded models; needs numpy, onnx and onnxruntime)

The inputs follow from a formula that the tests know, so only a few output values are kept. EfficientNet-Lite is built
here a second time, from the state dict and independently of the compiler.
"""

import collections
import json
import pathlib
import pickle
import struct
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/import"


def pattern(height, width):
    """The test picture, bytes in (height, width, 3)."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((3 * x + 5 * y + 40 * c + (x * y >> 6)) & 255).astype(np.float32)


def wave(count):
    """A smooth signal for the networks that read numbers."""
    return np.array([((i * 37) % 101 - 50) / 50 for i in range(count)], np.float32)


def keep(name, outputs, step):
    """Every `step`th value of each output, and the largest."""
    record = []
    for output in outputs:
        flat = output.reshape(-1)
        places = sorted(set(range(0, flat.size, step)) | {int(flat.argmax())})
        record.append({"shape": list(output.shape), "indices": places, "values": [float(f"{flat[i]:.7g}") for i in places]})
    (OUT / f"{name}.json").write_text(json.dumps(record) + "\n")


def state_dict(path):
    storages = {}

    class Reader(pickle.Unpickler):
        def persistent_load(self, identity):
            storages[identity[2]] = identity[1]
            return identity[2]

        def find_class(self, module, name):
            if name == "OrderedDict":
                return collections.OrderedDict
            if name == "_rebuild_tensor_v2":
                return lambda storage, offset, shape, strides, *_: (storage, offset, shape, strides)
            return name

    with open(path, "rb") as file:
        for _ in range(3):
            pickle.load(file)
        reader = Reader(file)
        tensors = reader.load()
        data = {}
        for key in pickle.load(file):
            count = struct.unpack("<q", file.read(8))[0]
            kind = np.dtype({"FloatStorage": np.float32, "LongStorage": np.int64}[storages[key]])
            data[key] = np.frombuffer(file.read(count * kind.itemsize), kind)
    result = {}
    for name, (storage, offset, shape, strides) in tensors.items():
        source = data[storage][offset:]
        view = np.lib.stride_tricks.as_strided(source, shape, [s * source.itemsize for s in strides])
        result[name] = np.array(view)
    return result


def efficientnet_lite(weights, size):
    nodes, constants = [], [
        numpy_helper.from_array(np.array(0, np.float32), "low"),
        numpy_helper.from_array(np.array(6, np.float32), "high"),
    ]

    def constant(name):
        constants.append(numpy_helper.from_array(weights[name], name))
        return name

    def node(kind, inputs, name, **attributes):
        nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def layer(x, convolution, norm, stride=1, groups=1, activate=True):
        y = node("Conv", [x, constant(convolution + ".weight")], convolution, strides=[stride, stride], auto_pad="SAME_UPPER", group=groups)
        parts = [constant(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        y = node("BatchNormalization", [y, *parts], norm, epsilon=1e-3)
        return node("Clip", [y, "low", "high"], norm + "/relu6") if activate else y

    x = layer("image", "_conv_stem", "_bn0", 2)
    strides = iter([1, 2, 2, 2, 1, 2, 1])
    block, before = 0, None
    while f"_blocks.{block}._project_conv.weight" in weights:
        name, shortcut = f"_blocks.{block}", x
        width = weights[f"{name}._project_conv.weight"].shape[0]
        stride = next(strides) if width != before else 1
        if f"{name}._expand_conv.weight" in weights:
            x = layer(x, f"{name}._expand_conv", f"{name}._bn0")
        depth = weights[f"{name}._depthwise_conv.weight"].shape[0]
        x = layer(x, f"{name}._depthwise_conv", f"{name}._bn1", stride, depth)
        x = layer(x, f"{name}._project_conv", f"{name}._bn2", activate=False)
        if width == before:
            x = node("Add", [x, shortcut], f"{name}.sum")
        before = width
        block += 1
    x = layer(x, "_conv_head", "_bn1")
    x = node("Flatten", [node("GlobalAveragePool", [x], "pooled")], "flat")
    x = node("Gemm", [x, constant("_fc.weight"), constant("_fc.bias")], "logits", transB=1)
    node("Softmax", [x], "probabilities", axis=1)
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, weights["_fc.bias"].size])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])


def run(model, inputs):
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, inputs)


def chained(name, path, x, shape, states, step, fixed={}):
    """One run, and 40 where the states that come out go in again."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for runs in (1, 40):
        signal = wave(int(np.prod(shape)) * runs).reshape(runs, *shape)
        held = dict(states)
        for part in signal:
            outputs = session.run(None, {x: part, **held, **fixed})
            held = {key: value.reshape(held[key].shape) for key, value in zip(held, outputs[1:])}
        keep(name if runs == 1 else f"{name}-{runs}", outputs, step)


def main():
    sources = pathlib.Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    for variant, size in enumerate((224, 240, 260)):
        path = sources / f"efficientnet-lite{variant}.pth"
        if not path.exists():
            continue
        model = efficientnet_lite(state_dict(path), size).SerializeToString()
        image = (pattern(size, size) - 127) / 128
        keep(f"efficientnet-lite{variant}", run(model, {"image": image.transpose(2, 0, 1)[None]}), 40)
    image = pattern(416, 416).transpose(2, 0, 1)[None]
    keep("yolox-nano", run(str(sources / "yolox-nano.onnx"), {"images": image}), 997)
    chained("riann", sources / "riann.onnx", "input", (1, 2, 7), {"h0": wave(400).reshape(2, 1, 1, 200)}, 3)
    state = wave(256)
    chained(
        "silero-sequence",
        sources / "silero_vad_16k_sequence.onnx",
        "input",
        (1, 576),
        {"h": state[:128].reshape(1, 1, 128), "c": state[128:].reshape(1, 1, 128)},
        5,
    )
    chained(
        "silero-op15",
        sources / "silero_vad_16k_op15.onnx",
        "input",
        (1, 576),
        {"state": state.reshape(2, 1, 128)},
        5,
        {"sr": np.array(16000, np.int64)},
    )


main()
