import Platform

extension Operator {
    static let select = Operator("select", .elementwise, NoAttributes.self,
                                 sharing: { _ in .elementwise }) { (checker, _) throws(Failure) in
        try checker.checkSelect()
    }
}

extension InstructionChecker {
    /// Inputs: condition, what is taken where it isn't 0, what is taken elsewhere; all of the output's shape, float32.
    func checkSelect() throws(Failure) {
        let y = try tensor(instruction.outputs.0)
        try require(y.type == .float32, "only float32 is supported")
        for index in [instruction.inputs.0, instruction.inputs.1, instruction.inputs.2] {
            let x = try tensor(index)
            try requireSameShape(x, y)
            try require(x.type == .float32, "only float32 is supported")
        }
    }
}
