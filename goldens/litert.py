#!/usr/bin/env python3
"""Writes Tests/golden/litert/MODEL.bin: what LiteRT answers to inputs that the tests can make again.

    goldens/litert.py FOLDER_OF_MODELS

Input bytes are the upper bytes of a linear congruential generator (x = 1664525 x + 1013904223 modulo 2^32) started at
the number of the run, 1 to 4, and written into the input as they are. Needs ai-edge-litert and numpy.
"""
import os, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter

MODELS = ["tf2_mobilenet_v2_1.0_224_ptq", "kws_ref_model", "vww_96_int8", "pretrainedResnet_quant", "ad01_int8"]
RUNS = 4
target = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "golden", "litert")


def generated(count, seed):
    out, x = bytearray(count), seed
    for i in range(count):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = x >> 24
    return np.frombuffer(bytes(out), dtype=np.uint8)


os.makedirs(target, exist_ok=True)
for model in MODELS:
    interpreter = Interpreter(os.path.join(sys.argv[1], model + ".tflite"), num_threads=1)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    with open(os.path.join(target, model + ".bin"), "wb") as file:
        for seed in range(1, RUNS + 1):
            count = int(np.prod(source["shape"]))
            interpreter.set_tensor(source["index"], generated(count, seed).view(source["dtype"]).reshape(source["shape"]))
            interpreter.invoke()
            file.write(interpreter.get_tensor(result["index"]).tobytes())
    print(model, "written")
