#!/usr/bin/env python3
"""Runs an ONNX model with ONNX Runtime on one thread, twice, the second time in a window (blocks.c): what bench/board-time.py counts.

usage: onnxruntime-run.py MODEL.onnx
"""

import sys

import numpy
import onnxruntime
from window import closed, opened


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    tensor = session.get_inputs()[0]
    data = {tensor.name: numpy.full([size if isinstance(size, int) else 1 for size in tensor.shape], 0.5, numpy.float32)}
    opened()
    session.run(None, data)
    opened()
    session.run(None, data)
    closed()


main()
