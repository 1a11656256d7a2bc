"""Structured pruning: whole channels go, so that a network gets smaller and faster wherever it runs.

Channels that have to be the same in several operations (the two operands of an addition, a depthwise convolution and what it reads)
form one group and go together.
"""

import torch

from factory.failure import Failure
from factory.network import Network
from factory.plan import INPUT, Node, Plan


def groups(plan):
    """{value: group}: values whose channels stand for each other have one group, named after the first of them."""
    parent = {INPUT: INPUT}

    def find(name):
        while parent[name] != name:
            name = parent[name]
        return name

    for node in plan.nodes:
        parent[node.name] = node.name
        if node.operation in ("add", "mean") or node.depthwise:
            for name in node.inputs:
                first, second = find(name), find(node.name)
                if first != second:
                    parent[second] = first
    return {name: find(name) for name in parent}


def prunable(plan):
    """Groups whose channels may go: not the input's, not the answer's."""
    group = groups(plan)
    fixed = {group[INPUT], group[plan.nodes[-1].name]}
    return sorted({name for name in group.values()} - fixed)


def importance(network):
    """{group: one number a channel}: the weights' norm after normalisation, in all convolutions that compute the group, each brought to a
    mean of one over its channels, so that layers can be compared (as in LAMP and its relatives)."""
    group, result = groups(network.plan), {}
    allowed = set(prunable(network.plan))
    for node in network.plan.nodes:
        if node.operation != "conv" or group[node.name] not in allowed:
            continue
        norm = network.norms[node.name]
        weight = network.weights[node.name].weight.detach().flatten(1).norm(dim=1)
        size = weight * (norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)).abs()
        size = size / size.mean().clamp_min(1e-12)
        result[group[node.name]] = result.get(group[node.name], 0) + size
    return result


def choose(network, target, step=8, least=8):
    """{group: indices of the channels that stay} for at most `target` parameters.

    Channels go `step` at a time, the engine's kernels work on several at once, and the next to go are those that matter least for each
    parameter that they free. A group keeps at least `least`.
    """
    scores = importance(network)
    order = {name: torch.argsort(values, descending=True, stable=True) for name, values in scores.items()}
    kept = {name: len(values) for name, values in scores.items()}
    count = smaller_plan(network.plan, kept).parameters()
    while count > target:
        best = None
        for name, size in kept.items():
            fewer = max(least, (size - 1) // step * step)
            if fewer >= size:
                continue
            left = smaller_plan(network.plan, {**kept, name: fewer}).parameters()
            loss = float(scores[name][order[name][fewer:size]].sum()) / max(1, count - left)
            if best is None or loss < best[0]:
                best = (loss, name, fewer, left)
        if best is None:
            raise Failure(f"{count} parameters are left and no layer can give more channels; {target} were asked for")
        _, name, kept[name], count = best
    return {name: order[name][:size].sort().values for name, size in kept.items()}


def smaller_plan(plan, kept):
    """The plan with so many channels in each group."""
    group = groups(plan)
    nodes = []
    for node in plan.nodes:
        channels = kept.get(group[node.name], node.channels) if node.operation == "conv" else node.channels
        nodes.append(Node(node.operation, node.name, list(node.inputs), channels, node.kernel, node.stride, node.padding, node.depthwise,
                          node.relu))
    return Plan(plan.input_shape, nodes)


def pruned(network, stay):
    """A network with the channels `stay` of each group alone, weights and statistics taken along."""
    group = groups(network.plan)
    result = Network(smaller_plan(network.plan, {name: len(indices) for name, indices in stay.items()}))
    with torch.no_grad():
        for node in network.plan.nodes:
            if not node.has_weights:
                continue
            outputs, inputs = stay.get(group[node.name]), stay.get(group[node.inputs[0]])
            weight = network.weights[node.name].weight
            if outputs is not None:
                weight = weight[outputs]
            if inputs is not None and not node.depthwise:
                weight = weight[:, inputs]
            result.weights[node.name].weight.copy_(weight)
            if node.operation == "linear":
                result.weights[node.name].bias.copy_(network.weights[node.name].bias)
                continue
            old, new = network.norms[node.name], result.norms[node.name]
            for name in ("weight", "bias", "running_mean", "running_var"):
                values = getattr(old, name)
                getattr(new, name).copy_(values if outputs is None else values[outputs])
            new.num_batches_tracked.copy_(old.num_batches_tracked)
    return result


class Pruner:
    """Takes channels away after epochs, from all to `keep` of the parameters in the first `share` of the run, faster at first
    (the cubic schedule of Zhu and Gupta 2017); the rest of the run heals."""

    def __init__(self, parameters, keep, epochs, share=0.5):
        self.parameters, self.keep, self.last = parameters, keep, max(1, round(epochs * share))

    def target(self, epoch):
        """How many parameters may be left after so many epochs."""
        left = 1 - min(1, epoch / self.last)
        return int(self.parameters * (self.keep + (1 - self.keep) * left**3))

    def __call__(self, trainer, epoch):
        target = self.target(epoch)
        if trainer.network.plan.parameters() <= target:
            return
        # The averages say better what matters than the last step does.
        stay = choose(trainer.averaged, target)
        trainer.network = pruned(trainer.network, stay)
        trainer.renew()
        trainer.folder.log(pruned=epoch, parameters=trainer.network.plan.parameters())
