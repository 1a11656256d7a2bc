import CKernels
import Nest

/// The fixed-point constants of an int8 addition, as XNNPACK chooses them: 20 fraction bits below the larger of the
/// two ratios, which keeps every product and the sum within 32 bits. Pointers and strideA are the caller's.
func additionTask(scaleA: Float, zeroPointA: Int32, _ b: TensorRecord, _ output: TensorRecord, minimum: Int32, maximum: Int32) -> AddTask {
    let ratioA = scaleA / output.scale, ratioB = b.scale / output.scale
    let shift = 20 - Int32(max(ratioA, ratioB).exponent)
    let multiplierA = fixedPoint(ratioA, shift), multiplierB = fixedPoint(ratioB, shift)
    var task = AddTask()
    task.pixels = Int32(output.pixels)
    task.channels = output.channels
    task.strideB = b.pixelStride
    task.outputPixelStride = output.pixelStride
    task.multiplierA = multiplierA
    task.multiplierB = multiplierB
    task.shift = shift
    task.bias = (1 << (shift - 1)) &- zeroPointA &* multiplierA &- b.zeroPoint &* multiplierB
    task.outputZeroPoint = output.zeroPoint
    task.outputMinimum = minimum
    task.outputMaximum = maximum
    return task
}

private func fixedPoint(_ ratio: Float, _ shift: Int32) -> Int32 {
    var power: Double = 1
    for _ in 0..<shift { power *= 2 }
    return Int32((Double(ratio) * power).rounded(.toNearestOrEven))
}
