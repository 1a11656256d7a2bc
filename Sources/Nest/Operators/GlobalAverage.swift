import Platform

extension Operator {
    static let globalAverage = Operator("global average", .pooling, PoolAttributes.self) { (checker, a) throws(Failure) in
        try checker.checkGlobalAverage(a)
    }
}

extension InstructionChecker {
    func checkGlobalAverage(_ a: PoolAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try sameImages(x, y)
        try require(y.height == 1 && y.width == 1, "its output is no single pixel")
        try require(Int(x.height) * Int(x.width) <= 1 << 23, "its image is too large for 32-bit sums")
        try requireClamp(a.outputMinimum, a.outputMaximum)
        if x.type == .int8 {
            try requireQuantised(x)
            try requireQuantised(y)
        }
    }
}
