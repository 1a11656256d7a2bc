#!/usr/bin/env python3
"""Writes the tiny models in Tests/golden/import that the importers' tests read.

usage: goldens/import-models.py   (needs ai-edge-litert, flatbuffers, numpy, onnx and onnxruntime)
"""

import io
import json
import pathlib
import struct
import zipfile

import flatbuffers
import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import flexbuffers
from onnx import TensorProto, helper, numpy_helper

from tflite_writer import FLOAT, INT32, UINT8, Model, Table, write

OUT = pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/import"
random = np.random.default_rng(7)

# Operator codes of the TFLite schema.
CONV, DEPTHWISE, AVERAGE_POOL, RESHAPE, FULLY_CONNECTED, SOFTMAX, CUSTOM, MATRIX_DIAG, LOGISTIC = 3, 4, 1, 22, 9, 25, 32, 113, 14


def legacy():
    """uint8 throughout, zero points away from the middle."""
    m = Model()
    byte = lambda *shape: random.integers(0, 256, shape, np.uint8)
    x = m.tensor("image", [1, 8, 8, 3], UINT8, 1 / 128, 127)
    w = m.tensor("conv/w", [4, 3, 3, 3], UINT8, 0.02, 131, byte(4, 3, 3, 3))
    b = m.tensor("conv/b", [4], INT32, 0.02 / 128, 0, random.integers(-500, 500, 4, np.int32))
    c = m.tensor("conv", [1, 4, 4, 4], UINT8, 6 / 255, 0)
    m.operator(CONV, [x, w, b], [c], {0: ("b", 0), 1: ("i", 2), 2: ("i", 2), 3: ("b", 3)}, 1)
    dw = m.tensor("depthwise/w", [1, 3, 3, 8], UINT8, 0.01, 120, byte(1, 3, 3, 8))
    db = m.tensor("depthwise/b", [8], INT32, 0.01 * 6 / 255, 0, random.integers(-500, 500, 8, np.int32))
    d = m.tensor("depthwise", [1, 4, 4, 8], UINT8, 0.05, 100)
    m.operator(DEPTHWISE, [c, dw, db], [d], {0: ("b", 0), 1: ("i", 1), 2: ("i", 1), 3: ("i", 2)}, 2)
    p = m.tensor("pool", [1, 1, 1, 8], UINT8, 0.05, 100)
    m.operator(AVERAGE_POOL, [d], [p], {0: ("b", 1), 1: ("i", 4), 2: ("i", 4), 3: ("i", 4), 4: ("i", 4)}, 5)
    s = m.tensor("shape", [2], INT32, data=np.array([1, 8], np.int32))
    r = m.tensor("flat", [1, 8], UINT8, 0.05, 100)
    m.operator(RESHAPE, [p, s], [r], {0: np.array([1, 8], np.int32)}, 17)
    fw = m.tensor("logits/w", [5, 8], UINT8, 0.02, 128, byte(5, 8))
    f = m.tensor("logits", [1, 5], UINT8, 0.1, 90)
    m.operator(FULLY_CONNECTED, [r, fw, -1], [f], {}, 8)
    y = m.tensor("probabilities", [1, 5], UINT8, 1 / 256, 0)
    m.operator(SOFTMAX, [f], [y], {0: ("f", 1.0)}, 9)
    m.save(OUT, "legacy-uint8", [x], [y])


def detector():
    """The end of an SSD model."""
    m = Model()
    boxes = m.tensor("boxes", [1, 6, 4], UINT8, 0.05, 128)
    scores = m.tensor("scores", [1, 6, 3], UINT8, 1 / 256, 0)
    anchors = m.tensor("anchors", [6, 4], UINT8, 0.01, 3, random.integers(3, 103, (6, 4), np.uint8))
    outputs = [m.tensor(f"TFLite_Detection_PostProcess:{i}", [], FLOAT) for i in range(4)]
    options = flexbuffers.Dumps(
        {
            "max_detections": 5,
            "max_classes_per_detection": 1,
            "detections_per_class": 100,
            "use_regular_nms": False,
            "num_classes": 2,
            "nms_score_threshold": 0.25,
            "nms_iou_threshold": 0.5,
            "y_scale": 10.0,
            "x_scale": 10.0,
            "h_scale": 5.0,
            "w_scale": 5.0,
        }
    )
    m.operator(CUSTOM, [boxes, scores, anchors], outputs, custom="TFLite_Detection_PostProcess", custom_options=bytes(options))
    m.save(OUT, "detector", [boxes, scores], outputs)


def normalized():
    """A float image whose metadata (schema M001) says how pixels become its values."""
    m = Model()
    x = m.tensor("image", [1, 4, 4, 3], FLOAT)
    y = m.tensor("y", [1, 4, 4, 3], FLOAT)
    m.operator(LOGISTIC, [x], [y])
    options = Table({0: np.array([127.5], np.float32), 1: np.array([64, 65, 66], np.float32)})
    graph = Table({2: [Table({4: [Table({0: ("b", 1), 1: options})]})]})
    builder = flatbuffers.Builder(256)
    builder.Finish(write(builder, Table({3: [graph]})), b"M001")
    m.save(OUT, "normalized", [x], [y], notes={"TFLITE_METADATA": bytes(builder.Output())})


def unknown():
    m = Model()
    x = m.tensor("x", [1, 4], FLOAT)
    a, b, y = (m.tensor(name, [1, 4], FLOAT) for name in ("first", "second", "y"))
    m.operator(MATRIX_DIAG, [x], [a])
    m.operator(MATRIX_DIAG, [a], [b])
    m.operator(CUSTOM, [b], [y], custom="Mystery", custom_options=b"")
    m.save(OUT, "unknown", [x], [y])


