import Engine
import Kernels
@testable import ModelCompiler
import Nest
import Platform

/// Runs a compiled nest's first program on real values: quantised inputs and outputs are converted.
func run(_ nest: CompiledNest, _ input: [Float], batch: Int? = nil) throws -> [Float] {
    var options = ModelOptions()
    options.batch = batch
    let model = try Model(contents: nest.contents, options: options, kernels: .chosen(for: .detect()), pool: try ThreadPool(threads: 1))
    try Samples.vectors([input]).fill(model, 0)
    try model.run()
    let record = model.outputRecord(0), bytes = model.output(0)
    if record.type == .float32 { return Array(bytes.bindMemory(to: Float.self)) }
    return bytes.bindMemory(to: Int8.self).map { Float(Int32($0) - record.zeroPoint) * record.scale }
}

/// Numbers from -1 to 1, always the same.
struct Numbers {
    var state: UInt32

    init(_ seed: UInt32) { state = seed }

    mutating func next() -> Float {
        state = state &* 1_664_525 &+ 1_013_904_223
        return Float(state >> 8) / Float(1 << 23) - 1
    }

    mutating func list(_ count: Int, times factor: Float = 1) -> [Float] { (0..<count).map { _ in next() * factor } }
}

func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

/// A plain convolution over one image, OHWI weights.
func plainConvolution(_ x: [Float], height: Int, width: Int, channels: Int, weights: [Float], bias: [Float], _ window: Window) -> [Float] {
    let (outHeight, outWidth) = window.output(height: height, width: width)
    var y: [Float] = []
    for oy in 0..<outHeight {
        for ox in 0..<outWidth {
            for o in bias.indices {
                var sum = bias[o]
                for ky in 0..<window.kernel.0 {
                    for kx in 0..<window.kernel.1 {
                        let iy = oy * window.stride.0 + ky * window.dilation.0 - window.padding.top
                        let ix = ox * window.stride.1 + kx * window.dilation.1 - window.padding.left
                        guard (0..<height).contains(iy), (0..<width).contains(ix) else { continue }
                        for c in 0..<channels {
                            sum += x[(iy * width + ix) * channels + c]
                                * weights[((o * window.kernel.0 + ky) * window.kernel.1 + kx) * channels + c]
                        }
                    }
                }
                y.append(sum)
            }
        }
    }
    return y
}

/// A graph builder for tests: one image in, nodes appended one after another.
struct TestNetwork {
    var graph = Graph()
    var last: TensorID
    var numbers: Numbers

    init(height: Int = 8, width: Int = 8, channels: Int = 4, seed: UInt32 = 1) {
        numbers = Numbers(seed)
        last = graph.addTensor(GraphTensor(name: "input", shape: [1, height, width, channels], type: .float32))
        graph.inputs = [last]
    }

    var shape: [Int] { graph.tensors[last].shape }

    @discardableResult
    mutating func append(_ name: String, _ operation: ModelCompiler.Operation, _ inputs: [TensorID]? = nil, shape: [Int]) -> TensorID {
        last = graph.addNode(name, operation, inputs: inputs ?? [last], output: GraphTensor(name: name, shape: shape, type: .float32))
        return last
    }

    @discardableResult
    mutating func convolution(_ outputs: Int, _ window: Window = Window(kernel: (1, 1)), _ activation: Activation = .none,
                              from input: TensorID? = nil) -> TensorID {
        let from = input ?? last, size = graph.tensors[from].shape
        let weights = graph.addConstant("w", shape: [outputs, window.kernel.0, window.kernel.1, size[3]],
                                        floats: numbers.list(outputs * window.kernel.0 * window.kernel.1 * size[3], times: 0.5))
        let bias = graph.addConstant("b", shape: [outputs], floats: numbers.list(outputs))
        let (height, width) = window.output(height: size[1], width: size[2])
        return append("convolution", .convolution(window, activation), [from, weights, bias], shape: [1, height, width, outputs])
    }

    @discardableResult
    mutating func depthwise(_ window: Window, multiplier: Int = 1, _ activation: Activation = .none) -> TensorID {
        let size = shape, outputs = size[3] * multiplier
        let weights = graph.addConstant("w", shape: [1, window.kernel.0, window.kernel.1, outputs],
                                        floats: numbers.list(outputs * window.kernel.0 * window.kernel.1))
        let (height, width) = window.output(height: size[1], width: size[2])
        return append("depthwise", .depthwiseConvolution(window, multiplier: multiplier, activation), [last, weights, -1],
                      shape: [1, height, width, outputs])
    }

    @discardableResult
    mutating func batchNormalization() -> TensorID {
        let channels = shape[3]
        let parameters = (0..<4).map { index in
            graph.addConstant("p\(index)", shape: [channels], floats: numbers.list(channels).map { index == 3 ? $0 * $0 + 0.1 : $0 })
        }
        return append("norm", .batchNormalization(epsilon: 1e-3), [last] + parameters, shape: shape)
    }

    mutating func finished() -> Graph {
        graph.outputs = [last]
        return graph
    }
}
