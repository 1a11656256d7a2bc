import Nest
import Platform

/// Scales and zero points for a float graph's activations, found by running it.
public struct Calibration: Sendable {
    /// For each tensor that becomes int8.
    public var quantizations: [TensorID: Quantization]

    /// Runs the graph over the samples twice: once for the range of each tensor, once for its histogram.
    ///
    /// - Parameter graph: prepared (`Compilation.prepare`), not yet fused further.
    /// - Throws: a `usage` failure without samples; what the samples or the program throw.
    public init(_ graph: Graph, samples: Samples, method: CalibrationMethod, name: String = "calibration") throws {
        guard samples.count > 0 else { throw Failure(.usage, "calibration needs at least one sample") }
        let plan = QuantizationPlan(graph)
        let observer = try TensorObserver(try lower([graph], name: name))
        var ranges: [TensorID: (low: Float, high: Float)] = [:]
        for index in 0..<samples.count {
            try samples.fill(observer.model, index)
            try observer.run { tensor, values in
                let group = plan.group(of: tensor)
                var (low, high) = ranges[group] ?? (.infinity, -.infinity)
                for value in values where value.isFinite {
                    low = min(low, value)
                    high = max(high, value)
                }
                ranges[group] = (low, high)
            }
        }
        var histograms: [TensorID: Histogram] = [:]
        if method != .minimumMaximum {
            for (group, range) in ranges where range.low <= range.high { histograms[group] = Histogram(low: range.low, high: range.high) }
            for index in 0..<samples.count {
                try samples.fill(observer.model, index)
                try observer.run { tensor, values in histograms[plan.group(of: tensor)]?.add(values) }
            }
        }
        let inputs = Set(graph.inputs.map { plan.group(of: $0) }), outputs = Set(graph.outputs.map { plan.group(of: $0) })
        quantizations = [:]
        for tensor in graph.tensors.indices where graph.tensors[tensor].constant == nil {
            let group = plan.group(of: tensor)
            if let fixed = plan.fixed[group] {
                quantizations[tensor] = fixed
            } else if let exact = inputs.contains(group) ? Self.pixelScale(graph) : nil {
                quantizations[tensor] = exact
            } else if let range = ranges[group], range.low <= range.high {
                // What decides an answer is at the ends of an output's range: it isn't cut.
                let histogram = outputs.contains(group) ? nil : histograms[group]
                let (low, high) = histogram.map { method.range($0) } ?? (min(0, range.low), max(0, range.high))
                quantizations[tensor] = asymmetricQuantization(low: low, high: high)
            }
        }
    }

    /// Pixels normalised by one mean and deviation fit int8 without loss: quantised = pixel - 128.
    private static func pixelScale(_ graph: Graph) -> Quantization? {
        func same(_ key: String) -> Float? {
            let numbers = graph.metadata[key]?.split(separator: ",").map { Float($0.filter { $0 != " " }) } ?? []
            guard let first = numbers.first, let value = first, numbers.allSatisfy({ $0 == value }) else { return nil }
            return value
        }
        guard graph.inputs.count == 1, let mean = same("image.mean"), let deviation = same("image.deviation"),
              deviation > 0, mean == mean.rounded(), (0...255).contains(mean) else { return nil }
        return Quantization(scale: 1 / deviation, zeroPoint: Int32(mean) - 128)
    }
}
