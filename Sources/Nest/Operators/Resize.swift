import Platform

/// How a pixel between those of the input gets its value; the raw values are the file's.
public enum ResizeMode: Int32, Sendable { case nearest = 1, bilinear }

/// Resize over height and width.
public struct ResizeAttributes: AttributeFields, Equatable {
    public var mode: ResizeMode
    public var alignCorners: Int32 = 0
    public var halfPixelCentres: Int32 = 0

    /// The nearest pixel, with corners and centres as by default, for a reader to fill in.
    public init() { mode = .nearest }

    public init(mode: ResizeMode) { self.mode = mode }

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.choice("mode", &mode)
        codec.integer("alignCorners", &alignCorners)
        codec.integer("halfPixelCentres", &halfPixelCentres)
    }
}

#if !hasFeature(Embedded)
extension ResizeAttributes {
    public func title(_ name: String, _ instruction: Instruction, _ program: Program) -> String { "\(name) \(mode)" }
}
#endif

extension Operator {
    static let resize = Operator("resize", .movement, ResizeAttributes.self) { (checker, a) throws(Failure) in try checker.checkResize(a) }
}

extension InstructionChecker {
    func checkResize(_ a: ResizeAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try sameImages(x, y)
        try require(Int(y.height) <= NestLimits.resized && Int(y.width) <= NestLimits.resized, "its output is too large")
    }
}
