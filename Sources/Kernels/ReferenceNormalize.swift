import CKernels
import CLinux

/// Root mean square norm, then quantised; the mean in float64.
func referenceNormalize(
    _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ epsilon: Float, _ normalized: UnsafeMutablePointer<Float>?,
    _ values: UnsafeMutablePointer<Int8>?, _ scales: UnsafeMutablePointer<Float>?, _ sums: UnsafeMutablePointer<Float>?, _ count: Int32,
        _ rest: Int32
) {
    var squares = 0.0
    for i in 0..<Int(count) { squares += Double(x[i]) * Double(x[i]) }
    let factor = Float(1 / (squares / Double(count) + Double(epsilon)).squareRoot())
    quantizeInGroups(Int(count), normalized, values, scales, sums, rest) { x[$0] * factor * weight[$0] }
}

/// Layer norm in float64.
func referenceLayerNormalize(_ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ bias: UnsafePointer<Float>, _ epsilon: Float,
                             _ y: UnsafeMutablePointer<Float>, _ count: Int32) {
    var sum = 0.0, squares = 0.0
    for i in 0..<Int(count) { sum += Double(x[i]) }
    let mean = sum / Double(count)
    for i in 0..<Int(count) { squares += (Double(x[i]) - mean) * (Double(x[i]) - mean) }
    let factor = 1 / (squares / Double(count) + Double(epsilon)).squareRoot()
    for i in 0..<Int(count) { y[i] = Float((Double(x[i]) - mean) * factor * Double(weight[i]) + Double(bias[i])) }
}

/// activation(gate) * up, quantised; the activation in float64.
func referenceGated(
    _ gate: UnsafePointer<Float>, _ up: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ function: Int32, _ count: Int32, _ rest: Int32
) {
    quantizeInGroups(Int(count), nil, values, scales, sums, rest) { i in
        Float(exactFunction(function == 0 ? 1 : 3, Double(gate[i]))) * up[i]
    }
}

func referenceFunction(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ function: Int32, _ count: Int32) {
    for i in 0..<Int(count) { output[i] = Float(exactFunction(function, Double(input[i]))) }
}

private func exactFunction(_ function: Int32, _ x: Double) -> Double {
    switch function {
    case 0: 1 / (1 + exp(-x))
    case 1: x / (1 + exp(-x))
    case 2: tanh(x)
    // 1 + tanh(u) as it doesn't cancel.
    case 3: x / (1 + exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)))
    case 5: 0.5 * x * erfc(-x * 0.7071067811865476)
    default: exp(x)
    }
}

/// Computes floats a group at a time, stores them where asked, and quantises them where asked.
private func quantizeInGroups(
    _ count: Int, _ floats: UnsafeMutablePointer<Float>?, _ values: UnsafeMutablePointer<Int8>?,
    _ scales: UnsafeMutablePointer<Float>?, _ sums: UnsafeMutablePointer<Float>?, _ rest: Int32, _ compute: (Int) -> Float
) {
    var group = [Float](repeating: 0, count: 32)
    var first = 0
    while first < count {
        let width = Swift.min(32, count - first)
        for i in 0..<width { group[i] = compute(first + i) }
        if let floats {
            for i in 0..<width { floats[first + i] = group[i] }
        }
        if let values, let scales, let sums {
            referenceQuantizeGroups(group, values + first, scales + first / 32, sums + first / 32, 32, rest)
        }
        first += 32
    }
}
