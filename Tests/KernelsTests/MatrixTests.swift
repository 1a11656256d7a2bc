import CKernels
import Testing
@testable import Kernels

/// The reference of the matrix kernels, against weights unpacked the plain way and worked numbers.
@Suite struct MatrixTests {
    @Test func halvesAgreeWithTheProcessor() {
        var wrong = 0
        for bits in UInt16.min...UInt16.max {
            let value = Float16(bitPattern: bits)
            if value.isNaN {
                wrong += float(half: bits).isNaN ? 0 : 1
            } else {
                wrong += float(half: bits) == Float(value) && half(Float(value)) == bits ? 0 : 1
            }
        }
        var random = CaseRandom(seed: 5)
        for _ in 0..<100_000 {
            let x = Float(bitPattern: UInt32(truncatingIfNeeded: random.next() >> 32))
            let isRight = x.isNaN ? Float16(bitPattern: half(x)).isNaN : half(x) == Float16(x).bitPattern
            wrong += isRight ? 0 : 1
        }
        #expect(wrong == 0)
    }

    @Test(arguments: MatrixFormat.allCases)
    func packsAndUnpacks(format: MatrixFormat) throws {
        let outputs = 37, inputs = 96
        let layout = try #require(MatrixLayout(format: format, outputs: outputs, inputs: inputs))
        #expect(layout.bytes == 3 * 3 * format.blockBytes)
        var random = CaseRandom(seed: 3)
        let quanta = (0..<outputs * inputs).map { _ in Int8(random.integer(format.range.lowerBound, format.range.upperBound)) }
        let scales = (0..<outputs * layout.groups * format.scalesPerGroup).map { _ in half(random.unit()) }
        let minima = (0..<outputs * layout.groups).map { _ in half(random.unit()) }
        let packed = layout.pack(quanta, scales: scales, minima: minima)
        #expect(packed.count == layout.bytes)
        for output in 0..<outputs {
            for input in 0..<inputs {
                #expect(layout.quantum(output: output, input: input, in: packed) == Int(quanta[output * inputs + input]))
                let part = format == .q6 ? 16 : 32
                #expect(layout.scale(output: output, input: input, in: packed) == float(half: scales[(output * inputs + input) / part]))
            }
        }

        // One row of activations: the reference against sums in float64 over real weights.
        let values = (0..<inputs).map { _ in Int8(random.integer(-127, 127)) }
        let activationScales: [Float] = [0.5, 0.01, 3]
        let sums = (0..<3).map { group in Float(values[group * 32..<group * 32 + 32].reduce(0) { $0 + Int($1) }) }
        let addend = (0..<outputs).map { Float($0) }
        var output = [Float](repeating: .nan, count: 48)
        packed.withUnsafeBufferPointer { packed in
            values.withUnsafeBufferPointer { values in
                activationScales.withUnsafeBufferPointer { scales in
                    sums.withUnsafeBufferPointer { sums in
                        addend.withUnsafeBufferPointer { addend in
                            output.withUnsafeMutableBufferPointer { output in
                                var task = MatrixTask(
                                    values: values.baseAddress, scales: scales.baseAddress, sums: sums.baseAddress,
                                        weights: packed.baseAddress,
                                    addend: addend.baseAddress, output: output.baseAddress, rows: 1, inputs: Int32(inputs),
                                    outputs: Int32(outputs), outputStride: 48, format: format)
                                KernelTable.reference.matrix(&task, 16, Int32(outputs))
                            }
                        }
                    }
                }
            }
        }
        #expect(output[0..<16].allSatisfy { $0.isNaN })
        for o in 16..<outputs {
            var expected = Double(o), size = 0.0
            for i in 0..<inputs {
                let q = Double(Int(quanta[o * inputs + i]) - format.offset)
                let scale = Double(float(half: scales[(o * inputs + i) / (format == .q6 ? 16 : 32)]))
                let minimum = format.isAffine ? Double(float(half: minima[o * 3 + i / 32])) : 0
                let term = (scale * q + minimum) * Double(values[i]) * Double(activationScales[i / 32])
                expected += term
                size += abs(term)
            }
            #expect(abs(Double(output[o]) - expected) < size * 1e-6)
        }
    }

    @Test func refusesSizesThatCannotBe() {
        #expect(MatrixLayout(format: .q4, outputs: 0, inputs: 32) == nil)
        #expect(MatrixLayout(format: .q4, outputs: 16, inputs: 0) == nil)
        #expect(MatrixLayout(format: .q4, outputs: 16, inputs: 33) == nil)
        #expect(MatrixLayout(format: .q8, outputs: Int(Int32.max) - 15, inputs: Int.max / 64 * 32) == nil)
        #expect(MatrixLayout(format: .q8, outputs: Int.max, inputs: 32) == nil)
    }

    @Test func quantizesGroups() {
        var x = [Float](repeating: 0, count: 96)
        x[0] = -12.7
        x[1] = 0.05
        x[2] = 6.35
        x[64] = .infinity
        x[65] = .nan
        x[66] = 1
        var values = [Int8](repeating: 99, count: 96), scales = [Float](repeating: 99, count: 3), sums = scales
        KernelTable.reference.quantizeGroups(x, &values, &scales, &sums, 96, 0)
        #expect(Array(values[0..<4]) == [-127, 0, 64, 0])
        #expect(scales == [12.7 / 127, 0, Float.greatestFiniteMagnitude / 127])
        #expect(values[32..<64].allSatisfy { $0 == 0 })
        #expect(Array(values[64..<67]) == [127, 0, 0])
        #expect(sums == [-63, 0, 127])
    }

    /// The comparison must be able to fail.
    @Test func noticesWrongKernels() {
        var broken = KernelTable.reference
        broken.matrix = { task, first, end in
            KernelTable.reference.matrix(task, first, end)
            task.pointee.output[Int(end) - 1] = (task.pointee.output[Int(end) - 1]).nextUp
        }
        #expect(SelfTest.runLanguage(broken, casesPerKernel: 2).mismatch != nil)
        broken = .reference
        broken.attention = { task, row, first, end, scratch in
            KernelTable.reference.attention(task, row, first, end, scratch)
            task.pointee.output[Int(row) * Int(task.pointee.outputStride) + Int(first) * Int(task.pointee.headDimension)] += 1e-4
        }
        #expect(SelfTest.runLanguage(broken, casesPerKernel: 1).mismatch != nil)
    }
}
