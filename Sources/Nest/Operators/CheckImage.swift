import Platform

extension InstructionChecker {
    private func sameImages(_ x: TensorRecord, _ y: TensorRecord) throws(Failure) {
        try require(x.type == y.type && (x.type == .int8 || x.type == .float32), "only int8 and float32 are supported")
        try require(x.batch == y.batch && x.channels == y.channels, "its tensors differ in batch or channels")
    }

    func checkPool() throws(Failure) {
        let a = try attributes(PoolAttributes(words: words))
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try sameImages(x, y)
        var window = ConvolutionAttributes()
        window.kernelHeight = a.kernelHeight
        window.kernelWidth = a.kernelWidth
        window.strideY = a.strideY
        window.strideX = a.strideX
        window.padTop = a.padTop
        window.padLeft = a.padLeft
        try requireWindow(window, x, y)
        try require(Int(a.kernelHeight) * Int(a.kernelWidth) <= 1 << 22, "its window is too large")
        try requireClamp(a.outputMinimum, a.outputMaximum)
    }

    func checkGlobalAverage() throws(Failure) {
        let a = try attributes(PoolAttributes(words: words))
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

    func checkCopy() throws(Failure) {
        let a = try attributes(CopyAttributes(words: words))
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try require(x.type == y.type, "its tensors differ in type")
        let sizes = [y.batch, y.height, y.width, y.channels]
        var lowest = Int64(a.sourceOffset), highest = Int64(a.sourceOffset)
        for axis in 0..<4 {
            let extent = Int64(a.extent[axis]), start = Int64(a.outputStart[axis])
            try require(extent >= 1 && start >= 0 && start + extent <= Int64(sizes[axis]), "its box lies outside its output")
            let reach = (extent - 1) * Int64(a.sourceStrides[axis])
            lowest += min(reach, 0)
            highest += max(reach, 0)
        }
        try require(lowest >= 0 && highest < Int64(x.spanBytes / x.type.size), "its box lies outside its input")
        if a.fill != 0, y.type != .int8 { try require(y.type.size == 4, "only int8 and 32-bit elements can be filled") }
    }

    func checkResize() throws(Failure) {
        _ = try attributes(ResizeAttributes(words: words))
        let x = try tensor(instruction.inputs.0), y = try tensor(instruction.outputs.0)
        try sameImages(x, y)
        try require(Int(y.height) <= NestLimits.resized && Int(y.width) <= NestLimits.resized, "its output is too large")
    }
}
