import Platform

extension Operator {
    static let product = Operator("product", .matrix, NoAttributes.self) { (checker, _) throws(Failure) in try checker.checkProduct() }
}

extension InstructionChecker {
    /// Matrices (batch, 1, rows, columns) of float32, both computed: (m, k) by (k, n) is (m, n); the second may have one
    /// image for all of the first.
    func checkProduct() throws(Failure) {
        let a = try tensor(instruction.inputs.0), b = try tensor(instruction.inputs.1), y = try tensor(instruction.outputs.0)
        try require(a.type == .float32 && b.type == .float32 && y.type == .float32, "only float32 is supported")
        try require(a.height == 1 && b.height == 1 && y.height == 1 && a.batch == y.batch && (b.batch == a.batch || b.batch == 1),
                    "its tensors are no matrices of one number")
        try require(a.channels == b.width && a.width == y.width && b.channels == y.channels, "its matrices do not fit each other")
    }
}
