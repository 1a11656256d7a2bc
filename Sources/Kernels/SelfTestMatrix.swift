import CKernels

extension SelfTest {
    /// A random matrix of any format, size and slice: bit for bit the reference.
    mutating func matrixCase(_ index: Int) {
        let format = MatrixFormat.allCases[index % MatrixFormat.allCases.count]
        let rows = random.oneIn(3) ? 1 : random.oneIn(20) ? 64 : random.integer(1, 9)
        // Long rows with few outputs, wide outputs with short rows: each case in about the same time.
        let groups = random.oneIn(8) ? random.integer(1, 64) : random.integer(1, 8)
        let outputs = random.integer(1, Swift.max(1, Swift.min(100, 40_000 / (rows * groups * 32))) + 16)
        guard let layout = MatrixLayout(format: format, outputs: outputs, inputs: groups * 32) else { return }
        let weights = randomWeights(layout)
        let activation = RandomActivation(rows: rows, groups: groups, &random)

        let stride = (outputs + 15) / 16 * 16 + (random.oneIn(2) ? random.integer(0, 20) : 0)
        let expected = TestBuffer((rows - 1) * stride + (outputs + 15) / 16 * 16, random.floats())
        let actual = TestBuffer(copying: expected)
        let other = TestBuffer(expected.count, random.floats())
        let addend = random.integer(0, 2)
        let first = random.oneIn(2) ? 0 : random.integer(0, (outputs - 1) / 16) * 16
        let end = random.oneIn(2) ? outputs : Swift.min(outputs, first + random.integer(1, 4) * 16)
        var task = MatrixTask(
            values: activation.values.pointer, scales: activation.scales.pointer, sums: activation.sums.pointer, weights: weights.pointer,
            addend: nil, output: expected.pointer, rows: Int32(rows), inputs: Int32(layout.inputs), outputs: Int32(outputs),
            outputStride: Int32(stride), format: format)
        task.addend = addend == 0 ? nil : addend == 1 ? UnsafePointer(other.pointer) : UnsafePointer(expected.pointer)
        reference.matrix(&task, Int32(first), Int32(end))
        task.output = actual.pointer
        if addend == 2 { task.addend = UnsafePointer(actual.pointer) }
        table.matrix(&task, Int32(first), Int32(end))
        if end == outputs {
            // What outputs that aren't there get is nobody's concern.
            for row in 0..<rows {
                for output in outputs..<(outputs + 15) / 16 * 16 { expected.pointer[row * stride + output] = actual[row * stride + output] }
            }
        }
        compareBits(actual, expected,
            "matrix \(index) (format \(format.name), \(rows) rows, \(layout.inputs) to \(outputs), stride \(stride), outputs "
                + "\(first)..<\(end), addend \(addend))")
    }

