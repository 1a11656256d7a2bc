import Nest
import Platform

/// Scales and zero points for a float graph's activations, found by running it.
public struct Calibration: Sendable {
    /// For each tensor that becomes int8.
    public var quantizations: [TensorID: Quantization]
    /// For those whose channels have scales of their own.
    public var codings: [TensorID: ChannelCoding] = [:]

    /// Runs the graph over the samples and counts each tensor's values.
    ///
    /// - Parameter graph: prepared (`Compilation.prepare`), not yet fused further.
    /// - Parameter equalizes: channels get scales of their own where that costs nothing (`EqualizationPlan`); only for graphs
    ///   whose functions are fused afterwards.
    /// - Throws: a `usage` failure without samples; what the samples or the program throw.
    public init(_ graph: Graph, samples: Samples, method: CalibrationMethod, name: String = "calibration",
                equalizes: Bool = false, progress: Progress = Progress()) throws {
        guard samples.count > 0 else { throw Failure(.usage, "calibration needs at least one sample") }
        let plan = QuantizationPlan(graph)
        let observer = try TensorObserver(try lower([graph], name: name))
        // A tensor with a known scale needs no counting.
        let counted = Set(graph.tensors.indices.map { plan.group(of: $0) }).filter { plan.fixed[$0] == nil }
        var histograms: [TensorID: Histogram] = [:]
        let equalization = equalizes ? EqualizationPlan(graph, plan) : nil
        var channels: [TensorID: ChannelStatistics] = [:]
        try progress.each("ranges", of: samples.count) { index in
            try samples.fill(observer.model, index)
            try observer.run(only: { counted.contains(plan.group(of: $0)) || equalization?.codes($0) == true }) { tensor, values in
                if equalization?.codes(tensor) == true {
                    channels[tensor, default: ChannelStatistics(channels: graph.tensors[tensor].shape.last ?? 1)].add(values)
                } else {
                    histograms[plan.group(of: tensor), default: Histogram()].add(values)
                }
            }
        }
        let functions = Self.functions(graph, plan)
        let inputs = Set(graph.inputs.map { plan.group(of: $0) })
        var outputs = Set(graph.outputs.map { plan.group(of: $0) })
        // What float nodes read (a last softmax, the joined outputs of a detector) is as good as an output.
        for (id, node) in graph.nodes.enumerated() where !plan.isQuantized[id] {
            outputs.formUnion(node.inputs.filter { $0 >= 0 }.map { plan.group(of: $0) })
        }
        quantizations = [:]
        var found: [TensorID: Quantization] = [:]
        for tensor in graph.tensors.indices where graph.tensors[tensor].constant == nil {
            let group = plan.group(of: tensor)
            if let fixed = plan.fixed[group] {
                quantizations[tensor] = fixed
            } else if let exact = inputs.contains(group) ? Self.pixelScale(graph) : nil {
                quantizations[tensor] = exact
            } else if let histogram = histograms[group], !histogram.isEmpty {
                if let known = found[group] {
                    quantizations[tensor] = known
                    continue
                }
                // What decides an answer is at the ends of an output's range: it isn't cut.
                let method = outputs.contains(group) ? .minimumMaximum : method
                let (low, high) = method.range(histogram, through: functions[group])
                found[group] = asymmetricQuantization(low: low, high: high)
                quantizations[tensor] = found[group]
            }
        }
        guard let equalization else { return }
        let coded = ChannelCalibration(graph, equalization, channels)
        quantizations.merge(coded.quantizations) { $1 }
        codings = coded.codings
    }

    /// The function that alone reads a tensor, for tensors that share their scale with no other.
    private static func functions(_ graph: Graph, _ plan: QuantizationPlan) -> [TensorID: (Float) -> Float] {
        let consumers = graph.consumers()
        var members: [TensorID: Int] = [:]
        for tensor in graph.tensors.indices { members[plan.group(of: tensor), default: 0] += 1 }
        var functions: [TensorID: (Float) -> Float] = [:]
        for (id, node) in graph.nodes.enumerated() where plan.isQuantized[id] {
            guard case .unary(let function, let alpha, let beta) = node.operation, graph.onlyConsumer(of: node.inputs[0], consumers) == id,
                  members[plan.group(of: node.inputs[0])] == 1 else { continue }
            functions[plan.group(of: node.inputs[0])] = { Float(evaluate(function, alpha: alpha, beta: beta, at: Double($0))) }
        }
        return functions
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