def onnx_models():
    real = lambda *shape: random.standard_normal(shape).astype(np.float32)
    constant = lambda name, value: numpy_helper.from_array(np.asarray(value), name)
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Sigmoid", ["c"], ["s"], name="sigmoid"),
        helper.make_node("Mul", ["s", "c"], ["a"], name="silu"),
        helper.make_node("Conv", ["a", "dw"], ["d"], name="depthwise", group=4, pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["d", "gamma", "beta", "mean", "variance"], ["n"], name="norm", epsilon=1e-3),
        helper.make_node("Resize", ["n", "", "scales"], ["u"], name="up", mode="linear", coordinate_transformation_mode="half_pixel"),
        helper.make_node("MaxPool", ["u"], ["m"], name="pool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        helper.make_node("Concat", ["m", "n"], ["j"], name="join", axis=1),
        helper.make_node("Add", ["j", "offset"], ["o"], name="offset"),
        helper.make_node("Split", ["o", "parts"], ["p", "q"], name="split", axis=1),
        helper.make_node("Transpose", ["p"], ["t"], name="turn", perm=[0, 2, 3, 1]),
        helper.make_node("Shape", ["t"], ["extent"], name="extent"),
        helper.make_node("Gather", ["extent", "first"], ["batch"], name="batch", axis=0),
        helper.make_node("Concat", ["batch", "rest"], ["target"], name="target", axis=0),
        helper.make_node("Reshape", ["t", "target"], ["f"], name="flat"),
        helper.make_node("MatMul", ["f", "matrix"], ["g"], name="product"),
        helper.make_node("ReduceMean", ["q"], ["h"], name="mean", axes=[2, 3], keepdims=0),
        helper.make_node("Add", ["g", "h"], ["k"], name="sum"),
        helper.make_node("Softmax", ["k"], ["y"], name="softmax", axis=-1),
    ]
    constants = [
        constant("w", real(4, 3, 3, 3)),
        constant("b", real(4)),
        constant("dw", real(4, 1, 3, 3)),
        constant("gamma", real(4)),
        constant("beta", real(4)),
        constant("mean", real(4)),
        constant("variance", np.abs(real(4)) + 0.5),
        constant("scales", np.array([1, 1, 2, 2], np.float32)),
        constant("offset", real(8, 1, 1)),
        constant("parts", np.array([5, 3])),
        constant("first", np.array([0])),
        constant("rest", np.array([-1])),
        constant("matrix", real(100, 3)),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 9, 7])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (OUT / "small.onnx").write_bytes(model.SerializeToString())
    nodes = [
        helper.make_node("Det", ["x"], ["a"], name="first"),
        helper.make_node("Det", ["a"], ["b"], name="second"),
        helper.make_node("RotaryEmbedding", ["b"], ["y"], name="turn", domain="com.example"),
    ]
    graph = helper.make_graph(
        nodes,
        "unknown",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
    )
    (OUT / "unknown.onnx").write_bytes(helper.make_model(graph, ir_version=8).SerializeToString())
    return model


def state_dict(names, object_name=b"ctorch._utils\n_rebuild_tensor_v2\n"):
    """The pickle of a state dict with tensors of 2 x 3, transposed in their storage."""
    text = lambda value: b"X" + struct.pack("<I", len(value)) + value.encode()
    out = b"\x80\x02ccollections\nOrderedDict\n)R("
    for index, name in enumerate(names):
        out += text(name) + object_name + b"((" + text("storage") + b"ctorch\nFloatStorage\n" + text(str(index)) + text("cpu") + b"K\x06NtQ"
        out += b"K\x00K\x02K\x03\x86K\x01K\x02\x86\x89ccollections\nOrderedDict\n)RtR"
    return out + b"u."


def pytorch_models():
    names = ["_conv_stem.weight", "_bn0.bias"]
    data = [struct.pack("<6f", *range(i, i + 6)) for i in range(2)]
    row = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + state_dict(names)
    row += b"\x80\x02](X\x01\x00\x00\x000X\x01\x00\x00\x001e." + b"".join(struct.pack("<q", 6) + part for part in data)
    (OUT / "row.pth").write_bytes(row)
    for name, pickle in (("archive", state_dict(names)), ("hostile", state_dict(names, b"cposix\nsystem\n"))):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(zipfile.ZipInfo("model/data.pkl"), pickle)
            archive.writestr(zipfile.ZipInfo("model/byteorder"), "little")
            for index, part in enumerate(data):
                archive.writestr(zipfile.ZipInfo(f"model/data/{index}"), part)
        (OUT / f"{name}.pth").write_bytes(buffer.getvalue())


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    legacy()
    detector()
    unknown()
    normalized()
    model = onnx_models()
    pytorch_models()
    wave = np.array([((i * 37) % 101 - 50) / 50 for i in range(189)], np.float32).reshape(9, 7, 3)
    result = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": wave.transpose(2, 0, 1)[None]})[0]
    record = [{"shape": [1, 3], "indices": [0, 1, 2], "values": [float(f"{v:.7g}") for v in result.reshape(-1)]}]
    (OUT / "small.json").write_text(json.dumps(record) + "\n")
    for name in ("legacy-uint8", "detector"):
        Interpreter(model_path=str(OUT / f"{name}.tflite")).allocate_tensors()


main()
