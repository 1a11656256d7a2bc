import Engine
import Nest
import TestSupport
import Testing

/// Instructions between computed values, against plain loops.
struct ComputedOperandTests {
    @Test(arguments: [(1, 1, 1, 1, 1), (3, 4, 5, 7, 3), (3, 4, 5, 7, 1), (2, 1, 33, 17, 2)])
    func products(images: Int, rows: Int, depth: Int, columns: Int, others: Int) throws {
        var random = Random(31)
        let builder = NestBuilder()
        let a = builder.tensor(.float32, [images, 1, rows, depth]), b = builder.tensor(.float32, [others, 1, depth, columns])
        let y = builder.tensor(.float32, [images, 1, rows, columns])
        builder.emit(.product, [a, b], [y])
        let p = random.floats(images * rows * depth, -2...2), q = random.floats(others * depth * columns, -2...2)
        let model = try builder.model(inputs: [a, b], outputs: [y], threads: 2)
        model.set(0, p)
        model.set(1, q)
        try model.run()
        let answer = model.get(0, as: Float.self)
        for image in 0..<images {
            for row in 0..<rows {
                for column in 0..<columns {
                    var sum = 0.0
                    for k in 0..<depth {
                        let left = p[(image * rows + row) * depth + k]
                        sum += Double(left) * Double(q[((others == 1 ? 0 : image) * depth + k) * columns + column])
                    }
                    #expect(abs(Double(answer[(image * rows + row) * columns + column]) - sum) < 1e-4)
                }
            }
        }
    }

    @Test func choices() throws {
        var random = Random(32)
        let builder = NestBuilder(), shape = [2, 3, 5, 7]
        let inputs = (0..<3).map { _ in builder.tensor(.float32, shape) }, y = builder.tensor(.float32, shape)
        builder.emit(.select, inputs, [y])
        let c = random.int32s(210, 0...1).map { Float($0) }, a = random.floats(210, -2...2)
        let b = (0..<210).map { $0 % 3 == 0 ? Float.infinity : Float($0) }
        let model = try builder.model(inputs: inputs, outputs: [y], threads: 2)
        for (index, values) in [c, a, b].enumerated() { model.set(index, values) }
        try model.run()
        #expect(model.get(0, as: Float.self) == (0..<210).map { c[$0] != 0 ? a[$0] : b[$0] })
    }

    /// Rows by indices along two axes, negative ones from the end; those beyond an axis are its last or first.
    @Test(arguments: [1, 3]) func rowsByIndices(channels: Int) throws {
        let builder = NestBuilder()
        let x = builder.tensor(.float32, [1, 1, 12, channels]), places = builder.tensor(.int32, [1, 1, 5, 2])
        let y = builder.tensor(.float32, [1, 1, 5, channels])
        var attributes = RowsAttributes()
        (attributes.sizes[0], attributes.sizes[1]) = (3, 4)
        builder.emit(.rows, [x, places], [y], attributes.words)
        let model = try builder.model(inputs: [x, places], outputs: [y], threads: 2)
        model.set(0, (0..<12 * channels).map { Float($0) })
        model.set(1, [0, 0, 2, -1, 1, 2, -7, 1, .max, .min] as [Int32])
        try model.run()
        let wanted = [0, 11, 6, 1, 8].flatMap { row in (0..<channels).map { Float(row * channels + $0) } }
        #expect(model.get(0, as: Float.self) == wanted)
    }

    /// Of equal ones the first.
    @Test func placesOfTheGreatest() throws {
        let builder = NestBuilder()
        let x = builder.tensor(.int8, [2, 1, 4, 3], scale: 0.5), y = builder.tensor(.int32, [2, 1, 1, 3])
        builder.emit(.argumentMaximum, [x], [y])
        let model = try builder.model(inputs: [x], outputs: [y], threads: 2)
        model.set(0, [1, -5, 7, 1, -4, 7, 3, -4, 7, 3, -9, 6] + [9, 0, -128, 8, 0, -128, 7, 0, -128, 6, 0, -127] as [Int8])
        try model.run()
        #expect(model.get(0, as: Int32.self) == [2, 1, 0, 0, 0, 3])
    }

    /// float32 to int32 leaves out the fraction and keeps to the range; and back.
    @Test func wholeNumbers() throws {
        let builder = NestBuilder()
        let x = builder.tensor(.float32, [1, 1, 1, 6]), y = builder.tensor(.int32, [1, 1, 1, 6]), z = builder.tensor(.float32, [1, 1, 1, 6])
        builder.emit(.convert, [x], [y])
        builder.emit(.convert, [y], [z])
        let model = try builder.model(inputs: [x], outputs: [y, z], threads: 1)
        model.set(0, [2.9, -2.9, 3e9, -.infinity, .nan, 7] as [Float])
        try model.run()
        #expect(model.get(0, as: Int32.self) == [2, -2, .max, .min, 0, 7])
        #expect(model.get(1, as: Float.self) == [2, -2, 2147483648, -2147483648, 0, 7])
    }

    /// Logarithms of probabilities that are 0 in float32.
    @Test func logarithmsOfSoftmax() throws {
        var attributes = SoftmaxAttributes(beta: 1)
        attributes.logarithm = 1
        let builder = NestBuilder()
        let x = builder.tensor(.float32, [1, 1, 1, 3]), y = builder.tensor(.float32, [1, 1, 1, 3])
        builder.emit(.softmax, [x], [y], attributes.words)
        let model = try builder.model(inputs: [x], outputs: [y], threads: 1)
        model.set(0, [500, 0, 500] as [Float])
        try model.run()
        let answer = model.get(0, as: Float.self)
        for (value, right) in zip(answer, [-0.6931472, -500.6931472, -0.6931472] as [Float]) { #expect(abs(value - right) < 1e-4) }
    }
}
