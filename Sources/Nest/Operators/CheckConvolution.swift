import Platform

extension InstructionChecker {
    func checkConvolution() throws(Failure) {
        let a = try attributes(ConvolutionAttributes(words: words))
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try requireWindow(a, x, y)
        try checkWeights(a, at: 0, x, channels: y.channels, lookup: true)
        try require(x.type == y.type, "its tensors differ in type")
        if let residual = try optional(instruction.inputs.1) {
            try requireSameShape(residual, y)
            try require(residual.type == y.type, "its residual differs in type")
            if x.type == .int8 {
                try requireQuantised(residual)
                try requireQuantised(y)
                try requireScale(a.lookupOffset >= 0 ? a.lookupScale : a.resultScale)
                try requireAddition(residual.scale, a.lookupOffset >= 0 ? a.lookupScale : a.resultScale, y.scale)
                try requireClamp(a.residualMinimum, a.residualMaximum)
            }
        }
    }

    /// Attributes, weights, bias and scales of a convolution over x with so many output channels.
    private func checkWeights(_ a: ConvolutionAttributes, at offset: Int32, _ x: TensorRecord, channels: Int32, lookup: Bool) throws(Failure) {
        try require(a.runPerRow == 0 || (a.runPerRow == 1 && a.dilationX == 1 && x.pixelStride == x.channels), "impossible runs")
        let window = Int64(a.kernelHeight) * Int64(a.kernelWidth) * Int64(x.channels)
        try require(window <= Int64(NestLimits.window), "its window of \(window) elements is too large")
        try checkTail(a, x.type, lookup: lookup)
        let shape = ConvolutionShape(convolution: a, inputChannels: Int(x.channels), outputChannels: Int(channels), type: x.type)
        try requirePart(offset, shape.weightBytes, "weights")
        try requirePart(a.biasOffset, shape.channelBytes, "biases")
        if x.type == .int8 { try requirePart(a.scaleOffset, shape.channelBytes, "scales") }
    }

    private func checkTail(_ a: ConvolutionAttributes, _ type: ElementType, lookup: Bool) throws(Failure) {
        switch type {
        case .int8:
            try require(a.runRepeat == 1 || a.runRepeat == 2, "impossible repeat \(a.runRepeat)")
            try requireClamp(a.outputMinimum, a.outputMaximum)
            try require((-128...127).contains(a.resultZeroPoint) && (-128...127).contains(a.lookupZeroPoint), "impossible zero point")
            if lookup, a.lookupOffset != -1 { try requirePart(a.lookupOffset, 256, "lookup tables") }
        case .float32:
            try require(a.runRepeat == 1, "impossible repeat \(a.runRepeat)")
            try require(a.floatMinimum <= a.floatMaximum, "impossible clamp")
            try require(a.floatFunction == 0 || UnaryFunction(rawValue: a.floatFunction) != nil, "unknown function \(a.floatFunction)")
        default: throw fail("only int8 and float32 are supported")
        }
    }

    /// Fixed-point addition needs ratios of scales that leave its 32 bits room (the range XNNPACK documents).
    func requireAddition(_ a: Float, _ b: Float, _ output: Float) throws(Failure) {
        let first = a / output, second = b / output
        try require(max(first, second) < 256 && max(first, second) > 1.0 / 1024, "its scales are too far apart to be added")
    }

    func checkDepthwise() throws(Failure) {
        let a = try attributes(ConvolutionAttributes(words: words))
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

    private func checkDepthwiseWeights(_ a: ConvolutionAttributes, at offset: Int32, _ channels: Int, _ type: ElementType, lookup: Bool) throws(Failure) {
        try require(Int(a.kernelHeight) * Int(a.kernelWidth) <= 1 << 16, "its window is too large")
        try checkTail(a, type, lookup: lookup)
        let shape = ConvolutionShape(depthwise: a, channels: channels, type: type)
        try requirePart(offset, shape.weightBytes, "weights")
        try requirePart(a.biasOffset, shape.channelBytes, "biases")
        if type == .int8 { try requirePart(a.scaleOffset, shape.channelBytes, "scales") }
    }

    func checkPair() throws(Failure) {
        let a = try attributes(PairAttributes(words: words))
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try require(x.type == .int8 && y.type == .int8, "only int8 is supported")
        try require(a.middleChannels == y.channels && x.batch == y.batch, "its tensors do not fit each other")
        let p = a.pointwise
        try require(p.kernelHeight == 1 && p.kernelWidth == 1 && p.strideY == 1 && p.strideX == 1 && p.padTop == 0 && p.padLeft == 0
                    && p.dilationX == 1 && p.dilationY == 1, "its first part is not pointwise")
        try checkWeights(p, at: 0, x, channels: a.middleChannels, lookup: true)
        var middle = x
        middle.channels = a.middleChannels
        middle.pixelStride = a.middleChannels
        try requireWindow(a.depthwise, middle, y)
        try checkDepthwiseWeights(a.depthwise, at: a.depthwiseWeightsOffset, Int(a.middleChannels), .int8, lookup: true)
        let rows = (Int(a.depthwise.kernelHeight) - 1) * Int(a.depthwise.dilationY) + 1
        try require(Int(a.ringRows) >= rows && Int(a.ringRows) <= 1 << 12, "a ring of \(a.ringRows) rows does not hold a window")
        try require(Int64(a.ringRows) * Int64(x.width) * Int64(a.middleChannels) <= 1 << 26, "its ring is too large")
    }
}
