import Platform

extension Operator {
    static let convert = Operator("convert", .elementwise, NoAttributes.self,
                                  sharing: { _ in .elementwise }) { (checker, _) throws(Failure) in
        try checker.checkConvert()
    }
}

extension InstructionChecker {
    func checkConvert() throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        if (x.type == .int32 && y.type == .float32) || (x.type == .float32 && y.type == .int32) { return }
        for tensor in [x, y] {
            try require(tensor.type == .int8 || tensor.type == .float32, "only int8, float32, and int32 from or to it are supported")
            if tensor.type == .int8 { try requireQuantised(tensor) }
        }
    }
}
