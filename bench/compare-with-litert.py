#!/usr/bin/env python3
"""Compares a compiled nest with LiteRT on the same inputs.

    bench/compare-with-litert.py MODEL.tflite MODEL.nest [--nestc .build/release/nestc] [--runs 20] [--inputs FILE]

Prints, for each output, the largest difference in steps, how many elements differ, and how often the largest element
is the same one. Needs the package ai-edge-litert and numpy.
"""
import argparse, os, subprocess, sys, tempfile
import numpy as np
from ai_edge_litert.interpreter import Interpreter

parser = argparse.ArgumentParser()
parser.add_argument("tflite")
parser.add_argument("nest")
parser.add_argument("--nestc", default=".build/release/nestc")
parser.add_argument("--runs", type=int, default=20)
parser.add_argument("--inputs", help="raw inputs one after another; random ones if not given")
parser.add_argument("--kernels", help="kernel family")
options = parser.parse_args()

interpreter = Interpreter(options.tflite, num_threads=1)
interpreter.allocate_tensors()
inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
random = np.random.default_rng(1)


def sample(detail):
    shape, kind = detail["shape"], detail["dtype"]
    if kind == np.float32:
        return random.normal(size=shape).astype(np.float32)
    info = np.iinfo(kind)
    noise = random.integers(info.min, info.max + 1, size=shape)
    if len(shape) == 4 and shape[1] > 8:  # smooth pictures reach other values than noise does
        coarse = random.integers(info.min, info.max + 1, size=(shape[0], 8, 8, shape[3]))
        smooth = coarse.repeat((shape[1] + 7) // 8, 1).repeat((shape[2] + 7) // 8, 2)[:, : shape[1], : shape[2]]
        noise = np.clip(smooth + noise // 8, info.min, info.max)
    return noise.astype(kind)


if options.inputs:
    raw = np.fromfile(options.inputs, dtype=inputs[0]["dtype"]).reshape(-1, *inputs[0]["shape"])
    samples = [[item] for item in raw]
else:
    samples = [[sample(detail) for detail in inputs] for _ in range(options.runs)]

expected = [[] for _ in outputs]
for item in samples:
    for detail, values in zip(inputs, item):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    for position, detail in enumerate(outputs):
        expected[position].append(interpreter.get_tensor(detail["index"]).copy())

with tempfile.TemporaryDirectory() as folder:
    files = []
    for position in range(len(inputs)):
        path = os.path.join(folder, f"in{position}.bin")
        np.stack([item[position] for item in samples]).tofile(path)
        files.append(path)
    command = [options.nestc, "run", options.nest, *files, "--prefix", os.path.join(folder, "out")]
    if options.kernels:
        command += ["--kernels", options.kernels]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL if not sys.stderr.isatty() else None)
    worst = 0
    for position, detail in enumerate(outputs):
        want = np.stack(expected[position])
        got = np.fromfile(os.path.join(folder, f"out{position}.bin"), dtype=detail["dtype"]).reshape(want.shape)
        if want.dtype == np.float32:
            difference = np.abs(want - got)
            print(f"output {position}: largest difference {difference.max():.3g} of values up to {np.abs(want).max():.3g}")
            continue
        difference = np.abs(want.astype(int) - got.astype(int))
        rows_want, rows_got = want.reshape(len(samples), -1), got.reshape(len(samples), -1)
        # Where LiteRT has several largest elements, any of them is right.
        same = sum(w[g.argmax()] == w.max() for w, g in zip(rows_want, rows_got))
        worst = max(worst, difference.max())
        print(
            f"output {position}: at most {difference.max()} steps apart, {np.count_nonzero(difference)} of {difference.size} differ, "
            f"top-1 the same in {same} of {len(samples)}"
        )
sys.exit(0 if worst <= 1 else 1)
