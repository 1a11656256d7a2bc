import Platform

extension InstructionChecker {
    func checkBinary() throws(Failure) {
        let attributes = try attributes(BinaryAttributes(words: words))
        let a = try tensor(instruction.inputs.0), b = try tensor(instruction.inputs.1), y = try tensor(instruction.outputs.0)
        try requireSameShape(a, y)
        try require(a.type == y.type && b.type == y.type && (y.type == .int8 || y.type == .float32), "only int8 and float32 are supported")
        try require(b.channels == a.channels || b.channels == 1, "its tensors differ in channels")
        try require((b.batch == a.batch && b.height == a.height && b.width == a.width)
                    || (b.height == 1 && b.width == 1 && (b.batch == a.batch || b.batch == 1)), "its tensors differ in shape")
        try require(attributes.floatMinimum <= attributes.floatMaximum, "impossible clamp")
        if y.type == .int8 {
            try requireClamp(attributes.outputMinimum, attributes.outputMaximum)
            for tensor in [a, b, y] { try requireQuantised(tensor) }
        }
    }

    func checkSoftmax() throws(Failure) {
        let attributes = try attributes(SoftmaxAttributes(words: words))
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        try require(x.type == y.type && (x.type == .int8 || x.type == .float32), "only int8 and float32 are supported")
        try require(attributes.beta.isFinite && attributes.beta > 0, "impossible beta")
        if x.type == .int8 {
            try requireQuantised(x)
            try requireQuantised(y)
        }
    }

    func checkLookup() throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        try require(x.type == .int8 && y.type == .int8, "only int8 is supported")
        try requirePart(0, 256, "lookup tables")
    }

    func checkUnary() throws(Failure) {
        let attributes = try attributes(UnaryAttributes(words: words))
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        try require(x.type == .float32 && y.type == .float32, "only float32 is supported")
        if attributes.function == .clip { try require(attributes.alpha <= attributes.beta, "impossible clamp") }
    }

    func checkConvert() throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireSameShape(x, y)
        for tensor in [x, y] {
            try require(tensor.type == .int8 || tensor.type == .float32, "only int8 and float32 are supported")
            if tensor.type == .int8 { try requireQuantised(tensor) }
        }
    }
}
