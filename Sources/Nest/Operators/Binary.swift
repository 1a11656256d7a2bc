import Platform

/// What is computed of a pair of elements; the raw values are the file's. Comparisons give 1 or 0; the second operand of
/// `prelu` is the slope below zero.
public enum BinaryFunction: Int32, Sendable {
    case add = 1, subtract, multiply, divide, maximum, minimum, squaredDifference, prelu, power, less, lessOrEqual, equal
}

/// Elementwise function of two tensors, float32 or int8 (int8: through the tensors' scales; add as in CKernels.h).
public struct BinaryAttributes: AttributeFields, Equatable {
    public var function: BinaryFunction
    public var outputMinimum: Int32 = -128, outputMaximum: Int32 = 127
    public var floatMinimum: Float = -.infinity, floatMaximum: Float = .infinity

    /// An addition without a clamp, for a reader to fill in.
    public init() { function = .add }

    public init(function: BinaryFunction) { self.function = function }

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.choice("function", &function)
        codec.integer("outputMinimum", &outputMinimum)
        codec.integer("outputMaximum", &outputMaximum)
        codec.float("floatMinimum", &floatMinimum)
        codec.float("floatMaximum", &floatMaximum)
    }
}

extension BinaryAttributes {
    /// int32 without clamp: sums and products modulo 2^32.
    fileprivate func isOfWholeNumbers(_ y: TensorRecord) -> Bool {
        switch function {
        case .add, .subtract, .multiply, .maximum, .minimum:
            y.type == .int32 && floatMinimum == -.infinity && floatMaximum == .infinity
        default: false
        }
    }
}

#if !hasFeature(Embedded)
extension BinaryAttributes {
    public func title(_ name: String, _ instruction: Instruction, _ program: Program) -> String { "\(function)" }
}
#endif

extension Operator {
    static let binary = Operator("binary", .elementwise, BinaryAttributes.self,
                                 sharing: { _ in .elementwise }) { (checker, a) throws(Failure) in
        try checker.checkBinary(a)
    }
}

extension InstructionChecker {
    func checkBinary(_ attributes: BinaryAttributes) throws(Failure) {
        let a = try tensor(instruction.inputs.0), b = try tensor(instruction.inputs.1), y = try tensor(instruction.outputs.0)
        try requireSameShape(a, y)
        try require(a.type == y.type && b.type == y.type && (y.type == .int8 || y.type == .float32 || attributes.isOfWholeNumbers(y)),
                    "only int8, float32 and sums, products and bounds of int32 are supported")
        try require(b.channels == a.channels || b.channels == 1, "its tensors differ in channels")
        try require((b.batch == a.batch && b.height == a.height && b.width == a.width)
                    || (b.height == 1 && b.width == 1 && (b.batch == a.batch || b.batch == 1)), "its tensors differ in shape")
        try require(attributes.floatMinimum <= attributes.floatMaximum, "impossible clamp")
        if y.type == .int8 {
            try requireClamp(attributes.outputMinimum, attributes.outputMaximum)
            for tensor in [a, b, y] { try requireQuantised(tensor) }
        }
    }
}
