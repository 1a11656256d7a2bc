import CKernels
import CLinux

extension SelfTest {
    /// The entry points of LanguageKernels.h, one case of each.
    mutating func languageCases(_ index: Int) {
        matrixCase(index)
        quantizeGroupsCase(index)
        toHalvesCase(index)
        normalizeCase(index)
        layerNormalizeCase(index)
        gatedCase(index)
        attentionCase(index)
        functionCase(index)
    }

    private mutating func normalizeCase(_ index: Int) {
        let count = random.integer(1, 40) * 32
        var source = random
        let magnitude: Float = random.oneIn(3) ? 300 : random.oneIn(3) ? 1e-3 : 1
        let x = TestBuffer<Float>(count) { source.unit() * magnitude }
        let weight = TestBuffer<Float>(count) { source.unit() * 2 }
        random = source
        let rest = random.oneIn(2) ? 0 : Int32(count)
        let a = QuantizedGroups(count / 32 * (rest == 0 ? 1 : 2), &random), b = QuantizedGroups(copying: a)
        let expected = TestBuffer(count, random.floats()), actual = TestBuffer(copying: expected)
        let what = "normalise \(index) (\(count) elements)"
        reference.normalize(x.pointer, weight.pointer, 1e-5, expected.pointer, a.values.pointer, a.scales.pointer, a.sums.pointer,
                            Int32(count), rest)
        table.normalize(x.pointer, weight.pointer, 1e-5, actual.pointer, b.values.pointer, b.scales.pointer, b.sums.pointer, Int32(count),
                        rest)
        compareRelative(actual, expected, tolerance: 3e-6, what)
        // The quantised form is exactly that of the floats, whether those are wanted or not.
        reference.quantizeGroups(actual.pointer, a.values.pointer, a.scales.pointer, a.sums.pointer, Int32(count), rest)
        compare(b.values, a.values, what)
        compareBits(b.scales, a.scales, what)
        compareBits(b.sums, a.sums, what)
        table.normalize(x.pointer, weight.pointer, 1e-5, nil, b.values.pointer, b.scales.pointer, b.sums.pointer, Int32(count), rest)
        compare(b.values, a.values, what)
        let some = Swift.max(16, count - 16)
        reference.normalize(x.pointer, weight.pointer, 1e-5, expected.pointer, nil, nil, nil, Int32(some), 0)
        table.normalize(x.pointer, weight.pointer, 1e-5, actual.pointer, nil, nil, nil, Int32(some), 0)
        compareRelative(actual, expected, tolerance: 3e-6, "floats alone, \(what)")
    }

    private mutating func layerNormalizeCase(_ index: Int) {
        let count = random.integer(1, 80) * 16
        var source = random
        let magnitude: Float = random.oneIn(3) ? 300 : random.oneIn(3) ? 1e-2 : 1, shift = random.oneIn(2) ? magnitude * 3 : 0
        let x = TestBuffer<Float>(count) { source.unit() * magnitude + shift }
        let weight = TestBuffer<Float>(count) { source.unit() * 2 }, bias = TestBuffer<Float>(count) { source.unit() }
        random = source
        let expected = TestBuffer(count, random.floats()), actual = TestBuffer(copying: expected)
        reference.layerNormalize(x.pointer, weight.pointer, bias.pointer, 1e-5, expected.pointer, Int32(count))
        table.layerNormalize(x.pointer, weight.pointer, bias.pointer, 1e-5, actual.pointer, Int32(count))
        compare(actual, expected, tolerance: 3e-5, "layer norm \(index) (\(count) elements)")
    }

    /// One value of a group that isn't zero shows its whole precision in the scale; full groups show the rest.
    private mutating func gatedCase(_ index: Int) {
        let groups = random.integer(1, 40), function = Int32(random.integer(0, 1))
        var source = random
        let alone = random.oneIn(2)
        let range: Float = random.oneIn(3) ? 100 : random.oneIn(2) ? 12 : 2
        let gate = TestBuffer<Float>(groups * 32) { source.unit() * range }
        let up = TestBuffer<Float>(groups * 32) { source.unit() * 3 }
        if alone {
            for i in 0..<groups * 32 where i % 32 != i / 32 % 32 { up.pointer[i] = 0 }
        }
        random = source
        let rest = random.oneIn(2) ? 0 : Int32(groups * 32)
        let expected = QuantizedGroups(groups * (rest == 0 ? 1 : 2), &random), actual = QuantizedGroups(copying: expected)
        reference.gated(gate.pointer, up.pointer, expected.values.pointer, expected.scales.pointer, expected.sums.pointer, function,
                        Int32(groups * 32), rest)
        table.gated(gate.pointer, up.pointer, actual.values.pointer, actual.scales.pointer, actual.sums.pointer, function,
                    Int32(groups * 32), rest)
        let what = "gated \(index) (function \(function), \(groups) groups)"
        compareRelative(actual.scales, expected.scales, tolerance: 3e-6, absolute: function == 1 ? 1e-8 : 0, what)
        // Groups of next to nothing have no digits to compare.
        for i in 0..<groups * 32 where expected.scales[i / 32] > 1e-7 && abs(Int(actual.values[i]) - Int(expected.values[i])) > 1
            && report.mismatch == nil {
            report.mismatch = "\(table.name) \(what): value \(i) is \(actual.values[i]), expected \(expected.values[i])"
        }
        // With what rounding left, the two come as near to each other as the functions do and rounding to 16 bits lets them.
        for i in 0..<groups * 32 where rest != 0 && expected.scales[i / 32] > 1e-7 && report.mismatch == nil {
            let apart = abs(actual.sum(i, rest: Int(rest)) - expected.sum(i, rest: Int(rest))) / expected.scales[i / 32]
            if apart > 1.1 / 254 + 127 * 6e-6 {
                report.mismatch = "\(table.name) \(what): value \(i) and its rest are \(Int(apart * 1e6))e-6 of a step off"
            }
        }
        for group in 0..<actual.sums.count where report.mismatch == nil {
            var sum = 0
            for i in group * 32..<group * 32 + 32 { sum += Int(actual.values[i]) }
            if Float(sum) != actual.sums[group] {
                report.mismatch = "\(table.name) \(what): the sum of group \(group) isn't that of its values"
            }
        }
    }

