"""Which real numbers the integers of an int8 value stand for, and how ranges become such grids."""

import dataclasses

import numpy as np
import torch

from factory.failure import Failure
from factory.plan import INPUT


@dataclasses.dataclass(frozen=True)
class Grid:
    """real = (integer - zero) · scale; scale is a float32, as the engine has it."""

    scale: float
    zero: int

    @staticmethod
    def of_range(low, high):
        """256 steps over a range, widened to hold zero, which is exact: `asymmetricQuantization` of nestc."""
        low, high = min(0.0, float(low)), max(0.0, float(high))
        if not (np.isfinite(low) and np.isfinite(high)):
            raise Failure("a range that isn't finite can't be quantised")
        scale = np.float32(max(high - low, 1e-8) / 255)
        return Grid(float(scale), int(max(-128, min(127, np.rint(-128 - low / float(scale))))))


class Ranges:
    """The mean over batches of the least and greatest number that each value of a plan takes: one far-off sample moves it little."""

    def __init__(self):
        self.sums, self.batches = {}, 0

    def add(self, values):
        for name, value in values.items():
            low, high = self.sums.get(name, (0.0, 0.0))
            self.sums[name] = (low + float(value.min()), high + float(value.max()))
        self.batches += 1

    def grids(self, input_grid):
        """{value: Grid}; the input's is given where its numbers are known beforehand, as those of pixels are."""
        result = {}
        for name, (low, high) in self.sums.items():
            result[name] = Grid.of_range(low / self.batches, high / self.batches)
        if input_grid is not None:
            result[INPUT] = input_grid
        return result


def real_values(plan, weights, x):
    """Every value of a plan in float32, by name, for {node: (weights, bias)} with batch normalisation folded in."""
    values = {INPUT: x}
    for node in plan.nodes:
        inputs = [values[name] for name in node.inputs]
        if node.operation == "conv":
            weight, bias = weights[node.name]
            groups = node.channels if node.depthwise else 1
            y = torch.nn.functional.conv2d(inputs[0], weight, bias, node.stride, node.padding, groups=groups)
        elif node.operation == "add":
            y = inputs[0] + inputs[1]
        elif node.operation == "mean":
            y = inputs[0].mean((2, 3), keepdim=True)
        else:
            weight, bias = weights[node.name]
            y = torch.nn.functional.linear(inputs[0].flatten(1), weight, bias)
        values[node.name] = torch.relu(y) if node.relu else y
    return values
