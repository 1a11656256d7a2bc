"""What training computes in integers is what the engine computes, value by value."""

import pathlib
import tempfile
import unittest

import made_up
import numpy as np
import torch

from factory import export, families, nests
from factory.data import PIXEL_DEVIATION
from factory.grids import Grid, Ranges, real_values
from factory.integers import IntegerNetwork, quantised_input
from factory.plan import INPUT, Node, Plan


def quantised(plan, seed, pixels=True):
    """An integer network of random weights, and inputs for it."""
    weights = made_up.network(plan, seed).folded()
    generator = torch.Generator().manual_seed(seed)
    if pixels:
        x = (torch.randint(0, 256, (40, *plan.input_shape), generator=generator).float() - 128) / PIXEL_DEVIATION
    else:
        x = torch.randn(40, *plan.input_shape, generator=generator)
    ranges = Ranges()
    ranges.add(real_values(plan, weights, x))
    # Inputs go beyond what was calibrated with, so that clamps are met.
    return IntegerNetwork(plan, weights, ranges.grids(Grid(1 / PIXEL_DEVIATION, 0) if pixels else None)).eval(), 1.25 * x


class Agreement(unittest.TestCase):
    def compare(self, network, x):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "model.onnx").write_bytes(export.integer_model(network))
            nests.compile_nest(folder / "model.onnx", folder / "model.nest", "test", None, {})
            found = nests.agreement(folder / "model.nest", network, x)
            self.assertEqual(found["equal"], found["integers"], f"the largest difference is {found['largest']}")
            return (folder / "model.nest").stat().st_size

    def test_families(self):
        for family, shape in (("residual", (3, 32, 32)), ("mobile", (3, 32, 32)), ("sequence", (1, 50, 6)), ("residual", (1, 28, 28))):
            with self.subTest(family=family, shape=shape):
                self.compare(*quantised(families.build(family, shape, 10, 8), 1, pixels=family != "sequence"))

    def test_every_value(self):
        """Networks cut off behind each operation: no later rounding hides a difference."""
        for seed in range(6):
            plan = made_up.plan(seed)
            network, x = quantised(plan, seed)
            for count in range(1, len(plan.nodes)):
                network.plan = Plan(plan.input_shape, plan.nodes[:count])
                with self.subTest(seed=seed, last=plan.nodes[count - 1].name):
                    self.compare(network, x)

    def test_order_of_factors(self):
        """Channels for which (input scale · weight scale) / result scale, formed in another order, would round one result otherwise."""
        random, every = np.random.default_rng(0), np.arange(-128, 128)
        given, wanted = np.float32(0.0371), np.float32(0.0213)
        weights, biases = random.uniform(0.3, 1, 50_000).astype(np.float32), random.integers(-4000, 4000, 50_000)
        scales = weights / np.float32(127)
        right, other = given * scales / wanted, given / wanted * scales
        totals = (every[None] * 127 + biases[:, None]).astype(np.float32)
        differ = (np.rint(totals * right[:, None]) != np.rint(totals * other[:, None])) & (np.abs(totals * right[:, None]) < 120)
        chosen = np.flatnonzero(differ.any(1))[:12]
        self.assertEqual(len(chosen), 12)
        plan = Plan((1, 16, 16), [Node("conv", "conv", [INPUT], 12)])
        real = torch.from_numpy(weights[chosen]).reshape(12, 1, 1, 1)
        bias = torch.from_numpy((biases[chosen] * (scales[chosen].astype(np.float64) * given)).astype(np.float32))
        network = IntegerNetwork(plan, {"conv": (real, bias)}, {INPUT: Grid(float(given), 0), "conv": Grid(float(wanted), 0)})
        steps, whole, _ = network.whole_weights("conv", float(given))
        self.assertEqual((steps.flatten().tolist(), whole.tolist()), ([127] * 12, biases[chosen].tolist()))
        x = torch.from_numpy((every * given).astype(np.float32)).reshape(1, 1, 16, 16)
        self.compare(network, x)

    def test_training_sees_the_same_integers(self):
        """Sums in float32, as in training, are those in float64, and gradients reach every weight."""
        network, x = quantised(families.build("mobile", (3, 32, 32), 10, 8), 3)
        exact = network.integers(x).float()
        scores = network(x)
        last = network.grids["head"]
        self.assertTrue(torch.equal(torch.round(scores / last.scale + last.zero), exact.flatten(1)))
        scores.square().sum().backward()
        for name, weight in network.weights.items():
            self.assertGreater(float(weight.grad.abs().sum()), 0, name)

    def test_int8_is_a_quarter(self):
        plan = families.build("residual", (3, 32, 32), 10, 32)
        network, x = quantised(plan, 1)
        small = self.compare(network, x[:4])
        with tempfile.TemporaryDirectory() as folder:
            file, nest = pathlib.Path(folder) / "model.onnx", pathlib.Path(folder) / "model.nest"
            file.write_bytes(export.float_model(plan, made_up.network(plan, 1).folded()))
            nests.compile_nest(file, nest, "test", None, {})
            self.assertLess(small, 0.3 * nest.stat().st_size)


class Rules(unittest.TestCase):
    def test_halves_round_to_even(self):
        grid = Grid(0.5, 3)
        x = torch.tensor([0.25, 0.75, 1.25, -0.25, 1e9, -1e9])
        self.assertEqual(quantised_input(x, grid).tolist(), [3, 5, 5, 3, 127, -128])


if __name__ == "__main__":
    unittest.main()
