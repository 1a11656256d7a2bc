"""An ONNX file as a network that can be pruned, quantised and trained on: one of convolutions, batch normalisations, ReLUs, additions,
a mean over positions and a matrix. What else is in a file is refused by name."""

import onnx
import torch
from onnx import numpy_helper

from factory.failure import Failure
from factory.network import Network
from factory.plan import INPUT, Node, Plan


class _Reader:
    """Goes through the nodes of a graph once; `values`: the plan's value that each value of the file is."""

    def __init__(self, path, graph):
        self.path, self.graph = path, graph
        self.constants = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
        inputs = [entry for entry in graph.input if entry.name not in self.constants]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise Failure(f"{path}: {len(inputs)} inputs and {len(graph.output)} outputs; one of each is expected")
        self.shape = tuple(size.dim_value for size in inputs[0].type.tensor_type.shape.dim)[1:]
        self.values = {inputs[0].name: INPUT}
        self.readers, self.nodes, self.weights, self.norms, self.flat = {}, [], {}, {}, set()
        for node in graph.node:
            for name in node.input:
                self.readers[name] = self.readers.get(name, 0) + 1

    def refuse(self, node, why):
        raise Failure(f"{self.path}: node '{node.name or node.output[0]}' ({node.op_type}): {why}")

    def constant(self, node, place):
        if len(node.input) <= place or node.input[place] not in self.constants:
            self.refuse(node, f"its input {place} has to be a constant")
        return torch.from_numpy(self.constants[node.input[place]].copy()).float()

    def value(self, node, place):
        if node.input[place] not in self.values:
            self.refuse(node, f"its input {place} can't be followed")
        return self.values[node.input[place]]

    def last(self, node):
        """The plan's operation that computes the node's input, which nothing else reads and no ReLU has followed."""
        name, entry = self.value(node, 0), self.nodes[-1] if self.nodes else None
        if entry is None or entry.name != name or self.readers[node.input[0]] != 1 or entry.relu:
            self.refuse(node, "it has to follow a convolution or an addition whose result nothing else reads")
        return entry

    def append(self, node, operation, inputs, **fields):
        name = f"{operation}{len(self.nodes)}"
        self.nodes.append(Node(operation, name, inputs, **fields))
        self.values[node.output[0]] = name
        return name

    def read(self):
        known = {"Conv": self.conv, "BatchNormalization": self.norm, "Relu": self.relu, "Add": self.add, "GlobalAveragePool": self.mean,
                 "ReduceMean": self.mean, "Flatten": self.flatten, "Reshape": self.flatten, "Squeeze": self.flatten, "Gemm": self.matrix}
        for node in self.graph.node:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
            elif node.op_type in ("Identity", "Dropout"):
                self.values[node.output[0]] = self.value(node, 0)
            elif node.op_type in known:
                known[node.op_type](node, {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute})
            else:
                self.refuse(node, f"an operation that can't be pruned or quantised here; {', '.join(sorted(known))} can")
        if not self.nodes or self.nodes[-1].operation != "linear" or self.values.get(self.graph.output[0].name) != self.nodes[-1].name:
            raise Failure(f"{self.path}: its output has to be that of a matrix (Gemm) over a mean")
        return Plan(self.shape, self.nodes)

    def conv(self, node, attributes):
        weight = self.constant(node, 1)
        pads, group = attributes.get("pads", [0, 0, 0, 0]), attributes.get("group", 1)
        depthwise = group > 1
        if weight.dim() != 4 or attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID", b""):
            self.refuse(node, "pads by name, or no image")
        if list(pads[:2]) != list(pads[2:]) or any(size != 1 for size in attributes.get("dilations", [1])):
            self.refuse(node, "other pads at the end than at the start, or a dilation")
        if depthwise and (weight.shape[1] != 1 or weight.shape[0] != group):
            self.refuse(node, f"{group} groups; one, or one a channel work")
        bias = self.constant(node, 2) if len(node.input) > 2 else torch.zeros(len(weight))
        name = self.append(node, "conv", [self.value(node, 0)], channels=len(weight), kernel=tuple(weight.shape[2:]),
                           stride=tuple(attributes.get("strides", [1, 1])), padding=tuple(pads[:2]), depthwise=depthwise)
        self.weights[name] = weight
        self.norms[name] = [torch.ones(len(weight)), bias, torch.zeros(len(weight)), None]

    def norm(self, node, attributes):
        entry = self.last(node)
        if entry.operation != "conv" or self.norms[entry.name][3] is not None:
            self.refuse(node, "a normalisation that follows no convolution")
        gamma, beta, mean, variance = (self.constant(node, place) for place in range(1, 5))
        # The module's own epsilon is another one, and a convolution's bias shifts what is normalised.
        self.norms[entry.name] = [gamma, beta, mean - self.norms[entry.name][1], variance + attributes.get("epsilon", 1e-5) - 1e-5]
        self.values[node.output[0]] = entry.name

    def relu(self, node, _):
        entry = self.last(node)
        if entry.operation not in ("conv", "add"):
            self.refuse(node, "a ReLU that follows no convolution or addition")
        entry.relu = True
        self.values[node.output[0]] = entry.name

    def add(self, node, _):
        self.append(node, "add", [self.value(node, 0), self.value(node, 1)])

    def mean(self, node, attributes):
        axes = list(attributes.get("axes", self.constants.get(node.input[1], []) if len(node.input) > 1 else []))
        if node.op_type == "ReduceMean" and sorted(int(axis) % 4 for axis in axes) != [2, 3]:
            self.refuse(node, "a mean over other axes than height and width")
        self.flat.add(self.append(node, "mean", [self.value(node, 0)]))

    def flatten(self, node, _):
        if self.value(node, 0) not in self.flat:
            self.refuse(node, "positions are put in another order")
        self.values[node.output[0]] = self.value(node, 0)

    def matrix(self, node, attributes):
        weight = self.constant(node, 1)
        if attributes.get("alpha", 1) != 1 or attributes.get("beta", 1) != 1 or attributes.get("transA", 0):
            self.refuse(node, "factors, or a transposed input")
        weight = weight if attributes.get("transB", 0) else weight.T.contiguous()
        name = self.append(node, "linear", [self.value(node, 0)], channels=len(weight))
        self.weights[name] = weight
        self.norms[name] = self.constant(node, 2) if len(node.input) > 2 else torch.zeros(len(weight))


def read(path):
    """A network with an ONNX file's weights. Throws Failure with the node that it can't have."""
    try:
        model = onnx.load(str(path))
    except Exception as error:  # protobuf's errors, and the file system's.
        raise Failure(f"{path}: not a whole ONNX file: {str(error).splitlines()[0][:200]}") from None
    reader = _Reader(path, model.graph)
    network = Network(reader.read())
    with torch.no_grad():
        for name, layer in network.weights.items():
            if layer.weight.shape != reader.weights[name].shape:
                raise Failure(f"{path}: weights of {list(reader.weights[name].shape)} where {list(layer.weight.shape)} fit")
            layer.weight.copy_(reader.weights[name])
            if name not in network.norms:
                layer.bias.copy_(reader.norms[name])
                continue
            gamma, beta, mean, variance = reader.norms[name]
            norm = network.norms[name]
            norm.weight.copy_(gamma)
            norm.bias.copy_(beta)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(torch.full_like(gamma, 1 - norm.eps) if variance is None else variance)
    return network.eval()
