import CKernels

/// A matrix times rows of quantised activations, with exactly the arithmetic of LanguageKernels.h.
func referenceMatrix(_ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32) {
    let t = task.pointee
    let format = t.format
    guard let layout = MatrixLayout(format: format, outputs: Int(t.outputs), inputs: Int(t.inputs)) else { return }
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
                if format.isAffine {
                    sum.addProduct(sums[group] * scales[group], layout.minimum(output: output, group: group, in: weights))
                }
            }
            let at = row * Int(t.outputStride) + output
            t.output[at] = t.addend.map { $0[at] + sum } ?? sum
        }
    }
}

/// Groups of 32 floats to int8, their scales and sums.
func referenceQuantizeGroups(_ x: UnsafePointer<Float>, _ values: UnsafeMutablePointer<Int8>, _ scales: UnsafeMutablePointer<Float>,
                             _ sums: UnsafeMutablePointer<Float>, _ count: Int32, _ rest: Int32) {
    for group in 0..<Int(count) / 32 {
        var largest: Float = 0
        for i in group * 32..<group * 32 + 32 where x[i].magnitude > largest { largest = x[i].magnitude }
        let scale = Swift.min(largest, .greatestFiniteMagnitude) / 127
        let inverse = 1 / scale
        let here = group * 32..<group * 32 + 32
        scales[group] = scale
        sums[group] = quantize(here, values) { x[$0] * inverse }
        if rest == 0 { continue }
        let there = group + Int(rest) / 32
        scales[there] = scale / 254
        sums[there] = quantize(here, values + Int(rest)) { i in
            var left = x[i]
            left.addProduct(-scale, Float(values[i]))
            return left * (254 / scale)
        }
    }
}

/// Rounds and gives the sum.
private func quantize(_ range: Range<Int>, _ values: UnsafeMutablePointer<Int8>, _ scaled: (Int) -> Float) -> Float {
    var sum: Int32 = 0
    for i in range {
        values[i] = quantizeRounded(scaled(i), zeroPoint: 0, minimum: -127, maximum: 127)
        sum += Int32(values[i])
    }
    return Float(sum)
}

func referenceToHalves(_ x: UnsafePointer<Float>, _ halves: UnsafeMutablePointer<UInt16>, _ count: Int32) {
    for i in 0..<Int(count) { halves[i] = half(x[i]) }
}
