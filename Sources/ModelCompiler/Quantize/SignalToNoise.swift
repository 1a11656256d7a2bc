import Foundation
import Nest

/// How far an int8 layer is from the float one: 10 log10(signal power / error power).
public struct LayerNoise: Sendable {
    public var tensor: String
    public var decibels: Double
    public var scale: Float
    public var zeroPoint: Int32
}

/// Runs both programs on the same samples and compares every tensor that both store.
///
/// - Parameter floatTensors: the float graph's tensor of each int8 one.
public func signalToNoise(float: CompiledNest, int8: CompiledNest, int8Graph: Graph, floatTensors: [TensorID: TensorID], samples: Samples,
                          limit: Int = 8) throws -> [LayerNoise] {
    let reference = try TensorObserver(float), quantized = try TensorObserver(int8)
    var order: [TensorID] = [], signal: [TensorID: Double] = [:], noise: [TensorID: Double] = [:]
    for index in 0..<min(limit, samples.count) {
        var real: [TensorID: [Float]] = [:]
        try samples.fill(reference.model, index)
        try reference.run { real[$0] = $1 }
        try samples.fill(quantized.model, index)
        try quantized.run { tensor, values in
            guard let expected = real[floatTensors[tensor] ?? tensor], expected.count == values.count else { return }
            let values = int8Graph.tensors[tensor].channels.map { $0.real(values) } ?? values
            if signal[tensor] == nil { order.append(tensor) }
            var power = 0.0, error = 0.0
            for (a, b) in zip(expected, values) {
                power += Double(a) * Double(a)
                error += Double(a - b) * Double(a - b)
            }
            signal[tensor, default: 0] += power
            noise[tensor, default: 0] += error
        }
    }
    return order.map { tensor in
        let record = int8Graph.tensors[tensor], error = noise[tensor] ?? 0
        let decibels = error == 0 ? Double.infinity : 10 * log10((signal[tensor] ?? 0) / error)
        return LayerNoise(tensor: record.name, decibels: decibels, scale: record.quantization?.scale ?? 0,
                          zeroPoint: record.quantization?.zeroPoint ?? 0)
    }
}
