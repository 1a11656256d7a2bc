import Foundation
import Nest

/// Scales, zero points and channel codings for the tensors of an `EqualizationPlan`.
struct ChannelCalibration {
    private(set) var quantizations: [TensorID: Quantization] = [:]
    private(set) var codings: [TensorID: ChannelCoding] = [:]
    private let graph: Graph
    private let plan: EqualizationPlan
    private let statistics: [TensorID: ChannelStatistics]

    /// Standard deviations that a channel has room for at least.
    private static let deviations: Float = 5

    init(_ graph: Graph, _ plan: EqualizationPlan, _ statistics: [TensorID: ChannelStatistics]) {
        self.graph = graph
        self.plan = plan
        self.statistics = statistics
        codeGroups()
        for (tensor, reader) in plan.inner { codeInner(tensor, reader) }
    }

    private func range(_ tensor: TensorID, _ channel: Int) -> (low: Float, high: Float) {
        statistics[tensor]?.expected(channel, deviations: Self.deviations) ?? (0, 0)
    }

    /// All tensors of a group: one scale and zero point, and for each channel a factor that is a power of the square
    /// root of two, so that few tables serve many channels.
    private mutating func codeGroups() {
        var ranges: [Int: (low: Float, high: Float)] = [:], members: [TensorID: Set<Int>] = [:]
        let producers = graph.producers()
        for (tensor, group) in plan.groups {
            for channel in 0..<(graph.tensors[tensor].shape.last ?? 0) {
                let id = plan.channel(channel, of: tensor), known = ranges[id] ?? (0, 0)
                let found = producers[tensor].flatMap { result(of: graph.nodes[$0], channel) } ?? observed(tensor, channel)
                ranges[id] = (min(known.low, found.low), max(known.high, found.high))
                members[group, default: []].insert(id)
            }
        }
        for (tensor, group) in plan.groups {
            let all = (members[group] ?? []).map { ranges[$0] ?? (0, 0) }
            let below = Self.stepsBelowZero(all)
            func step(_ range: (low: Float, high: Float)) -> Float {
                max(range.high / Float(255 - below), -range.low / Float(max(1, below)), 1e-7)
            }
            let scale = all.map(step).max() ?? 1
            quantizations[tensor] = Quantization(scale: scale, zeroPoint: Int32(below) - 128)
            codings[tensor] = ChannelCoding(factors: (0..<(graph.tensors[tensor].shape.last ?? 0)).map { channel in
                Self.rounded(step(ranges[plan.channel(channel, of: tensor)] ?? (0, 0)) / scale)
            })
        }
    }

    /// How far a function's results reach where its argument reaches as far as expected; nil for other makers.
    private func result(of node: Node, _ channel: Int) -> (low: Float, high: Float)? {
        guard case .unary(let function, let alpha, let beta) = node.operation, plan.inner[node.inputs[0]] != nil else { return nil }
        let (low, high) = range(node.inputs[0], channel)
        let results = (0...64).map { Float(evaluate(function, alpha: alpha, beta: beta, at: Double(low + (high - low) * Float($0) / 64))) }
        return (results.filter(\.isFinite).min() ?? 0, results.filter(\.isFinite).max() ?? 0)
    }

    private func observed(_ tensor: TensorID, _ channel: Int) -> (low: Float, high: Float) {
        // Sums and plain convolutions; what only passes values on follows from those that make them.
        guard let statistics = statistics[tensor] else { return (0, 0) }
        return statistics.expected(channel, deviations: 0)
    }

    /// Of 255 steps, those below zero: as many as make the channels' steps smallest in the (geometric) mean.
    private static func stepsBelowZero(_ ranges: [(low: Float, high: Float)]) -> Int {
        func mean(_ below: Int) -> Double {
            ranges.reduce(0) { $0 + log(Double(max($1.high / Float(255 - below), -$1.low / Float(below), 1e-7))) }
        }
        guard ranges.contains(where: { $0.low < 0 }) else { return 0 }
        return (1...192).min { mean($0) < mean($1) } ?? 64
    }

    /// The next power of the square root of two that isn't below a factor.
    private static func rounded(_ factor: Float) -> Float {
        factor <= 0 ? 1 : Float(exp2((2 * log2(Double(factor)) - 1e-6).rounded(.up) / 2))
    }

    /// The value between a convolution and its function: a factor and an offset for each channel, over the part of its
    /// range in which the function's result changes by more than a quarter of its own step.
    private mutating func codeInner(_ tensor: TensorID, _ reader: NodeID) {
        guard case .unary(let function, let alpha, let beta) = graph.nodes[reader].operation else { return }
        let output = graph.nodes[reader].outputs[0], channels = graph.tensors[tensor].shape.last ?? 0
        let tolerances = (0..<channels).map { channel in
            (quantizations[output]?.scale ?? 1.0 / 256) * (codings[output]?.factors[channel] ?? 1) / 4
        }
        let f: (Float) -> Float = { Float(evaluate(function, alpha: alpha, beta: beta, at: Double($0))) }
        let ranges = (0..<channels).map { Self.shortened(range(tensor, $0), tolerances[$0], f) }
        let steps = ranges.map { max(($0.high - $0.low) / 239, 1e-7) }
        let scale = steps.max() ?? 1
        var coding = ChannelCoding(factors: steps.map { Self.rounded($0 / scale) })
        for channel in 0..<channels {
            let grid = 16 * scale * coding.factors[channel]
            coding.offsets[channel] = (ranges[channel].low / grid).rounded(.down) * grid
        }
        quantizations[tensor] = Quantization(scale: scale, zeroPoint: -128)
        codings[tensor] = coding
    }

    /// A range without ends over which a function hardly changes.
    private static func shortened(_ range: (low: Float, high: Float), _ tolerance: Float, _ f: (Float) -> Float) -> (low: Float,
                                                                                                             high: Float) {
        let parts = 256, width = (range.high - range.low) / Float(parts)
        var low = range.low, high = range.high
        guard width > 0 else { return (low, high) }
        for part in 1...parts {
            let at = range.low + Float(part) * width
            guard abs(f(at) - f(range.low)) <= tolerance else { break }
            low = at
        }
        for part in 1...parts {
            let at = range.high - Float(part) * width
            guard at > low, abs(f(at) - f(range.high)) <= tolerance else { break }
            high = at
        }
        return low < high ? (low, high) : range
    }
}