    /// Random bits for q, half floats of every size for scales and minima; zero scales where there is no output.
    private mutating func randomWeights(_ layout: MatrixLayout) -> TestBuffer<UInt8> {
        var source = random
        let weights = TestBuffer<UInt8>(layout.bytes) { UInt8(truncatingIfNeeded: source.next() >> 32) }
        let halves = layout.format.linesStart / 2
        let small = random.oneIn(4)
        for block in 0..<layout.bytes / layout.format.blockBytes {
            let start = weights.pointer + block * layout.format.blockBytes
            for i in 0..<halves {
                let isThere = block / layout.groups * 16 + i % 16 < layout.outputs
                let bits = isThere ? half(source.unit() * (small ? 1e-5 : 1)) : 0
                start[2 * i] = UInt8(truncatingIfNeeded: bits)
                start[2 * i + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            }
        }
        random = source
        return weights
    }

    mutating func quantizeGroupsCase(_ index: Int) {
        let groups = random.integer(1, 12)
        var source = random
        let subnormal = Float(bitPattern: 713_624)  // 1e-39
        let special = random.oneIn(3), magnitude: Float = random.oneIn(5) ? subnormal : random.oneIn(5) ? 1e36 : 3
        let x = TestBuffer<Float>(groups * 32) {
            guard special && source.oneIn(20) else { return source.unit() * magnitude }
            switch source.integer(0, 4) {
            case 0: return .nan
            case 1: return .infinity
            case 2: return -.infinity
            case 3: return -3e38
            default: return 0
            }
        }
        if random.oneIn(3) {
            for i in 0..<32 { x.pointer[i] = 0 }
        }
        // Halves of the scale: ties.
        if random.oneIn(3) {
            for i in 0..<32 { x.pointer[i] = Float(source.integer(-253, 253)) / 2 }
            x.pointer[7] = -127
        }
        random = source
        // Alone, with the rest right behind, or with a gap between that must stay as it is.
        let rest = random.oneIn(2) ? 0 : groups + random.integer(0, 2)
        let a = QuantizedGroups(groups + rest, &random)
        let b = QuantizedGroups(copying: a)
        reference.quantizeGroups(x.pointer, a.values.pointer, a.scales.pointer, a.sums.pointer, Int32(groups * 32), Int32(rest * 32))
        table.quantizeGroups(x.pointer, b.values.pointer, b.scales.pointer, b.sums.pointer, Int32(groups * 32), Int32(rest * 32))
        compare(b.values, a.values, "quantise groups \(index) (\(groups) groups)")
        compareBits(b.scales, a.scales, "quantise groups, scales \(index) (\(groups) groups)")
        compareBits(b.sums, a.sums, "quantise groups, sums \(index) (\(groups) groups)")
    }

    mutating func toHalvesCase(_ index: Int) {
        let count = random.integer(1, 100)
        var source = random
        let x = TestBuffer<Float>(count) {
            switch source.integer(0, 9) {
            case 0: Float(bitPattern: UInt32(truncatingIfNeeded: source.next() >> 32) & 0xBFFF_FFFF)
            case 1: source.unit() * 1e-5
            case 2: source.unit() * 7e4
            case 3: float(half: UInt16(truncatingIfNeeded: source.next() >> 40) & 0xBFFF) * 1.00048828125
            case 4: source.oneIn(2) ? .infinity : -.infinity
            default: source.unit()
            }
        }
        random = source
        let expected = TestBuffer<UInt16>(count) { 9 }, actual = TestBuffer(copying: expected)
        reference.toHalves(x.pointer, expected.pointer, Int32(count))
        table.toHalves(x.pointer, actual.pointer, Int32(count))
        report.cases += 1
        for i in 0..<actual.capacity where actual[i] != expected[i] && report.mismatch == nil {
            report.mismatch = "\(table.name) halves \(index) (\(count) elements): element \(i) is \(actual[i]), expected \(expected[i])"
        }
    }

    @inline(never)
    mutating func compareBits(_ actual: TestBuffer<Float>, _ expected: TestBuffer<Float>, _ what: String) {
        report.cases += 1
        guard report.mismatch == nil else { return }
        for i in 0..<actual.capacity where actual[i].bitPattern != expected[i].bitPattern {
            report.mismatch = "\(table.name) \(what): element \(i) has the bits \(actual[i].bitPattern), expected "
                + "\(expected[i].bitPattern)"
            return
        }
    }
}

/// Rows of quantised activations.
struct RandomActivation {
    let values: TestBuffer<Int8>
    let scales, sums: TestBuffer<Float>

    init(rows: Int, groups: Int, _ random: inout CaseRandom) {
        var source = random
        let extreme = source.oneIn(4)
        values = TestBuffer(rows * groups * 32) { extreme ? (source.oneIn(8) ? -127 : 127) : Int8(source.integer(-127, 127)) }
        scales = TestBuffer(rows * groups) { source.oneIn(20) ? 0 : source.unit().magnitude * 0.01 }
        sums = TestBuffer(rows * groups) { 0 }
        for group in 0..<rows * groups {
            var sum = 0
            for i in 0..<32 { sum += Int(values[group * 32 + i]) }
            sums.pointer[group] = Float(sum)
        }
        random = source
    }
}

/// Room for what quantising gives, filled with noise.
struct QuantizedGroups {
    let values: TestBuffer<Int8>
    let scales, sums: TestBuffer<Float>

    init(_ groups: Int, _ random: inout CaseRandom) {
        values = TestBuffer(groups * 32, random.bytes(-128, 127))
        scales = TestBuffer(groups, random.floats())
        sums = TestBuffer(groups, random.floats())
    }

    /// Value i with what its rounding left.
    func sum(_ i: Int, rest: Int) -> Float { scales[i / 32] * Float(values[i]) + scales[(i + rest) / 32] * Float(values[i + rest]) }

    init(copying other: QuantizedGroups) {
        values = TestBuffer(copying: other.values)
        scales = TestBuffer(copying: other.scales)
        sums = TestBuffer(copying: other.sums)
    }
}
