import CLinux
import Kernels
import Nest

/// An elementwise function of float32.
struct FloatFunction {
    private let function: UnaryFunction
    private let alpha: Float, beta: Float
    /// Functions that kernels compute: see LanguageKernels.h.
    private let kernel: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int32, Int32) -> Void

    init(_ function: UnaryFunction, alpha: Float, beta: Float, _ kernels: KernelTable) {
        self.function = function
        kernel = kernels.function
        self.alpha = alpha
        self.beta = beta
    }

    /// output[i] = f(input[i]); the two may be the same.
    func apply(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int) {
        @inline(__always)
        func each(_ f: (Float) -> Float) {
            for i in 0..<count { output[i] = f(input[i]) }
        }
        switch function {
        case .relu: each { max($0, 0) }
        case .relu6: each { min(max($0, 0), 6) }
        case .sigmoid: kernel(input, output, 0, Int32(count))
        case .silu: kernel(input, output, 1, Int32(count))
        case .tanh: kernel(input, output, 2, Int32(count))
        case .hardSwish: each { $0 * min(max($0 + 3, 0), 6) * (1 / 6) }
        case .hardSigmoid: each { min(max(alpha * $0 + beta, 0), 1) }
        case .exponential: kernel(input, output, 4, Int32(count))
        case .clip: each { min(max($0, alpha), beta) }
        case .leakyRelu: each { $0 < 0 ? alpha * $0 : $0 }
        case .logarithm: each { logf($0) }
        case .squareRoot: each { $0.squareRoot() }
        case .absolute: each { $0.magnitude }
        case .negate: each { -$0 }
        case .gelu: each { 0.5 * $0 * (1 + erff($0 * 0.70710678)) }
        case .reciprocalSquareRoot: each { 1 / $0.squareRoot() }
        case .errorFunction: each { erff($0) }
        case .sine: each { sinf($0) }
        case .cosine: each { cosf($0) }
        case .elu: each { $0 < 0 ? alpha * expm1f($0) : $0 }
        case .softplus: each { max($0, 0) + log1pf(expf(-$0.magnitude)) }
        case .floor: each { $0.rounded(.down) }
        case .ceiling: each { $0.rounded(.up) }
        case .round: each { $0.rounded(.toNearestOrEven) }
        case .sign: each { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
        case .power: each { powf($0, alpha) }
        }
    }
}

@inline(__always)
func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
