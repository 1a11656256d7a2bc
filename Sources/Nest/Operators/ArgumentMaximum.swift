import Platform

extension Operator {
    static let argumentMaximum = Operator("argument of the maximum", .pooling, NoAttributes.self) { (checker, _) throws(Failure) in
        try checker.checkArgumentMaximum()
    }
}

extension InstructionChecker {
    /// From (batch, height, width, channels) of int8 or float32 the place of the greatest of each image's pixels, by channel:
    /// (batch, 1, 1, channels) of int32.
    func checkArgumentMaximum() throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try require(x.type == .int8 || x.type == .float32, "only int8 and float32 are supported")
        try require(y.type == .int32 && y.height == 1 && y.width == 1 && y.batch == x.batch && y.channels == x.channels,
                    "its output does not fit")
    }
}
