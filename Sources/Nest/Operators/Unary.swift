import Platform

/// What is computed of each element; the raw values are the file's.
public enum UnaryFunction: Int32, Sendable {
    case relu = 1, relu6, sigmoid, silu, tanh, hardSwish, hardSigmoid, exponential, clip, leakyRelu, logarithm, squareRoot, absolute,
        negate, gelu, reciprocalSquareRoot, errorFunction, sine, cosine, elu, softplus, floor, ceiling, round, sign, power
}

/// float32 elementwise; `alpha` and `beta`: bounds of clip, slope of leakyRelu, scale and offset of hardSigmoid, height of elu,
/// exponent of power. Rounding is to the nearest even number.
public struct UnaryAttributes: AttributeFields, Equatable {
    public var function: UnaryFunction
    public var alpha: Float = 0, beta: Float = 0

    /// ReLU, for a reader to fill in.
    public init() { self.init(function: .relu) }

    public init(function: UnaryFunction, alpha: Float = 0, beta: Float = 0) {
        self.function = function
        self.alpha = alpha
        self.beta = beta
    }

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.choice("function", &function)
        codec.float("alpha", &alpha)
        codec.float("beta", &beta)
    }
}

#if !hasFeature(Embedded)
extension UnaryAttributes {
    public func title(_ name: String, _ instruction: Instruction, _ program: Program) -> String { "\(function)" }
}
#endif

extension Operator {
    static let unary = Operator("unary", .elementwise, UnaryAttributes.self,
                                sharing: { _ in .elementwise }) { (checker, a) throws(Failure) in
        try checker.checkUnary(a)
    }
}

extension InstructionChecker {
    func checkUnary(_ attributes: UnaryAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        try require(x.type == .float32 && y.type == .float32, "only float32 is supported")
        if attributes.function == .clip { try require(attributes.alpha <= attributes.beta, "impossible clamp") }
    }
}
