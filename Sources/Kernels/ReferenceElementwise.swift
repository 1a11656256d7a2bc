import CKernels

func referenceAdd(_ task: UnsafePointer<AddTask>, _ firstPixel: Int32, _ endPixel: Int32) {
    let t = task.pointee
    for pixel in Int(firstPixel)..<Int(endPixel) {
        for channel in 0..<Int(t.channels) {
            let a = Int32(t.a[pixel * Int(t.strideA) + channel]), b = Int32(t.b[pixel * Int(t.strideB) + channel])
            let sum = t.bias &+ a &* t.multiplierA &+ b &* t.multiplierB
            let q = (sum >> t.shift) &+ t.outputZeroPoint
            t.output[pixel * Int(t.outputPixelStride) + channel] =
                Int8(truncatingIfNeeded: Swift.min(Swift.max(q, t.outputMinimum), t.outputMaximum))
        }
    }
}

func referenceLookup(_ input: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Int8>, _ table: UnsafePointer<Int8>, _ count: Int32) {
    for i in 0..<Int(count) { output[i] = table[Int(input[i]) + 128] }
}

func referenceQuantize(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Int8>, _ inverseScale: Float, _ zeroPoint: Int32,
                       _ count: Int32) {
    for i in 0..<Int(count) {
        output[i] = quantizeRounded(input[i] * inverseScale, zeroPoint: zeroPoint, minimum: -128, maximum: 127)
    }
}

func referenceDequantize(_ input: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Float>, _ scale: Float, _ zeroPoint: Int32,
                         _ count: Int32) {
    for i in 0..<Int(count) { output[i] = Float(Int32(input[i]) - zeroPoint) * scale }
}

func referenceChannelSums(_ input: UnsafePointer<Int8>, _ sums: UnsafeMutablePointer<Int32>, _ pixels: Int32, _ channels: Int32,
                          _ pixelStride: Int32) {
    for channel in 0..<Int(channels) {
        var sum: Int32 = 0
        for pixel in 0..<Int(pixels) { sum += Int32(input[pixel * Int(pixelStride) + channel]) }
        sums[channel] = sum
    }
}
