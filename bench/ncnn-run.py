#!/usr/bin/env python3
"""Runs networks with ncnn on one thread, with weights of zero, as ncnn's own benchmark does: what bench/board-time.py counts.

usage: ncnn-run.py WIDTH NETWORK.param [WIDTH NETWORK.param …]      each is run twice, the second time in a window (blocks.c)
"""

import sys

import ncnn
from window import closed, opened


def main():
    words = sys.argv[1:]
    for width, path in zip(map(int, words[::2]), words[1::2]):
        network = ncnn.Net()
        network.opt.num_threads = 1
        network.opt.lightmode = True
        network.load_param(path)
        network.load_model(ncnn.DataReaderFromEmpty())
        picture = ncnn.Mat(width, width, 3)
        picture.fill(0.01)

        def run():
            extractor = network.create_extractor()
            extractor.input("data", picture)
            result, answer = extractor.extract("output")
            if result != 0:
                sys.exit(f"{path}: ncnn says {result}")
            return answer

        opened()
        run()
        opened()
        run()
        closed()


main()
