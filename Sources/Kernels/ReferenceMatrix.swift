import CKernels

/// A matrix times rows of quantised activations, with exactly the arithmetic of LanguageKernels.h.
func referenceMatrix(_ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32) {
    let t = task.pointee
    guard let format = MatrixFormat(rawValue: t.format),
          let layout = MatrixLayout(format: format, outputs: Int(t.outputs), inputs: Int(t.inputs)) else { return }
    let weights = t.weights!
    for row in 0..<Int(t.rows) {
        let values = t.values + row * layout.inputs
        let scales = t.scales + row * layout.groups, sums = t.sums + row * layout.groups
        for output in Int(firstOutput)..<Swift.min(Int(endOutput), layout.outputs) {
            var sum: Float = 0
            for group in 0..<layout.groups {
                let width = 32 / format.scalesPerGroup
                for part in 0..<format.scalesPerGroup {
                    let first = group * 32 + part * width
                    var dot: Int32 = 0
                    for input in first..<first + width {
                        dot += Int32(layout.quantum(output: output, input: input, in: weights) - format.offset) * Int32(values[input])
                    }
                    sum.addProduct(Float(dot), layout.scale(output: output, input: first, in: weights) * scales[group])
                }
                if format.isAffine { sum.addProduct(sums[group] * scales[group], layout.minimum(output: output, group: group, in: weights)) }
            }
            let at = row * Int(t.outputStride) + output
            t.output[at] = t.addend.map { $0[at] + sum } ?? sum
        }
    }
}

/// Groups of 32 floats to int8, their scales and sums.
func referenceQuantizeGroups(_ x: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>, _ scales: UnsafeMutablePointer<Float>,
                             _ sums: UnsafeMutablePointer<Float>, _ count: Int32) {
    for group in 0..<Int(count) / 32 {
        var largest: Float = 0
        for i in group * 32..<group * 32 + 32 where x[i].magnitude > largest { largest = x[i].magnitude }
        let scale = Swift.min(largest, .greatestFiniteMagnitude) / 127
        let inverse = 1 / scale
        var sum: Int32 = 0
        for i in group * 32..<group * 32 + 32 {
            let q = quantizeRounded(x[i] * inverse, zeroPoint: 0, minimum: -127, maximum: 127)
            values[i] = q
            sum += Int32(q)
        }
        scales[group] = scale
        sums[group] = Float(sum)
    }
}

func referenceToHalves(_ x: UnsafePointer<Float>, _ halves: UnsafeMutablePointer<UInt16>, _ count: Int32) {
    for i in 0..<Int(count) { halves[i] = half(x[i]) }
}
