import Foundation
import Nest

extension Activation {
    /// Real bounds of the result; nil for functions that are more than a clamp.
    var bounds: (Float, Float)? {
        switch self {
        case .none: (-.infinity, .infinity)
        case .relu: (0, .infinity)
        case .relu6: (0, 6)
        case .reluN1To1: (-1, 1)
        case .clip(let low, let high): (low, high)
        case .function: nil
        }
    }

    /// Int8 bounds for a tensor of this scale and zero point.
    func quantizedBounds(scale: Float, zeroPoint: Int32) -> (Int32, Int32)? {
        guard let (low, high) = bounds else { return nil }
        return (quantized(low, scale: scale, zeroPoint: zeroPoint), quantized(high, scale: scale, zeroPoint: zeroPoint))
    }
}

/// Nearest even, saturated to int8.
func quantized(_ value: Float, scale: Float, zeroPoint: Int32) -> Int32 {
    let scaled = Double(value) / Double(scale) + Double(zeroPoint)
    guard !scaled.isNaN else { return zeroPoint }
    return Int32(max(-128, min(127, scaled.rounded(.toNearestOrEven))))
}

/// The function in double: what tables and constants are computed from.
func evaluate(_ function: UnaryFunction, alpha: Float, beta: Float, at x: Double) -> Double {
    switch function {
    case .relu: max(0, x)
    case .relu6: min(6, max(0, x))
    case .sigmoid: 1 / (1 + exp(-x))
    case .silu: x / (1 + exp(-x))
    case .tanh: tanh(x)
    case .hardSwish: x * min(6, max(0, x + 3)) / 6
    case .hardSigmoid: min(1, max(0, Double(alpha) * x + Double(beta)))
    case .exponential: exp(x)
    case .clip: min(Double(beta), max(Double(alpha), x))
    case .leakyRelu: x >= 0 ? x : Double(alpha) * x
    case .logarithm: log(x)
    case .squareRoot: x.squareRoot()
    case .absolute: abs(x)
    case .negate: -x
    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .reciprocalSquareRoot: 1 / x.squareRoot()
    case .errorFunction: erf(x)
    case .sine: sin(x)
    case .cosine: cos(x)
    case .elu: x < 0 ? Double(alpha) * expm1(x) : x
    case .softplus: x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
    case .floor: x.rounded(.down)
    case .ceiling: x.rounded(.up)
    case .round: x.rounded(.toNearestOrEven)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x
    case .power: pow(x, Double(alpha))
    }
}

/// The table of an int8 function: entry i is the result for the input i - 128.
///
/// - Parameter offset: the real value at the input's zero point.
func lookupTable(_ function: UnaryFunction, alpha: Float, beta: Float, from input: Quantization, offset: Float = 0,
                 to output: Quantization) -> [Int8] {
    (-128...127).map { value in
        let x = Double(offset) + Double(input.scale) * Double(value - Int(input.zeroPoint))
        let y = evaluate(function, alpha: alpha, beta: beta, at: x) / Double(output.scale) + Double(output.zeroPoint)
        return y.isNaN ? Int8(clamping: output.zeroPoint) : Int8(max(-128, min(127, y.rounded(.toNearestOrEven))))
    }
}

/// The table from one scale to another. The ratio is rounded to a 256th and products are rounded up at the half, as
/// XNNPACK has it for the ratios that it takes; others are exact.
func requantizationTable(from input: Quantization, to output: Quantization) -> [Int8] {
    let ratio = input.scale / output.scale
    guard ratio >= 0x1p-8, ratio <= 0x1p7 else { return lookupTable(.clip, alpha: -.infinity, beta: .infinity, from: input, to: output) }
    let multiplier = Int((ratio * 256).rounded(.toNearestOrEven))
    return (-128...127).map { value in
        let product = (value - Int(input.zeroPoint)) * multiplier + 128
        return Int8(max(-128, min(127, (product >> 8) + Int(output.zeroPoint))))
    }
}
