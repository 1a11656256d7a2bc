"""ONNX files become networks that answer as the files do, or are refused by the name of what is in the way."""

import io
import pathlib
import tempfile
import unittest

import made_up
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

from factory import export, imported
from factory.failure import Failure


class Imported(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.file = pathlib.Path(holder.name) / "model.onnx"

    def test_exported_models(self):
        """Answers are those of ONNX Runtime."""
        for seed in range(8):
            plan = made_up.plan(40 + seed)
            self.file.write_bytes(export.float_model(plan, made_up.network(plan, seed).folded()))
            x = torch.randn(1, *plan.input_shape)
            expected = onnxruntime.InferenceSession(str(self.file)).run(None, {"input": x.numpy()})[0]
            with self.subTest(seed=seed):
                found = imported.read(self.file)
                self.assertEqual(found.plan.parameters(), plan.parameters())
                self.assertTrue(torch.allclose(found(x), torch.from_numpy(expected), rtol=1e-4, atol=1e-4))

    def test_pytorch_models(self):
        """With normalisations of their own behind convolutions that have a bias."""
        from torch import nn

        torch.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8, eps=1e-3), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1, groups=8),
                              nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
        model(torch.randn(64, 3, 16, 16))
        model.eval()
        nodes, constants = normalised(model)
        graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 16, 16])],
                                  [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])], constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), self.file)
        x = torch.randn(5, 3, 16, 16)
        self.assertTrue(torch.allclose(imported.read(self.file)(x), model(x), rtol=1e-4, atol=1e-5))

    def test_refused(self):
        plan = made_up.plan(3)
        model = onnx.load(io.BytesIO(export.float_model(plan, made_up.network(plan, 3).folded())))
        first = next(node for node in model.graph.node if node.op_type == "Relu")
        first.op_type = "Sigmoid"
        onnx.save(model, self.file)
        with self.assertRaisesRegex(Failure, rf"node '{first.name}' \(Sigmoid\): an operation that can't be pruned"):
            imported.read(self.file)
        self.file.write_bytes(self.file.read_bytes()[:100])
        with self.assertRaisesRegex(Failure, "model.onnx: "):
            imported.read(self.file)


def normalised(model):
    """The nodes and constants of two convolutions with batch normalisations as ONNX has them."""
    from onnx import numpy_helper

    constants = [numpy_helper.from_array(value.detach().numpy(), name) for name, value in model.state_dict().items() if value.dim() > 0]

    def norm(index, x, y, epsilon):
        names = [f"{index}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
        return helper.make_node("BatchNormalization", [x, *names], [y], epsilon=epsilon)

    nodes = [
        helper.make_node("Conv", ["x", "0.weight", "0.bias"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        norm(1, "a", "b", 1e-3),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Conv", ["c", "3.weight", "3.bias"], ["d"], group=8, pads=[1, 1, 1, 1]),
        norm(4, "d", "e", 1e-5),
        helper.make_node("GlobalAveragePool", ["e"], ["f"]),
        helper.make_node("Flatten", ["f"], ["g"]),
        helper.make_node("Gemm", ["g", "7.weight", "7.bias"], ["y"], transB=1),
    ]
    return nodes, constants


if __name__ == "__main__":
    unittest.main()
