"""A network as data: what training, pruning, quantisation and export have in common.

A plan is a list of operations in the order of their computation. It knows four of them, those that small networks for boards are made
of and that the engine has fused instructions for:

conv    convolution without bias, batch normalisation, and a ReLU where `relu` says so; `depthwise`: one filter a channel
add     the sum of two values of one shape, and a ReLU where `relu` says so
mean    the mean over height and width
linear  a matrix and a bias, over a mean
"""

import dataclasses

from factory.failure import Failure

INPUT = "input"


@dataclasses.dataclass
class Node:
    """One operation; sizes are (height, width)."""

    operation: str
    name: str
    inputs: list
    channels: int = 0
    kernel: tuple = (1, 1)
    stride: tuple = (1, 1)
    padding: tuple = (0, 0)
    depthwise: bool = False
    relu: bool = False

    @property
    def has_weights(self):
        return self.operation in ("conv", "linear")


@dataclasses.dataclass
class Plan:
    """`input_shape` is (channels, height, width)."""

    input_shape: tuple
    nodes: list

    def shapes(self):
        """(channels, height, width) of every value by name. Throws Failure with the node's name where sizes don't fit."""
        known = {INPUT: tuple(self.input_shape)}
        for node in self.nodes:
            known[node.name] = _shape(node, [known[name] for name in node.inputs])
        return known

    def parameters(self):
        """How many numbers a board stores: weights, and one bias a channel (batch normalisation is folded into both)."""
        shapes, total = self.shapes(), 0
        for node in self.nodes:
            if node.has_weights:
                depth = 1 if node.depthwise else shapes[node.inputs[0]][0]
                total += node.channels * (depth * node.kernel[0] * node.kernel[1] + 1)
        return total

    def products(self):
        """Multiplications of one inference."""
        shapes, total = self.shapes(), 0
        for node in self.nodes:
            if node.has_weights:
                _, height, width = shapes[node.name]
                depth = 1 if node.depthwise else shapes[node.inputs[0]][0]
                total += node.channels * depth * node.kernel[0] * node.kernel[1] * height * width
        return total

    def as_json(self):
        return {"input": list(self.input_shape), "nodes": [dataclasses.asdict(node) for node in self.nodes]}

    @staticmethod
    def from_json(fields):
        nodes = []
        for entry in fields["nodes"]:
            pairs = {name: tuple(entry[name]) for name in ("kernel", "stride", "padding")}
            nodes.append(Node(**{**entry, **pairs}))
        return Plan(tuple(fields["input"]), nodes)


def _shape(node, inputs):
    channels, height, width = inputs[0]
    if node.operation == "add":
        if inputs[0] != inputs[1]:
            raise Failure(f"{node.name}: values of shapes {inputs[0]} and {inputs[1]} can't be added")
        return inputs[0]
    if node.operation == "mean":
        return (channels, 1, 1)
    if node.operation == "linear":
        if (height, width) != (1, 1):
            raise Failure(f"{node.name}: a matrix over {height}x{width} positions; a mean has to come before it")
        return (node.channels, 1, 1)
    if node.depthwise and node.channels != channels:
        raise Failure(f"{node.name}: {node.channels} depthwise filters over {channels} channels")
    sizes = [(size + 2 * pad - kernel) // stride + 1
             for size, pad, kernel, stride in zip((height, width), node.padding, node.kernel, node.stride)]
    if min(sizes) < 1:
        raise Failure(f"{node.name}: a kernel of {node.kernel[0]}x{node.kernel[1]} over {height}x{width}")
    return (node.channels, *sizes)
