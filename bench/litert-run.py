"""Runs a TFLite model with LiteRT on one thread: the program whose instructions and times are compared.

usage: litert-run.py MODEL count REPETITIONS                    invokes the model so many times
       litert-run.py MODEL time                                 for each line on standard input, one repetition;
                                                                answers with its time in milliseconds
       litert-run.py MODEL infer INPUT OUTPUT                   INPUT holds one or more input tensors, byte after byte;
                                                                OUTPUT gets, for each, all output tensors
"""

import sys
import time

import numpy
from ai_edge_litert.interpreter import Interpreter


def main():
    model, what = sys.argv[1:3]
    interpreter = Interpreter(model, num_threads=1)
    interpreter.allocate_tensors()
    tensor = interpreter.get_input_details()[0]
    if what == "infer":
        data = numpy.fromfile(sys.argv[3], tensor["dtype"]).reshape(-1, *tensor["shape"][1:])
        with open(sys.argv[4], "wb") as output:
            for sample in data:
                interpreter.set_tensor(tensor["index"], sample[None])
                interpreter.invoke()
                for detail in interpreter.get_output_details():
                    output.write(interpreter.get_tensor(detail["index"]).tobytes())
        return
    interpreter.set_tensor(tensor["index"], numpy.full(tensor["shape"], 100, tensor["dtype"]))
    if what == "count":
        for _ in range(int(sys.argv[3])):
            interpreter.invoke()
    else:
        for _ in range(10):
            interpreter.invoke()
        for _ in sys.stdin:
            start = time.perf_counter_ns()
            interpreter.invoke()
            print((time.perf_counter_ns() - start) / 1e6, flush=True)


if __name__ == "__main__":
    main()
