import Platform

/// Pooling. int8 average: TFLite's rounding (half away from zero of sum/count, count without padding);
/// globalAverage int8: roundToNearestEven((sum - n*zeroPoint) * inputScale/(outputScale*n)) + zeroPoint.
public struct PoolAttributes: AttributeFields, Equatable {
    public var kernelHeight: Int32 = 1, kernelWidth: Int32 = 1, strideY: Int32 = 1, strideX: Int32 = 1, padTop: Int32 = 0,
        padLeft: Int32 = 0
    public var outputMinimum: Int32 = -128, outputMaximum: Int32 = 127
    /// 1: padding counts in the divisor of an average (ONNX count_include_pad).
    public var countPadding: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("kernelHeight", &kernelHeight)
        codec.integer("kernelWidth", &kernelWidth)
        codec.integer("strideY", &strideY)
        codec.integer("strideX", &strideX)
        codec.integer("padTop", &padTop)
        codec.integer("padLeft", &padLeft)
        codec.integer("outputMinimum", &outputMinimum)
        codec.integer("outputMaximum", &outputMaximum)
        codec.integer("countPadding", &countPadding)
    }
}

extension Operator {
    static let averagePool = Operator("average pool", .pooling, PoolAttributes.self) { (checker, a) throws(Failure) in
        try checker.checkPool(a)
    }
    static let maxPool = Operator("max pool", .pooling, PoolAttributes.self) { (checker, a) throws(Failure) in try checker.checkPool(a) }
}

extension InstructionChecker {
    func checkPool(_ a: PoolAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try sameImages(x, y)
        var window = ConvolutionAttributes()
        window.kernelHeight = a.kernelHeight
        window.kernelWidth = a.kernelWidth
        window.strideY = a.strideY
        window.strideX = a.strideX
        window.padTop = a.padTop
        window.padLeft = a.padLeft
        try requireWindow(window, x, y)
        try require(Int(a.kernelHeight) * Int(a.kernelWidth) <= 1 << 22, "its window is too large")
        try requireClamp(a.outputMinimum, a.outputMaximum)
    }
}
