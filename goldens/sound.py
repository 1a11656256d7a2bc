#!/usr/bin/env python3
"""Two small sound classifiers, and what LiteRT, numpy and ONNX Runtime say of speech: Tests/golden/sound.

    tones.tflite       takes samples as YAMNet does (0.975 s at 16 kHz, a spectrum of its own): low tone, high tone, noise, each or none
    tones.f32          LiteRT's scores for windows of wake-word.wav, 0.48 s apart, silence behind the end
    log-mel.f32        the factory's features of clip.wav's first second, 49 frames of 32 bands
    hum-or-hiss.onnx   takes such features, normalised: scores of two classes before a softmax
    hum-or-hiss.f32    probabilities for windows of wake-word.wav, 0.5 s apart: the factory's features, ONNX Runtime's scores

usage: goldens/sound.py   (needs ai-edge-litert, flatbuffers, numpy, onnx and onnxruntime)
"""

import pathlib
import sys
import types
import wave

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from onnx import TensorProto, helper, numpy_helper

from tflite_writer import COMPLEX, FLOAT, INT32, Model

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "Tests/golden/sound"
# The trainer's features want no PyTorch, the module around them does.
sys.path.insert(0, str(ROOT / "factory/src"))
sys.modules.setdefault("torch", types.ModuleType("torch"))
from factory import sound  # noqa: E402

# Codes of operators and of the options that go with them.
ADD, FULLY_CONNECTED, LOG, LOGISTIC, MEAN, MUL = (0, 11), (9, 8), (73, 0), (14, 0), (40, 27), (18, 21)
RESHAPE, SLICE, RFFT2D, SQUEEZE, COMPLEX_ABS = (22, 17), (65, 48), (131, 105), (43, 30), (135, 0)
WINDOW, HOP, FRAMES, FRAME, BANDS = 15600, 7680, 30, 512, 16


def tones():
    m = Model()

    def run(operator, inputs, shape, options, kind=FLOAT):
        result = m.tensor(f"step {len(m.operators)}", shape, kind)
        m.operator(operator[0], inputs, [result], options if operator[1] else None, operator[1])
        return result

    def constant(values, kind=FLOAT):
        values = np.asarray(values, {FLOAT: np.float32, INT32: np.int32}[kind])
        return m.tensor(f"constant {len(m.tensors)}", list(values.shape), kind, data=values)

    def reshaped(x, shape):
        return run(RESHAPE, [x, constant(shape, INT32)], shape, {0: np.array(shape, np.int32)})

    x = m.tensor("waveform", [WINDOW], FLOAT)
    rows = reshaped(x, [FRAMES, WINDOW // FRAMES])
    frames = run(SLICE, [rows, constant([0, 0], INT32), constant([FRAMES, FRAME], INT32)], [FRAMES, FRAME], {})
    shaped = run(MUL, [frames, constant(np.hanning(FRAME))], [FRAMES, FRAME], {0: ("b", 0)})
    waves = run(RFFT2D, [reshaped(shaped, [FRAMES, 1, FRAME]), constant([1, FRAME], INT32)], [FRAMES, 1, FRAME // 2 + 1], {}, COMPLEX)
    spectrum = run(SQUEEZE, [waves], [FRAMES, FRAME // 2 + 1], {0: np.array([1], np.int32)}, COMPLEX)
    sizes = run(COMPLEX_ABS, [spectrum], [FRAMES, FRAME // 2 + 1], {})
    # Bands of 500 Hz.
    weights = np.zeros((BANDS, FRAME // 2 + 1), np.float32)
    for band in range(BANDS):
        weights[band, 16 * band : 16 * band + 16] = 1 / 16
    bands = run(FULLY_CONNECTED, [sizes, constant(weights), -1], [FRAMES, BANDS], {0: ("b", 0)})
    above = run(ADD, [bands, constant(0.001)], [FRAMES, BANDS], {0: ("b", 0)})
    image = reshaped(run(LOG, [above], [FRAMES, BANDS], {}), [1, FRAMES, BANDS, 1])
    mean = reshaped(run(MEAN, [image, constant([1], INT32)], [1, BANDS, 1], {0: ("b", 0)}), [1, BANDS])
    # Low tones are in the first band, high ones in the seventh, noise is in the thirteenth too.
    chosen, bias = np.zeros((3, BANDS), np.float32), np.array([-1.5, -1.5, 0.75], np.float32)
    for row, band in enumerate((0, 6, 12)):
        chosen[row, band] = 1.5
    sums = run(FULLY_CONNECTED, [mean, constant(chosen), constant(bias)], [1, 3], {0: ("b", 0)})
    m.save(OUT, "tones", [x], [run(LOGISTIC, [sums], [1, 3], {})])


def samples(name):
    with wave.open(str(ROOT / "Tests/golden/hearing" / name), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32768


def windows(values, size, hop):
    """Every sample is in one, but for a rest of less than half a hop; silence behind the end."""
    start = heard = 0
    while len(values) - heard >= (hop // 2 if heard else 1):
        part = values[start : start + size]
        yield np.pad(part, (0, size - len(part)))
        start, heard = start + hop, start + size


def tone_scores():
    interpreter = Interpreter(str(OUT / "tones.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    for window in windows(samples("wake-word.wav"), WINDOW, HOP):
        interpreter.set_tensor(source, window.astype(np.float32))
        interpreter.invoke()
        yield interpreter.get_tensor(result).ravel().copy()


def hum_or_hiss():
    """A model that sees bands or frames in another order, or normalised otherwise, says something else."""
    rows, bands = 49, sound.BANDS
    weights = np.zeros((2, 1, rows, bands), np.float32)
    weights[0, 0] = np.linspace(0.02, -0.02, bands) * np.linspace(0.5, 1.5, rows)[:, None]
    weights[1] = -weights[0]
    nodes = [
        helper.make_node("Conv", ["window", "weights", "bias"], ["sums"], kernel_shape=[rows, bands]),
        helper.make_node("Flatten", ["sums"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "hum-or-hiss",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, [1, 1, rows, bands])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.zeros(2, np.float32), "bias")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    (OUT / "hum-or-hiss.onnx").write_bytes(made)
    session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    # As the test's metadata says.
    mean, deviation, filters = np.linspace(-3, -6, bands), np.linspace(3, 2, bands), sound.mel_filters()
    for window in windows(samples("wake-word.wav"), sound.FRAME + (rows - 1) * sound.HOP, 8000):
        normal = ((sound.log_mel(window, filters) - mean) / deviation).astype(np.float32)
        (scores,) = session.run(None, {"window": normal[None, None]})
        powers = np.exp(scores.ravel().astype(np.float64) - scores.max())
        yield powers / powers.sum()


def main():
    OUT.mkdir(exist_ok=True)
    tones()
    for name, answers in (("tones", tone_scores()), ("hum-or-hiss", hum_or_hiss())):
        table = np.array(list(answers))
        print(name, table.round(3).tolist())
        table.astype("<f4").tofile(OUT / f"{name}.f32")
    sound.log_mel(samples("clip.wav")[: sound.RATE], sound.mel_filters()).astype("<f4").tofile(OUT / "log-mel.f32")


if __name__ == "__main__":
    main()
