import Platform

/// Pointwise + depthwise pair: the pointwise attributes, then the depthwise ones (their blob offsets count from the
/// same blob; depthwise weights start at `depthwiseWeightsOffset`), then the tensor between them.
public struct PairAttributes: AttributeFields, Equatable {
    public var pointwise = ConvolutionAttributes()
    public var depthwise = ConvolutionAttributes()
    public var depthwiseWeightsOffset: Int32 = 0
    public var middleChannels: Int32 = 0
    /// Rows of the ring between them, for one thread (in per-thread scratch, not in the arena).
    public var ringRows: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        pointwise.firstFields(&codec)
        depthwise.firstFields(&codec)
        codec.integer("depthwiseWeightsOffset", &depthwiseWeightsOffset)
        codec.integer("middleChannels", &middleChannels)
        codec.integer("ringRows", &ringRows)
        pointwise.addedFields(&codec)
        depthwise.addedFields(&codec)
    }
}

#if !hasFeature(Embedded)
extension PairAttributes {
    public func title(_ name: String, _ instruction: Instruction, _ program: Program) -> String {
        "\(name) \(depthwise.kernelHeight)x\(depthwise.kernelWidth)" + (depthwise.strideY > 1 ? " /\(depthwise.strideY)" : "")
    }

    public func multiplyAccumulates(_ instruction: Instruction, _ input: TensorRecord, _ output: TensorRecord) -> Int {
        input.elements * Int(middleChannels) + output.elements * depthwise.taps
    }
}
#endif

extension Operator {
    static let pointwiseDepthwise = Operator("pointwise+depthwise", .pair, PairAttributes.self) { (checker, a) throws(Failure) in
        try checker.checkPair(a)
    }
}

extension InstructionChecker {
    func checkPair(_ a: PairAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try require(x.type == .int8 && y.type == .int8, "only int8 is supported")
        try require(a.middleChannels == y.channels && x.batch == y.batch, "its tensors do not fit each other")
        let p = a.pointwise
        try require(p.kernelHeight == 1 && p.kernelWidth == 1 && p.strideY == 1 && p.strideX == 1 && p.padTop == 0 && p.padLeft == 0
                    && p.dilationX == 1 && p.dilationY == 1, "its first part is not pointwise")
        try checkWeights(p, at: 0, x, channels: a.middleChannels, lookup: true)
        var middle = x
        middle.channels = a.middleChannels
        middle.pixelStride = a.middleChannels
        try requireWindow(a.depthwise, middle, y)
        try checkDepthwiseWeights(a.depthwise, at: a.depthwiseWeightsOffset, Int(a.middleChannels), .int8, lookup: true)
        let rows = (Int(a.depthwise.kernelHeight) - 1) * Int(a.depthwise.dilationY) + 1
        try require(Int(a.ringRows) >= rows && Int(a.ringRows) <= 1 << 12, "a ring of \(a.ringRows) rows does not hold a window")
        try require(Int64(a.ringRows) * Int64(x.width) * Int64(a.middleChannels) <= 1 << 26, "its ring is too large")
    }
}
