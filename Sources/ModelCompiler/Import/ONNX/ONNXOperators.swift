import Nest
import Platform

/// The operators that can be imported, by name.
enum ONNXOperators {
    typealias Handler = (inout ONNXImporter, ONNXNode, Int) throws -> Void

    static let handlers: [String: Handler] = [
        "Conv": { importer, node, _ in try importer.convolution(node) },
        "MaxPool": { importer, node, _ in try importer.pool(node) { window in .maxPool(window, .none) } },
        "AveragePool": { importer, node, _ in
            try importer.pool(node) { window in .averagePool(window, countPadding: node.integer("count_include_pad", 0) != 0, .none) }
        },
        "GlobalAveragePool": { importer, node, _ in try importer.globalAveragePool(node) },
        "BatchNormalization": { importer, node, _ in try importer.batchNormalization(node) },
        "Gemm": { importer, node, _ in try importer.gemm(node) },
        "MatMul": { importer, node, _ in try importer.matrixMultiply(node) },
        "GRU": { importer, node, _ in try importer.recurrent(node, gates: 3) },
        "LSTM": { importer, node, _ in try importer.recurrent(node, gates: 4) },
        "Add": { importer, node, _ in try importer.binary(node, .add) },
        "Sub": { importer, node, _ in try importer.binary(node, .subtract) },
        "Mul": { importer, node, _ in try importer.multiply(node) },
        "Div": { importer, node, _ in try importer.binary(node, .divide) },
        "Max": { importer, node, _ in try importer.binary(node, .maximum) },
        "Min": { importer, node, _ in try importer.binary(node, .minimum) },
        "Pow": { importer, node, _ in try importer.power(node) },
        "Relu": { importer, node, _ in try importer.unary(node, .relu) },
        "Sigmoid": { importer, node, _ in try importer.unary(node, .sigmoid) },
        "Tanh": { importer, node, _ in try importer.unary(node, .tanh) },
        "HardSwish": { importer, node, _ in try importer.unary(node, .hardSwish) },
        "HardSigmoid": { importer, node, _ in try importer.unary(node, .hardSigmoid, node.float("alpha", 0.2), node.float("beta", 0.5)) },
        "LeakyRelu": { importer, node, _ in try importer.unary(node, .leakyRelu, node.float("alpha", 0.01)) },
        "Exp": { importer, node, _ in try importer.unary(node, .exponential) },
        "Log": { importer, node, _ in try importer.unary(node, .logarithm) },
        "Sqrt": { importer, node, _ in try importer.unary(node, .squareRoot) },
        "Abs": { importer, node, _ in try importer.unary(node, .absolute) },
        "Neg": { importer, node, _ in try importer.unary(node, .negate) },
        "Clip": { importer, node, _ in try importer.clip(node) },
        "Softmax": { importer, node, _ in try importer.softmax(node) },
        "ReduceMean": { importer, node, _ in try importer.reduce(node, sum: false) },
        "ReduceSum": { importer, node, _ in try importer.reduce(node, sum: true) },
        "Concat": { importer, node, _ in try importer.concatenate(node) },
        "Slice": { importer, node, _ in try importer.slice(node) },
        "Split": { importer, node, _ in try importer.split(node) },
        "Reshape": { importer, node, _ in try importer.reshape(node) },
        "Flatten": { importer, node, _ in try importer.flatten(node) },
        "Squeeze": { importer, node, _ in try importer.squeeze(node) },
        "Unsqueeze": { importer, node, _ in try importer.unsqueeze(node) },
        "Transpose": { importer, node, _ in try importer.transpose(node) },
        "Pad": { importer, node, _ in try importer.pad(node) },
        "Gather": { importer, node, _ in try importer.gather(node) },
        "Resize": { importer, node, _ in try importer.resize(node) },
        "Upsample": { importer, node, _ in try importer.resize(node) },
        "Identity": { importer, node, _ in try importer.pass(node) },
        "Dropout": { importer, node, _ in try importer.pass(node) },
        "Cast": { importer, node, _ in try importer.cast(node) },
        "If": { importer, node, depth in try importer.branch(node, depth: depth) },
    ]
}
