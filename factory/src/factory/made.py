"""Nests of plans that nobody trained: what an operation costs doesn't depend on its numbers."""

import pathlib

import torch

from factory import export, nests
from factory.grids import Ranges, real_values
from factory.integers import IntegerNetwork
from factory.network import Network

FORMS = ("float", "int8")


def untrained(plan):
    """A network with weights as training begins with, the same ones on every call."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Network(plan).eval()


def onnx(plan, form):
    """The bytes of an ONNX file that computes a plan, in a form of FORMS."""
    weights = untrained(plan).folded()
    if form == "float":
        return export.float_model(plan, weights)
    ranges = Ranges()
    with torch.no_grad():
        ranges.add(real_values(plan, weights, torch.randn(8, *plan.input_shape, generator=torch.Generator().manual_seed(0))))
    return export.integer_model(IntegerNetwork(plan, weights, ranges.grids(None)))


def nest(plan, form, folder, name):
    """Compiles it; gives the nest's path."""
    source, target = pathlib.Path(folder) / f"{name}.onnx", pathlib.Path(folder) / f"{name}.nest"
    source.write_bytes(onnx(plan, form))
    nests.compile_nest(source, target, name, None, {})
    source.unlink()
    return target
