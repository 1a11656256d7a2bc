import Platform

extension Operator {
    static let depthwiseConvolution = Operator("depthwise", .depthwise, ConvolutionAttributes.self) { (checker, a) throws(Failure) in
        try checker.checkDepthwise(a)
    }
}

extension InstructionChecker {
    func checkDepthwise(_ a: ConvolutionAttributes) throws(Failure) {
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireWindow(a, x, y)
        try require(x.type == y.type && x.channels == y.channels, "its tensors differ in type or channels")
        try checkDepthwiseWeights(a, at: 0, Int(x.channels), x.type, lookup: true)
        if let residual = try optional(instruction.inputs.1) {
            try requireSameShape(residual, y)
            try require(residual.type == y.type, "its residual differs in type")
            if x.type == .int8 {
                try requireQuantised(residual)
                try requireQuantised(y)
                let scale = a.lookupOffset >= 0 ? a.lookupScale : a.resultScale
                try requireScale(scale)
                try requireAddition(residual.scale, scale, y.scale)
                try requireClamp(a.residualMinimum, a.residualMaximum)
            }
        }
    }

    func checkDepthwiseWeights(_ a: ConvolutionAttributes, at offset: Int32, _ channels: Int, _ type: ElementType,
                               lookup: Bool) throws(Failure) {
        try require(Int(a.kernelHeight) * Int(a.kernelWidth) <= 1 << 16, "its window is too large")
        try checkTail(a, type, channels: Int32(clamping: channels), lookup: lookup)
        let shape = ConvolutionShape(depthwise: a, channels: channels, type: type)
        try requirePart(offset, shape.weightBytes, "weights")
        try requirePart(a.biasOffset, shape.channelBytes, "biases")
        if type == .int8 { try requirePart(a.scaleOffset, shape.channelBytes, "scales") }
    }
}