    private mutating func attentionCase(_ index: Int) {
        let keyValueHeads = random.integer(1, 3), shared = random.integer(1, 5)
        let heads = keyValueHeads * shared, dimension = random.oneIn(8) ? 256 : 16 * random.integer(1, 6)
        let rows = random.integer(1, 3), position = random.oneIn(3) ? random.integer(0, 300) : random.integer(0, 40)
        let slides = random.oneIn(3)
        let window = slides ? random.integer(1, 40) : 1 << 20
        let slots = slides ? window + random.integer(0, 9) + rows : position + rows + random.integer(0, 9)
        let strides = (random.integer(0, 1) * 16 + heads * dimension, random.integer(0, 1) * 4 + heads * dimension)
        var source = random
        let spread: Float = random.oneIn(3) ? 8 : 1
        let queries = TestBuffer<Float>((rows - 1) * strides.0 + heads * dimension) { source.unit() * spread }
        let keys = TestBuffer<UInt16>(slots * keyValueHeads * dimension) { half(source.unit()) }
        let values = TestBuffer<UInt16>(slots * keyValueHeads * dimension) { half(source.unit()) }
        let scratch = TestBuffer<Float>(slots + 4096) { source.unit() }
        let bias = TestBuffer<Float>(position + rows) { source.unit() * 7 }
        random = source
        let expected = TestBuffer((rows - 1) * strides.1 + heads * dimension, random.floats()), actual = TestBuffer(copying: expected)
        var task = AttentionTask(
            queries: queries.pointer, keys: keys.pointer, cachedValues: values.pointer, output: expected.pointer,
                queryStride: Int32(strides.0),
            outputStride: Int32(strides.1), heads: Int32(heads), keyValueHeads: Int32(keyValueHeads), headDimension: Int32(dimension),
            slots: Int32(slots), window: Int32(window), position: Int32(position), scale: 1 / Float(dimension).squareRoot(),
            softCap: random.oneIn(4) ? 3 : 0, bias: !slides && random.oneIn(2) ? UnsafePointer(bias.pointer) : nil)
        let first = Int32(random.integer(0, heads - 1)), end = Int32(random.integer(Int(first) + 1, heads))
        let row = Int32(random.integer(0, rows - 1))
        reference.attention(&task, row, first, end, scratch.pointer)
        task.output = actual.pointer
        table.attention(&task, row, first, end, scratch.pointer)
        compare(actual, expected, tolerance: 4e-6,
            "attention \(index) (\(heads) heads of \(dimension), \(keyValueHeads) shared, position \(position), window \(window) in "
                + "\(slots), row \(row), heads \(first)..<\(end))")
    }

    private mutating func functionCase(_ index: Int) {
        let function = Int32(random.integer(0, 5)), count = random.integer(1, 60)
        var source = random
        let range: Float = random.oneIn(3) ? 120 : random.oneIn(2) ? 1 : 10
        let x = TestBuffer<Float>(count) { source.oneIn(30) ? (source.oneIn(2) ? .infinity : -200) : source.unit() * range }
        random = source
        let expected = TestBuffer(count, random.floats()), actual = TestBuffer(copying: expected)
        reference.function(x.pointer, expected.pointer, function, Int32(count))
        table.function(x.pointer, actual.pointer, function, Int32(count))
        compareRelative(actual, expected, tolerance: 2e-6, absolute: function == 3 ? 1e-7 : function == 5 ? 4e-7 : 0,
                        "function \(function) \(index) (\(count) elements)")
    }

    @inline(never)
    private mutating func compareRelative(_ actual: TestBuffer<Float>, _ expected: TestBuffer<Float>, tolerance: Float, absolute: Float = 0,
                                          _ what: String) {
        report.cases += 1
        guard report.mismatch == nil else { return }
        for i in 0..<actual.capacity where actual[i] != expected[i]
            && !(abs(actual[i] - expected[i]) <= tolerance * abs(expected[i]) + absolute + 1e-34) {
            let error = Int64(Swift.min(abs((actual[i] - expected[i]) / expected[i]) * 1e9, 1e15))
            report.mismatch = "\(table.name) \(what): element \(i) is off by \(error)e-9 of itself"
            return
        }
    }
}
