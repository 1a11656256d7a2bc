import Nest

/// Rounds the weights of convolutions so that the errors on what they read in the mean cancel out as well as they can,
/// instead of each weight to its nearest step: one after the other, each taking over the errors of those before it
/// (GPTQ, Frantar et al. 2022, in the form of Babai's nearest plane: one triangular matrix, from its last row up).
struct WeightRounding {
    /// By the tensor that a convolution of the float graph computes.
    private var covariances: [TensorID: InputCovariance] = [:]

    /// Weights to the nearest step.
    init() {}

    /// Runs the float graph over the samples.
    init(_ graph: Graph, samples: Samples, name: String, progress: Progress) throws {
        let plan = QuantizationPlan(graph)
        var readers: [TensorID: [TensorID]] = [:]
        for (id, node) in graph.nodes.enumerated() where plan.isQuantized[id] && node.operation.isConvolution {
            guard let covariance = InputCovariance(node, graph) else { continue }
            covariances[node.outputs[0]] = covariance
            readers[node.inputs[0], default: []].append(node.outputs[0])
        }
        let observer = try TensorObserver(try lower([graph], name: name))
        try progress.each("weights", of: samples.count) { index in
            try samples.fill(observer.model, index)
            try observer.run(only: { readers[$0] != nil }) { tensor, values in
                for reader in readers[tensor] ?? [] { covariances[reader]?.add(values) }
            }
        }
    }

    /// - Parameters:
    ///   - weights: OHWI, or [1, kh, kw, C] of a depthwise convolution.
    ///   - scales: one an output channel, which is `channel(index)` for an element.
    ///   - output: the tensor that the convolution computes.
    ///   - factors: what the input's channels have been divided by; nil: nothing.
    func integers(_ weights: [Float], scales: [Float], channel: (Int) -> Int, output: TensorID, factors: [Float]?) -> [Int8] {
        var integers = weights.enumerated().map { Self.step($1, scales[channel($0)]) }
        guard let covariance = covariances[output] else { return integers }
        let size = covariance.size
        if covariance.groups == 1 {
            let divisors = (0..<size).map { factors?[$0 % (factors?.count ?? 1)] ?? 1 }
            guard weights.count == scales.count * size, let triangle = covariance.factor(0, dividedBy: divisors) else { return integers }
            for row in scales.indices {
                Self.round(weights, at: { row * size + $0 }, size, triangle, scales[row], &integers)
            }
        } else {
            guard weights.count == covariance.groups * size, scales.count == covariance.groups else { return integers }
            for group in 0..<covariance.groups {
                let divisors = [Float](repeating: factors?[group] ?? 1, count: size)
                guard let triangle = covariance.factor(group, dividedBy: divisors) else { continue }
                Self.round(weights, at: { $0 * covariance.groups + group }, size, triangle, scales[group], &integers)
            }
        }
        return integers
    }

    private static func step(_ value: Float, _ scale: Float) -> Int8 {
        Int8(max(-127, min(127, (value / scale).rounded(.toNearestOrEven))))
    }

    private static func round(_ weights: [Float], at place: (Int) -> Int, _ size: Int, _ triangle: [Double], _ scale: Float,
                              _ integers: inout [Int8]) {
        var errors = [Double](repeating: 0, count: size)
        triangle.withUnsafeBufferPointer { triangle in
            for index in (0..<size).reversed() {
                var carried = 0.0
                for later in index + 1..<max(index + 1, size) { carried += triangle[later * size + index] * errors[later] }
                let weight = weights[place(index)]
                let target = Double(weight) + carried / triangle[index * size + index]
                let steps = step(Float(target), scale)
                integers[place(index)] = steps
                errors[index] = Double(weight) - Double(steps) * Double(scale)
            }
        }
    }
}
