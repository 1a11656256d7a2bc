"""Channels that are taken away leave a network whose shapes fit, and whose answers are those of the others."""

import unittest

import made_up
import torch

from factory.failure import Failure
from factory.network import Network
from factory.pruning import Pruner, choose, groups, prunable, pruned, smaller_plan


class Shapes(unittest.TestCase):
    def test_generated_graphs(self):
        """Twenty: they run, are small enough, and answer as the whole network with those channels silent."""
        for seed in range(20):
            plan = made_up.plan(100 + seed)
            network = made_up.network(plan, seed)
            least = smaller_plan(plan, {name: 4 for name in prunable(plan)}).parameters()
            target = least + (plan.parameters() - least) // 2
            with self.subTest(seed=seed):
                stay = choose(network, target, step=4, least=4)
                smaller = pruned(network, stay).eval()
                self.assertLessEqual(smaller.plan.parameters(), target)
                self.assertEqual(smaller.plan.parameters(), counted(smaller))
                x = torch.randn(3, *plan.input_shape)
                self.assertTrue(torch.allclose(smaller(x), silenced(network, stay)(x), rtol=1e-4, atol=1e-4))

    def test_too_much(self):
        network = made_up.network(made_up.plan(3), 3)
        with self.assertRaisesRegex(Failure, "no layer can give more"):
            choose(network, 10)


class Schedule(unittest.TestCase):
    def test_cubic(self):
        pruner = Pruner(1000, 0.25, 10)
        targets = [pruner.target(epoch) for epoch in range(11)]
        self.assertEqual(targets[0], 1000)
        self.assertEqual(targets[5:], [250] * 6)
        steps = [before - after for before, after in zip(targets[:5], targets[1:6])]
        self.assertEqual(steps, sorted(steps, reverse=True))


def counted(network):
    """Weights by PyTorch's own count: of products, and a bias for each output."""
    return sum(layer.weight.numel() + layer.weight.shape[0] for layer in network.weights.values())


def silenced(network, stay):
    """The whole network, in which removed channels are always zero: behind every normalisation of their group."""
    copy = Network(network.plan)
    copy.load_state_dict(network.state_dict())
    group = groups(network.plan)
    for name, norm in copy.norms.items():
        if group[name] in stay:
            gone = torch.ones(norm.num_features, dtype=torch.bool)
            gone[stay[group[name]]] = False
            norm.weight.data[gone] = 0
            norm.bias.data[gone] = 0
    return copy.eval()


if __name__ == "__main__":
    unittest.main()
