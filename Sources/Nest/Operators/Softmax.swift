import Platform

/// Softmax over channels of `beta` times the input, float32 or int8.
public struct SoftmaxAttributes: AttributeFields, Equatable {
    public var beta: Float = 1
    /// 1: its logarithm.
    public var logarithm: Int32 = 0

    public init() {}

    public init(beta: Float) { self.beta = beta }

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.float("beta", &beta)
        codec.added("logarithm", &logarithm)
    }
}

extension Operator {
    static let softmax = Operator("softmax", .elementwise, SoftmaxAttributes.self,
                                  sharing: { _ in .elementwise }) { (checker, a) throws(Failure) in
        try checker.checkSoftmax(a)
    }
}

extension InstructionChecker {
    func checkSoftmax(_ attributes: SoftmaxAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        try require(x.type == y.type && (x.type == .int8 || x.type == .float32), "only int8 and float32 are supported")
        try require(attributes.beta.isFinite && attributes.beta > 0, "impossible beta")
        if x.type == .int8 {
            try requireQuantised(x)
            try requireQuantised(y)
        }
    }
}
