import Kernels
import Nest
import Platform

/// Weights and bias of an int8 convolution as integers without zero point, in one or two terms of [-127, 127].
struct IntegerWeights {
    /// OHWI (or HWC for depthwise); their sum is the weight.
    var terms: [[Int8]]
    var bias: [Int32]
    /// One a channel.
    var scales: [Float]

    /// - Parameter channelOf: the output channel of an element of the weights.
    init(_ graph: Graph, _ node: Node, weights: TensorID, bias: TensorID, channels: Int, channelAxis: Int) throws {
        let tensor = graph.tensors[weights]
        guard let bytes = tensor.constant, let quantization = tensor.quantization else {
            throw graph.failure(node, "the weights must be constant and quantised")
        }
        let inner = tensor.shape[(channelAxis + 1)...].reduce(1, *), length = tensor.shape[channelAxis]
        func zeroPoint(_ index: Int) -> Int {
            Int(quantization.zeroPoints.count > 1 ? quantization.zeroPoints[index / inner % length] : quantization.zeroPoint)
        }
        let values: [Int]
        switch tensor.type {
        case .int8: values = bytes.elements(of: Int8.self).enumerated().map { Int($1) - zeroPoint($0) }
        case .uint8: values = bytes.enumerated().map { Int($1) - zeroPoint($0) }
        default: throw graph.failure(node, "weights of type \(tensor.type) in an int8 model")
        }
        terms = try Self.split(values) ?? { throw graph.failure(node, "weights span more than two int8 terms can hold") }()
        scales = quantization.scales.count > 1 ? quantization.scales : [Float](repeating: quantization.scale, count: channels)
        if bias >= 0 {
            guard let integers = graph.tensors[bias].int32s, integers.count == channels else {
                throw graph.failure(node, "the bias must be \(channels) constant int32 values")
            }
            self.bias = integers
        } else {
            self.bias = [Int32](repeating: 0, count: channels)
        }
        guard scales.count == channels else { throw graph.failure(node, "\(scales.count) weight scales for \(channels) channels") }
    }

    /// One term where all values lie in [-127, 127], two up to [-254, 254], else nil.
    static func split(_ values: [Int]) -> [[Int8]]? {
        var first = [Int8](), rest = [Int8](), needsTwo = false
        first.reserveCapacity(values.count)
        for value in values {
            let low = max(-127, min(127, value))
            guard abs(value - low) <= 127 else { return nil }
            needsTwo = needsTwo || value != low
            first.append(Int8(low))
        }
        guard needsTwo else { return [first] }
        rest = zip(values, first).map { Int8($0 - Int($1)) }
        return [first, rest]
    }

    /// Sum over all terms of the weights of each channel; `channel` gives the channel of an element.
    func sums(channels: Int, channel: (Int) -> Int) -> [Int32] {
        var sums = [Int32](repeating: 0, count: channels)
        for term in terms { for (index, value) in term.enumerated() { sums[channel(index)] &+= Int32(value) } }
        return sums
    }

    /// The factor from accumulator to result; the order of operations is part of the result's last bit.
    func effectiveScales(input: Float, output: Float) -> [Float] { scales.map { input * $0 / output } }
}

func padded<T>(_ values: [T], with zero: T) -> [T] { values + [T](repeating: zero, count: paddedChannels(values.count) - values.count) }
