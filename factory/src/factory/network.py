"""A plan as a PyTorch module that can be trained."""

import torch
from torch import nn
from torch.nn import functional

from factory.plan import INPUT


class Network(nn.Module):
    """Computes a plan's last value: scores of the classes, (batch, classes)."""

    def __init__(self, plan):
        super().__init__()
        self.plan, self.weights, self.norms = plan, nn.ModuleDict(), nn.ModuleDict()
        shapes = plan.shapes()
        for node in plan.nodes:
            depth = shapes[node.inputs[0]][0]
            if node.operation == "conv":
                groups = depth if node.depthwise else 1
                self.weights[node.name] = nn.Conv2d(depth, node.channels, node.kernel, node.stride, node.padding, groups=groups, bias=False)
                self.norms[node.name] = nn.BatchNorm2d(node.channels)
                nn.init.kaiming_normal_(self.weights[node.name].weight, mode="fan_out", nonlinearity="relu")
            elif node.operation == "linear":
                self.weights[node.name] = nn.Linear(depth, node.channels)

    def forward(self, x):
        values = {INPUT: x}
        for node in self.plan.nodes:
            values[node.name] = self._computed(node, [values[name] for name in node.inputs])
        return values[self.plan.nodes[-1].name].flatten(1)

    def _computed(self, node, inputs):
        x = inputs[0]
        if node.operation == "conv":
            y = self.norms[node.name](self.weights[node.name](x))
        elif node.operation == "add":
            y = x + inputs[1]
        elif node.operation == "mean":
            y = x.mean((2, 3), keepdim=True)
        else:
            return self.weights[node.name](x.flatten(1))
        return functional.relu(y) if node.relu else y

    def folded(self):
        """{node: (weights, bias)} with batch normalisation in both, float32: what a board computes with."""
        result = {}
        for node in self.plan.nodes:
            if node.operation == "conv":
                norm, weight = self.norms[node.name], self.weights[node.name].weight.detach()
                factor = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
                result[node.name] = (weight * factor[:, None, None, None], norm.bias.detach() - norm.running_mean * factor)
            elif node.operation == "linear":
                layer = self.weights[node.name]
                result[node.name] = (layer.weight.detach().clone(), layer.bias.detach().clone())
        return result
