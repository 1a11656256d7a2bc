"""The parts that networks are made of, and the small networks that tell what one part costs.

A part is one operation with the sizes that it works on. One that reads the input is measured alone, a call's constant cost included.
Any other is measured behind a 1x1 convolution that makes its input: what the two take more than the convolution alone is the part's.
"""

import dataclasses

from factory.plan import INPUT, Node, Plan

BASE, PART = "base", "part"


@dataclasses.dataclass(frozen=True)
class Part:
    """`group`: what can't be interpolated (operation, kernel, stride). `sizes`: what can, a number for each of the group's axes.
    `shape`: (channels, height, width) of the input; `node`: the operation, its name left out."""

    group: str
    sizes: tuple
    shape: tuple
    node: tuple

    @property
    def name(self):
        """Names the network that measures it."""
        return f"{self.group} of {' '.join(map(str, self.sizes))}"

    @property
    def base(self):
        """The name of the network that it is measured against; None for one that reads the input."""
        if self.group.startswith("first "):
            return None
        channels, height, width = self.shape
        kind = "sum of" if self.node[0] == "add" else "input of"
        return f"{kind} {channels} {height}x{width}"

    def network(self):
        """The plan that measures it."""
        if self.base is None:
            return Plan(self.shape, [self._own(INPUT)])
        base = self.base_network()
        last = base.nodes[-1].name
        return Plan(base.input_shape, [*base.nodes, self._own(last, BASE if self.node[0] == "add" else None)])

    def base_network(self):
        """The plan that it is measured against."""
        channels, height, width = self.shape
        nodes = [Node("conv", BASE, [INPUT], channels, relu=True)]
        if self.node[0] == "add":
            # An addition is part of the convolution before it, in the nest as in a network: it costs what that takes more.
            nodes.append(Node("conv", "before", [BASE], channels))
        return Plan((1, height, width), nodes)

    def _own(self, *inputs):
        operation, channels, kernel, stride, padding, depthwise, relu = self.node
        return Node(operation, PART, [name for name in inputs if name], channels, kernel, stride, padding, depthwise, relu)


def part(node, shape, reads_input):
    """The part that an operation is, for its (first) input's shape."""
    channels, height, width = shape
    own = (node.operation, node.channels, tuple(node.kernel), tuple(node.stride), tuple(node.padding), node.depthwise, node.relu)
    group = node.operation
    if node.operation == "conv":
        kind = "depthwise" if node.depthwise else "convolution"
        kernel, stride, padding = ("x".join(map(str, pair)) for pair in own[2:5])
        group = f"{kind} {kernel} step {stride} padding {padding}"
    if node.relu:
        group += " relu"
    positions = height * width
    if reads_input:
        return Part(f"first {group} over {channels}x{height}x{width}", (node.channels,), tuple(shape), own)
    if node.operation == "linear":
        sizes = (channels, node.channels)
    elif node.operation == "conv" and not node.depthwise:
        sizes = (channels, node.channels, positions)
    else:
        sizes = (channels, positions)
    return Part(group, sizes, tuple(shape), own)


def parts_of(plan):
    """{operation's name: its part}, in the plan's order."""
    shapes = plan.shapes()
    return {node.name: part(node, shapes[node.inputs[0]], INPUT in node.inputs) for node in plan.nodes}
