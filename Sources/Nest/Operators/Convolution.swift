import Platform

/// Convolution and depthwise convolution.
///
/// The blob of an int8 convolution: weights at 0, bias (int32) at `biasOffset`, scales (float32) at `scaleOffset`,
/// `lookupTables` lookup tables (256 int8 each) at `lookupOffset` or -1; all offsets multiples of 64, layouts as in
/// CKernels.h. With several tables each channel has its own, whose number (uint16 a channel) is at `lookupChoiceOffset`:
/// channels of very different ranges then have scales of their own before and after the function.
/// Order of the fused tail: requantise and clamp, lookup, residual addition.
public struct ConvolutionAttributes: AttributeFields, Equatable {
    public var kernelHeight: Int32 = 1, kernelWidth: Int32 = 1
    public var strideY: Int32 = 1, strideX: Int32 = 1
    public var dilationY: Int32 = 1, dilationX: Int32 = 1
    public var padTop: Int32 = 0, padLeft: Int32 = 0
    /// 1: a run is a kernel row; 0: a run is a tap (CKernels.h). Depthwise: unused.
    public var runPerRow: Int32 = 0
    /// 1, or 2 for weights split into two terms. Depthwise: tapRepeat.
    public var runRepeat: Int32 = 1
    /// int8: clamp of the quantised result.
    public var outputMinimum: Int32 = -128, outputMaximum: Int32 = 127
    /// float32: clamp of the result.
    public var floatMinimum: Float = -.infinity, floatMaximum: Float = .infinity
    public var biasOffset: Int32 = 0
    public var scaleOffset: Int32 = 0
    public var lookupOffset: Int32 = -1
    /// The convolution's own result scale and zero point (they differ from the output tensor's when a lookup or a
    /// residual follows).
    public var resultScale: Float = 0
    public var resultZeroPoint: Int32 = 0
    /// Scale and zero point after the lookup, before the residual (the same as the result's without a lookup).
    public var lookupScale: Float = 0
    public var lookupZeroPoint: Int32 = 0
    /// Clamp after the residual addition.
    public var residualMinimum: Int32 = -128, residualMaximum: Int32 = 127
    /// float32: function applied after bias and before the clamp (Unary raw value; 0: none).
    public var floatFunction: Int32 = 0
    /// Parameters of that function, as in UnaryAttributes.
    public var functionAlpha: Float = 0, functionBeta: Float = 0
    /// int8: how many lookup tables there are, and where each channel's choice among them is; -1: all use the first.
    public var lookupTables: Int32 = 1
    public var lookupChoiceOffset: Int32 = -1

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        firstFields(&codec)
        addedFields(&codec)
    }

    /// What the format has had from the start; a pair has two of these in a row.
    mutating func firstFields(_ codec: inout FieldCodec) {
        codec.integer("kernelHeight", &kernelHeight)
        codec.integer("kernelWidth", &kernelWidth)
        codec.integer("strideY", &strideY)
        codec.integer("strideX", &strideX)
        codec.integer("dilationY", &dilationY)
        codec.integer("dilationX", &dilationX)
        codec.integer("padTop", &padTop)
        codec.integer("padLeft", &padLeft)
        codec.integer("runPerRow", &runPerRow)
        codec.integer("runRepeat", &runRepeat)
        codec.integer("outputMinimum", &outputMinimum)
        codec.integer("outputMaximum", &outputMaximum)
        codec.float("floatMinimum", &floatMinimum)
        codec.float("floatMaximum", &floatMaximum)
        codec.integer("biasOffset", &biasOffset)
        codec.integer("scaleOffset", &scaleOffset)
        codec.integer("lookupOffset", &lookupOffset)
        codec.float("resultScale", &resultScale)
        codec.integer("resultZeroPoint", &resultZeroPoint)
        codec.float("lookupScale", &lookupScale)
        codec.integer("lookupZeroPoint", &lookupZeroPoint)
        codec.integer("residualMinimum", &residualMinimum)
        codec.integer("residualMaximum", &residualMaximum)
        codec.integer("floatFunction", &floatFunction)
        codec.float("functionAlpha", &functionAlpha)
        codec.float("functionBeta", &functionBeta)
    }

    mutating func addedFields(_ codec: inout FieldCodec) {
        codec.added("lookupTables", &lookupTables)
        codec.added("lookupChoiceOffset", &lookupChoiceOffset)
    }
}

#if !hasFeature(Embedded)
extension ConvolutionAttributes {
    var taps: Int { Int(kernelHeight) * Int(kernelWidth) }

    public func title(_ name: String, _ instruction: Instruction, _ program: Program) -> String {
        let output = program.tensors[Int(instruction.outputs.0)]
        if instruction.opcode == .convolution, taps == 1, output.height == 1, output.width == 1 { return "dense" + suffix(instruction) }
        return "\(name) \(kernelHeight)x\(kernelWidth)" + suffix(instruction)
    }

