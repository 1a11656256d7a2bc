import Platform

/// output[o + outputOffset] = input[sourceOffset + o.batch*s0 + o.height*s1 + o.width*s2 + o.channel*s3] over the box
/// `extent` (batch, height, width, channels), strides and offsets in elements. The output box starts at the four
/// `outputStart` coordinates of the output tensor. With `fill` != 0 the whole output is first set to `fillValue`
/// (bits of a float, or an int8).
public struct CopyAttributes: AttributeFields, Equatable {
    public var sourceOffset: Int32 = 0
    public var sourceStrides: SIMD4<Int32> = .zero
    public var extent: SIMD4<Int32> = .zero
    public var outputStart: SIMD4<Int32> = .zero
    public var fill: Int32 = 0
    public var fillValue: Int32 = 0

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("sourceOffset", &sourceOffset)
        codec.dimensions("sourceStrides", &sourceStrides)
        codec.dimensions("extent", &extent)
        codec.dimensions("outputStart", &outputStart)
        codec.integer("fill", &fill)
        codec.integer("fillValue", &fillValue)
    }
}

extension Operator {
    static let copy = Operator("copy", .movement, CopyAttributes.self) { (checker, a) throws(Failure) in try checker.checkCopy(a) }
}

extension InstructionChecker {
    func checkCopy(_ a: CopyAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try require(x.type == y.type, "its tensors differ in type")
        let sizes = [y.batch, y.height, y.width, y.channels]
        var lowest = Int64(a.sourceOffset), highest = Int64(a.sourceOffset)
        for axis in 0..<4 {
            let extent = Int64(a.extent[axis]), start = Int64(a.outputStart[axis])
            try require(extent >= 1 && start >= 0 && start + extent <= Int64(sizes[axis]), "its box lies outside its output")
            let reach = (extent - 1) * Int64(a.sourceStrides[axis])
            lowest += min(reach, 0)
            highest += max(reach, 0)
        }
        try require(lowest >= 0 && highest < Int64(x.spanBytes / x.type.size), "its box lies outside its input")
        if a.fill != 0, y.type != .int8 { try require(y.type.size == 4, "only int8 and 32-bit elements can be filled") }
    }
}
