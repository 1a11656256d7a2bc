"""What a student learns from: runs of the factory, any ONNX model that classifies, or several of both together."""

import pathlib

import numpy as np
import torch
from torch.nn import functional

from factory import imported
from factory.failure import Failure
from factory.network import Network
from factory.plan import Plan
from factory.run_folder import MODEL, read_torch


def network_of(run):
    """The float network of a finished run with its classes, or that of an ONNX file, which names none."""
    if str(run).endswith(".onnx"):
        return imported.read(run), None
    file = pathlib.Path(run) / MODEL
    if not file.exists():
        raise Failure(f"{run}: no finished run ({MODEL} is missing)")
    saved = read_torch(file)
    network = Network(Plan.from_json(saved["plan"]))
    network.load_state_dict(saved["state"])
    return network.eval(), saved["classes"]


class _ONNXTeacher:
    """An ONNX model with one image or window input, through ONNX Runtime."""

    def __init__(self, path, shape, classes):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # The runtime has exceptions of its own for every way a file can be wrong.
            raise Failure(f"{path}: ONNX Runtime can't load it: {str(error).splitlines()[0][:200]}") from None
        inputs = self.session.get_inputs()
        if len(inputs) != 1 or list(inputs[0].shape[1:]) != list(shape):
            raise Failure(f"{path}: one input of {[1, *shape]} is expected, it has {[entry.shape for entry in inputs]}")
        self.name, self.one_by_one = inputs[0].name, inputs[0].shape[0] == 1
        if (found := self(torch.zeros(1, *shape)).shape[1]) != classes:
            raise Failure(f"{path}: scores of {found} classes, the data has {classes}")

    def __call__(self, x):
        batches = [x.numpy()] if not self.one_by_one else [row[None].numpy() for row in x]
        return torch.from_numpy(np.concatenate([self.session.run(None, {self.name: batch})[0] for batch in batches])).flatten(1)


class Teachers:
    """The mean of several teachers' scores."""

    def __init__(self, sources, shape, classes):
        self.members = []
        for source in sources:
            if str(source).endswith(".onnx"):
                self.members.append(_ONNXTeacher(source, shape, len(classes)))
                continue
            network, known = network_of(source)
            if known != classes or tuple(network.plan.input_shape) != tuple(shape):
                raise Failure(f"{source}: it tells apart {len(known)} other classes, or takes inputs of another shape")
            self.members.append(network.to(memory_format=torch.channels_last))

    def scores(self, x):
        with torch.no_grad():
            return torch.stack([member(x).float() for member in self.members]).mean(0)


class DistillationLoss:
    """The divergence from the teachers' soft answers at a temperature (Hinton et al. 2015), and, with labels, cross entropy beside it."""

    def __init__(self, teachers, temperature, share):
        self.teachers, self.temperature, self.share = teachers, temperature, share

    def __call__(self, network, x, y):
        soft = functional.log_softmax(self.teachers.scores(x) / self.temperature, 1)
        scores = network(x)
        own = functional.log_softmax(scores.float() / self.temperature, 1)
        loss = self.share * self.temperature**2 * functional.kl_div(own, soft, reduction="batchmean", log_target=True)
        return loss if self.share == 1 else loss + (1 - self.share) * functional.cross_entropy(scores.float(), y)


def classification_loss(network, x, y):
    """Cross entropy with the labels."""
    return functional.cross_entropy(network(x).float(), y)
