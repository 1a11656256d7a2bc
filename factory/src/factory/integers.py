"""Training through the engine's integer arithmetic itself.

Between layers go the integers that the board computes, held in floating point so that gradients flow: sums of products are exact,
then come one float32 multiplication a channel, rounding to nearest even and a clamp (`ReferenceConvolution.swift`,
`ReferenceRequantize.swift`), an addition in fixed point (`Addition.swift`), a mean (`GlobalAverageStep.swift`). Rounding lets
gradients pass unchanged, clamps only inside their range (the straight-through estimator, Bengio et al. 2013), so what is trained is
what runs.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from factory.failure import Failure
from factory.plan import INPUT

# A bias in int32 goes through float32 on its way into a nest: below this its steps come back exactly.
LARGEST_BIAS = 1 << 20


class _Rounded(torch.autograd.Function):
    """Rounds to nearest, halves to even; the gradient passes."""

    @staticmethod
    def forward(_, x):
        return torch.round(x)

    @staticmethod
    def backward(_, gradient):
        return gradient


class _Replaced(torch.autograd.Function):
    """The second argument's values with the first one's gradient."""

    @staticmethod
    def forward(_, x, values):
        return values

    @staticmethod
    def backward(_, gradient):
        return gradient, None


rounded, replaced = _Rounded.apply, _Replaced.apply


def quantised_input(x, grid):
    """float32 to integers. The engine multiplies by the reciprocal of the scale."""
    inverse = float(np.float32(1) / np.float32(grid.scale))
    return torch.clamp(rounded(torch.clamp(x * inverse, -128 - grid.zero, 127 - grid.zero)) + grid.zero, -128, 127)


def added(a, a_grid, b, b_grid, grid, lowest):
    """The engine's int8 addition: both ratios as integers with 20 bits below the larger one's exponent, an arithmetic shift."""
    ratios = [np.float32(side.scale) / np.float32(grid.scale) for side in (a_grid, b_grid)]
    if not 1 / 1024 < max(ratios) < 256:
        raise Failure(f"an addition of values {max(ratios):g} times as coarse as their sum; the engine has room for 1/1024 to 256")
    shift = 20 - (math.frexp(float(max(ratios)))[1] - 1)
    factors = [int(np.rint(float(ratio) * 2.0**shift)) for ratio in ratios]
    real = torch.clamp((a - a_grid.zero) * float(ratios[0]) + (b - b_grid.zero) * float(ratios[1]), lowest - grid.zero, 127 - grid.zero)
    with torch.no_grad():
        total = a.long() * factors[0] + b.long() * factors[1]
        total += (1 << (shift - 1)) - a_grid.zero * factors[0] - b_grid.zero * factors[1]
        exact = torch.clamp((total >> shift) + grid.zero, lowest, 127).to(a.dtype)
    return replaced(real + grid.zero, exact)


def averaged(x, x_grid, grid):
    """The mean over all positions: an exact sum, then one factor."""
    positions = x.shape[2] * x.shape[3]
    factor = float(np.float32(x_grid.scale) / (np.float32(grid.scale) * np.float32(positions)))
    total = (x - x_grid.zero).double().sum((2, 3), keepdim=True).float()
    return rounded(torch.clamp(total * factor, -128 - grid.zero, 127 - grid.zero)) + grid.zero


class IntegerNetwork(nn.Module):
    """A plan with int8 weights (a scale a channel) and values.

    `exact`: sums of products in float64, which holds every one that 32 bits do. Without it they are in float32, right up to 2^24,
    which training never meets in practice and `agreement` in `nests.py` would show.
    """

    def __init__(self, plan, weights, grids):
        super().__init__()
        self.plan, self.grids, self.exact = plan, dict(grids), False
        self.weights = nn.ParameterDict({name: nn.Parameter(weight.clone()) for name, (weight, _) in weights.items()})
        self.biases = nn.ParameterDict({name: nn.Parameter(bias.clone()) for name, (_, bias) in weights.items()})

    def forward(self, x):
        """float32 inputs to real scores."""
        last, grid = self.values(x)[self.plan.nodes[-1].name], self.grids[self.plan.nodes[-1].name]
        return (last.flatten(1) - grid.zero) * grid.scale

    def integers(self, x):
        """The last value as the nest has it, int8, with sums that are exact."""
        self.exact = True
        with torch.no_grad():
            result = self.values(x)[self.plan.nodes[-1].name].to(torch.int8)
        self.exact = False
        return result

    def values(self, x):
        """Every value of the plan, as integers in floating point."""
        values = {INPUT: quantised_input(x, self.grids[INPUT])}
        for node in self.plan.nodes:
            inputs, grids, grid = [values[name] for name in node.inputs], [self.grids[name] for name in node.inputs], self.grids[node.name]
            if node.operation == "add":
                values[node.name] = added(inputs[0], grids[0], inputs[1], grids[1], grid, grid.zero if node.relu else -128)
            elif node.operation == "mean":
                values[node.name] = averaged(inputs[0], grids[0], grid)
            else:
                values[node.name] = self._product(node, inputs[0], grids[0], grid)
        return values

    def scales(self, name, input_scale):
        """One float32 a channel: the largest weight is 127 steps, and a channel of next to no weights has room for its bias."""
        weight, bias = self.weights[name].detach(), self.biases[name].detach()
        largest = weight.abs().flatten(1).amax(1)
        return torch.maximum(torch.maximum(largest / 127, bias.abs() / input_scale / LARGEST_BIAS), torch.tensor(1e-12))

    def whole_weights(self, name, input_scale):
        """Integers of weights and bias, with their gradients, and the weights' scales."""
        scales = self.scales(name, input_scale)
        weight = self.weights[name]
        steps = rounded(torch.clamp(weight / scales.reshape(-1, *[1] * (weight.dim() - 1)), -127, 127))
        bias = rounded(self.biases[name].double() / (scales.double() * float(np.float32(input_scale))))
        return steps, bias, scales

    def _product(self, node, x, x_grid, grid):
        steps, bias, scales = self.whole_weights(node.name, x_grid.scale)
        kind = torch.float64 if self.exact else torch.float32
        x, steps, bias = (x - x_grid.zero).to(kind), steps.to(kind), bias.to(kind)
        if node.operation == "conv":
            groups = node.channels if node.depthwise else 1
            total = functional.conv2d(x, steps, bias, node.stride, node.padding, groups=groups)
        else:
            total = functional.linear(x.flatten(1), steps, bias)
        # In this order and in float32: the engine's factors have these bits.
        factors = torch.from_numpy(np.float32(x_grid.scale) * scales.numpy() / np.float32(grid.scale))
        factors = factors.reshape(1, -1, *[1] * (total.dim() - 2))
        lowest = grid.zero if node.relu else -128
        return rounded(torch.clamp(total.float() * factors, lowest - grid.zero, 127 - grid.zero)) + grid.zero
