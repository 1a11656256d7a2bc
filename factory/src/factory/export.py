"""ONNX files: of a float plan, and of an integer network with QuantizeLinear and DequantizeLinear around its operations."""

import io

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from factory.grids import Grid
from factory.plan import INPUT


class _Writer:
    """Collects nodes and constants. A value's name is what operations read of it; `suffix`: what they write."""

    def __init__(self, plan, suffix):
        self.plan, self.suffix, self.nodes, self.constants = plan, suffix, [], []
        self.shapes = plan.shapes()

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))

    def operation(self, node, weights):
        """Writes one operation; `weights`: the names of its constants."""
        result = node.name + self.suffix
        target = node.name + "/sum" if node.relu else result
        if node.operation == "conv":
            group = node.channels if node.depthwise else 1
            self.node("Conv", node.inputs + weights, target, kernel_shape=node.kernel, strides=node.stride, group=group,
                      pads=(*node.padding, *node.padding))
        elif node.operation == "add":
            self.node("Add", node.inputs, target)
        elif node.operation == "mean":
            self.node("GlobalAveragePool", node.inputs, target)
        else:
            flat = node.name + "/flat"
            self.node("Flatten", node.inputs, flat, axis=1)
            self.node("Gemm", [flat, *weights], target, transB=1)
        if node.relu:
            self.node("Relu", [target], result)
        return result

    def model(self, output, kind):
        last = self.plan.nodes[-1]
        shape = [1, last.channels] if last.operation == "linear" else [1, *self.shapes[last.name]]
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info(INPUT + self.suffix, TensorProto.FLOAT, [1, *self.plan.input_shape])],
            [helper.make_tensor_value_info(output, kind, shape)],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="swiftlet-factory")
        onnx.checker.check_model(model)
        file = io.BytesIO()
        onnx.save(model, file)
        return file.getvalue()


def float_model(plan, weights):
    """The bytes of an ONNX file that computes a plan in float32, for {node: (weights, bias)} as tensors."""
    writer = _Writer(plan, "")
    for node in plan.nodes:
        names = []
        if node.has_weights:
            names = [writer.constant(f"{node.name}/{part}", value.numpy()) for part, value in zip(("weights", "bias"), weights[node.name])]
        writer.operation(node, names)
    return writer.model(plan.nodes[-1].name, TensorProto.FLOAT)


def integer_model(network):
    """The bytes of an ONNX file that says an `IntegerNetwork`'s integers; its output is int8."""
    plan, writer = network.plan, _Writer(network.plan, "/real")
    _conversions(writer, INPUT, INPUT + "/real", network.grids[INPUT], is_read=True)
    last = plan.nodes[-1].name
    for node in plan.nodes:
        names = _whole_weights(writer, network, node) if node.has_weights else []
        real = writer.operation(node, names)
        _conversions(writer, node.name, real, network.grids[node.name], is_read=node.name != last)
    return writer.model(last + "/whole", TensorProto.INT8)


def _conversions(writer, name, real, grid: Grid, is_read):
    scale, zero = writer.constant(name + "/scale", np.float32(grid.scale)), writer.constant(name + "/zero", np.int8(grid.zero))
    writer.node("QuantizeLinear", [real, scale, zero], name + "/whole")
    if is_read:
        writer.node("DequantizeLinear", [name + "/whole", scale, zero], name)


def _whole_weights(writer, network, node):
    """The constants of one operation, dequantised: what nestc takes its int8 weights and int32 biases from."""
    input_scale = network.grids[node.inputs[0]].scale
    steps, bias, scales = (part.detach().numpy() for part in network.whole_weights(node.name, input_scale))
    name = node.name
    writer.constant(name + "/steps", steps.astype(np.int8))
    writer.constant(name + "/scales", scales)
    writer.constant(name + "/zeros", np.zeros(len(scales), np.int8))
    writer.node("DequantizeLinear", [name + "/steps", name + "/scales", name + "/zeros"], name + "/weights", axis=0)
    writer.constant(name + "/bias/steps", bias.astype(np.int32))
    writer.constant(name + "/bias/scales", np.float32(input_scale) * scales)
    writer.node("DequantizeLinear", [name + "/bias/steps", name + "/bias/scales"], name + "/bias", axis=0)
    return [name + "/weights", name + "/bias"]
