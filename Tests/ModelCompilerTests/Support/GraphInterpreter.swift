import ModelCompiler
import Nest

/// A float32 tensor of the reference.
struct Values {
    var shape: [Int]
    var data: [Float]

    init(_ shape: [Int], _ data: [Float]) {
        self.shape = shape
        self.data = data
    }

    init(_ shape: [Int]) { self.init(shape, Array(repeating: 0, count: shape.reduce(1, *))) }

    /// Elements from one index of each axis to the next.
    var strides: [Int] { shape.indices.map { shape[($0 + 1)...].reduce(1, *) } }
}

/// Runs a float32 graph operation by operation in plain loops: slow, obvious, and sharing nothing with the engine, so
/// that it can be the engine's reference.
struct GraphInterpreter {
    let graph: Graph

    /// Runs on `inputs` (row-major, in the order of the graph's inputs) and gives its outputs.
    func run(_ inputs: [[Float]]) -> [Values] {
        var values: [TensorID: Values] = [:]
        for (id, data) in zip(graph.inputs, inputs) { values[id] = Values(graph.tensors[id].shape, data) }
        var uses = Dictionary(graph.nodes.flatMap(\.inputs).map { ($0, 1) }, uniquingKeysWith: +)
        for id in graph.outputs { uses[id, default: 0] += 1 }
        for node in graph.nodes {
            let arguments = node.inputs.map { id -> Values? in id == -1 ? nil : values[id] ?? constant(id) }
            let results = GraphInterpreter.apply(node.operation, arguments, declared: node.outputs.map { graph.tensors[$0].shape })
            for (id, result) in zip(node.outputs, results) {
                precondition(result.shape == graph.tensors[id].shape, "\(node.name): \(result.shape) for \(graph.tensors[id].shape)")
                values[id] = result
            }
            for id in node.inputs where id != -1 {
                uses[id]! -= 1
                if uses[id] == 0 { values[id] = nil }
            }
        }
        return graph.outputs.map { values[$0] ?? constant($0) }
    }

    private func constant(_ id: TensorID) -> Values {
        let tensor = graph.tensors[id]
        guard tensor.constant != nil else { return Values(tensor.shape) } // a state at its start
        return Values(tensor.shape, tensor.floats ?? tensor.int32s!.map(Float.init))
    }

    static func apply(_ operation: Operation, _ x: [Values?], declared: [[Int]]) -> [Values] {
        switch operation {
        case .convolution(let window, let activation):
            return [activated(ReferenceLayers.convolution(x[0]!, x[1]!, bias: x.count > 2 ? x[2] : nil, window), activation)]
        case .depthwiseConvolution(let window, let multiplier, let activation):
            return [activated(ReferenceLayers.depthwise(x[0]!, x[1]!, bias: x.count > 2 ? x[2] : nil, window, multiplier), activation)]
        case .fullyConnected(let activation):
            let depth = x[1]!.shape[1], rows = x[0]!.data.count / depth
            let image = Values([1, rows, 1, depth], x[0]!.data), kernel = Values([x[1]!.shape[0], 1, 1, depth], x[1]!.data)
            let result = ReferenceLayers.convolution(image, kernel, bias: x.count > 2 ? x[2] : nil, Window(kernel: (1, 1)))
            return [activated(Values(declared[0], result.data), activation)]
        case .batchNormalization(let epsilon): return [normalized(x.map { $0! }, epsilon)]
        case .binary(let function, let activation):
            return [activated(ReferenceLayers.binary(x[0]!, x[1]!, declared[0], function), activation)]
        case .unary(let function, let alpha, let beta):
            var y = x[0]!
            for i in y.data.indices { y.data[i] = ReferenceLayers.unary(function, y.data[i], alpha, beta) }
            return [y]
        case .averagePool(let window, let countPadding, let activation):
            return [activated(ReferenceLayers.pool(x[0]!, window, average: true, countPadding: countPadding), activation)]
        case .maxPool(let window, let activation):
            return [activated(ReferenceLayers.pool(x[0]!, window, average: false, countPadding: false), activation)]
        case .mean(let axes, _):
            return [ReferenceLayers.mean(x[0]!, axes, declared[0])]
        case .softmax(let axis, let beta):
            return [ReferenceLayers.softmax(x[0]!, axis, beta)]
        case .concatenate(let axis, let activation):
            return [activated(ReferenceLayers.concatenate(x.map { $0! }, axis, declared[0]), activation)]
        case .reshape:
            return [Values(declared[0], x[0]!.data)]
        case .transpose(let permutation):
            let strides = x[0]!.strides
            return [ReferenceLayers.gathered(x[0]!, declared[0], offset: 0, strides: permutation.map { strides[$0] })]
        case .slice(let starts, let steps):
            let strides = x[0]!.strides
            return [ReferenceLayers.gathered(x[0]!, declared[0], offset: zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 },
                                             strides: zip(steps, strides).map { $0 * $1 })]
        case .pad(let before, _, let value):
            return [ReferenceLayers.pad(x[0]!, before, declared[0], value)]
        case .resize(let mode, let alignCorners, let halfPixels):
            return [ReferenceLayers.resize(x[0]!, declared[0], mode, alignCorners, halfPixels)]
        case .quantize:
            return [x[0]!]
        case .gru(let layer):
            return ReferenceRecurrent.gru(x, layer)
        case .lstm(let layer):
            return ReferenceRecurrent.lstm(x, layer)
        case .matrixMultiply:
            return [ReferenceLayers.product(x[0]!, x[1]!, declared[0])]
        case .gather(let axis):
            let source = x[0]!, inner = source.strides[axis], size = source.shape[axis]
            var data: [Float] = []
            for outer in 0..<source.data.count / (inner * size) {
                for index in x[1]!.data {
                    let start = (outer * size + Int(index)) * inner
                    data += source.data[start..<start + inner]
                }
            }
            return [Values(declared[0], data)]
        case .broadcast: return [ReferenceLayers.broadcast(x[0]!, declared[0])]
        case .readState, .writeState: return [x[0]!]
        case .select: return [Values(declared[0], x[0]!.data.indices.map { x[0]!.data[$0] != 0 ? x[1]!.data[$0] : x[2]!.data[$0] })]
        case .detectionPostprocess, .reduceMaximum, .argumentMaximum, .logSoftmax, .lookUp:
            preconditionFailure("these have references of their own")
        }
    }

    private static func normalized(_ x: [Values], _ epsilon: Float) -> Values {
        var y = x[0]
        for i in y.data.indices {
            let c = i % x[1].data.count
            y.data[i] = (y.data[i] - x[3].data[c]) / (x[4].data[c] + epsilon).squareRoot() * x[1].data[c] + x[2].data[c]
        }
        return y
    }

    private static func activated(_ x: Values, _ activation: Activation) -> Values {
        let bounds: (Float, Float)
        switch activation {
        case .none: return x
        case .relu: bounds = (0, .infinity)
        case .relu6: bounds = (0, 6)
        case .reluN1To1: bounds = (-1, 1)
        case .clip(let low, let high): bounds = (low, high)
        case .function(let function, let alpha, let beta):
            return Values(x.shape, x.data.map { ReferenceLayers.unary(function, $0, alpha, beta) })
        }
        return Values(x.shape, x.data.map { min(max($0, bounds.0), bounds.1) })
    }
}