    private func suffix(_ instruction: Instruction) -> String {
        var text = strideY > 1 || strideX > 1 ? " /\(strideY)" : ""
        if dilationY > 1 || dilationX > 1 { text += " dilated \(dilationY)" }
        if lookupOffset >= 0 { text += lookupTables == 1 ? " + lookup" : " + \(lookupTables) lookups" }
        if floatFunction != 0 { text += UnaryFunction(rawValue: floatFunction).map { " + \($0)" } ?? "" }
        if instruction.inputs.1 != noTensor { text += " + add" }
        return text
    }

    public func multiplyAccumulates(_ instruction: Instruction, _ input: TensorRecord, _ output: TensorRecord) -> Int {
        output.elements * taps * (instruction.opcode == .convolution ? Int(input.channels) : 1)
    }
}
#endif

extension Operator {
    static let convolution = Operator("convolution", .convolution, ConvolutionAttributes.self) { (checker, a) throws(Failure) in
        try checker.checkConvolution(a)
    }
}

extension InstructionChecker {
    func checkConvolution(_ a: ConvolutionAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireWindow(a, x, y)
        try checkWeights(a, at: 0, x, channels: y.channels, lookup: true)
        try require(x.type == y.type, "its tensors differ in type")
        if let residual = try optional(instruction.inputs.1) {
            try requireSameShape(residual, y)
            try require(residual.type == y.type, "its residual differs in type")
            if x.type == .int8 {
                try requireQuantised(residual)
                try requireQuantised(y)
                try requireScale(a.lookupOffset >= 0 ? a.lookupScale : a.resultScale)
                try requireAddition(residual.scale, a.lookupOffset >= 0 ? a.lookupScale : a.resultScale, y.scale)
                try requireClamp(a.residualMinimum, a.residualMaximum)
            }
        }
    }

    /// Attributes, weights, bias and scales of a convolution over x with so many output channels.
    func checkWeights(_ a: ConvolutionAttributes, at offset: Int32, _ x: TensorRecord, channels: Int32, lookup: Bool) throws(Failure) {
        try require(a.runPerRow == 0 || (a.runPerRow == 1 && a.dilationX == 1 && x.pixelStride == x.channels), "impossible runs")
        let window = Int64(a.kernelHeight) * Int64(a.kernelWidth) * Int64(x.channels)
        try require(window <= Int64(NestLimits.window), "its window of \(window) elements is too large")
        try checkTail(a, x.type, channels: channels, lookup: lookup)
        let shape = ConvolutionShape(convolution: a, inputChannels: Int(x.channels), outputChannels: Int(channels), type: x.type)
        try requirePart(offset, shape.weightBytes, "weights")
        try requirePart(a.biasOffset, shape.channelBytes, "biases")
        if x.type == .int8 { try requirePart(a.scaleOffset, shape.channelBytes, "scales") }
    }

    func checkTail(_ a: ConvolutionAttributes, _ type: ElementType, channels: Int32, lookup: Bool) throws(Failure) {
        switch type {
        case .int8:
            try require(a.runRepeat == 1 || a.runRepeat == 2, "impossible repeat \(a.runRepeat)")
            try requireClamp(a.outputMinimum, a.outputMaximum)
            try require((-128...127).contains(a.resultZeroPoint) && (-128...127).contains(a.lookupZeroPoint), "impossible zero point")
            if lookup, a.lookupOffset != -1 {
                try require((1...65536).contains(a.lookupTables) && (a.lookupTables == 1 || a.lookupChoiceOffset >= 0),
                            "impossible number of lookup tables \(a.lookupTables)")
                try requirePart(a.lookupOffset, 256 * Int(a.lookupTables), "lookup tables")
                if a.lookupTables > 1 { try requirePart(a.lookupChoiceOffset, 2 * Int(channels), "choices of lookup tables") }
            }
        case .float32:
            try require(a.runRepeat == 1, "impossible repeat \(a.runRepeat)")
            try require(a.floatMinimum <= a.floatMaximum, "impossible clamp")
            try require(a.floatFunction == 0 || UnaryFunction(rawValue: a.floatFunction) != nil, "unknown function \(a.floatFunction)")
        default: throw fail("only int8 and float32 are supported")
        }
    }

    /// Fixed-point addition needs ratios of scales that leave its 32 bits room (the range XNNPACK documents).
    func requireAddition(_ a: Float, _ b: Float, _ output: Float) throws(Failure) {
        let first = a / output, second = b / output
        try require(max(first, second) < 256 && max(first, second) > 1.0 / 1024, "its scales are too far apart to be added")
    }
}
