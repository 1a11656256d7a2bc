import Platform

extension Operator {
    static let lookup = Operator("lookup", .elementwise, NoAttributes.self,
                                 sharing: { _ in .elementwise }) { (checker, _) throws(Failure) in
        try checker.checkLookup()
    }
}

extension InstructionChecker {
    func checkLookup() throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        try require(x.type == .int8 && y.type == .int8, "only int8 is supported")
        try requirePart(0, 256, "lookup tables")
    }
}
