import Platform
import Testing
import Vision

/// A tensor view over an array, which must outlive it.
final class Numbers {
    let base: UnsafeMutableRawPointer
    let count: Int
    init(_ values: [Float]) {
        count = values.count
        base = .allocate(byteCount: max(4, values.count * 4), alignment: 16)
        for (index, value) in values.enumerated() { base.storeBytes(of: value, toByteOffset: index * 4, as: Float.self) }
    }
    init(bytes: [Int8]) {
        count = bytes.count
        base = .allocate(byteCount: max(4, bytes.count), alignment: 16)
        for (index, value) in bytes.enumerated() { base.storeBytes(of: value, toByteOffset: index, as: Int8.self) }
    }
    deinit { base.deallocate() }
    func view(channels: Int) -> TensorView { TensorView(base: base, element: .float32, pixels: count / channels, channels: channels) }
}

@Suite struct DetectionTests {
    @Test func overlapOfBoxes() {
        let a = Rectangle(left: 0, top: 0, right: 10, bottom: 10)
        #expect(overlap(a, a) == 1)
        #expect(overlap(a, Rectangle(left: 5, top: 0, right: 15, bottom: 10)) == Float(50) / 150)
        #expect(overlap(a, Rectangle(left: 10, top: 0, right: 20, bottom: 10)) == 0)
        #expect(overlap(a, Rectangle(left: 3, top: 3, right: 3, bottom: 9)) == 0)
    }

    @Test func suppressionIsByClassAndGreedy() {
        func box(_ left: Float, _ index: Int, _ score: Float) -> Detection {
            Detection(box: Rectangle(left: left, top: 0, right: left + 10, bottom: 10), index: index, score: score)
        }
        // 0 hides 2 (overlap 0.67); 4 overlaps 2 but not 0, so it stays; another class is untouched.
        let kept = suppressOverlaps([box(4, 1, 0.7), box(2, 1, 0.8), box(0, 1, 0.9), box(0, 2, 0.6)], threshold: 0.5)
        #expect(kept == [box(0, 1, 0.9), box(4, 1, 0.7), box(0, 2, 0.6)])
        #expect(suppressOverlaps([], threshold: 0.5).isEmpty)
        let many = (0..<500).map { box(Float($0) * 20, 0, 0.5) }
        #expect(suppressOverlaps(many, threshold: 0.5, limit: 7).count == 7)
        #expect(suppressOverlaps(many, threshold: 0.5, limit: 1000, candidates: 11).count == 11)
    }

    @Test func yoloxCellsBecomeBoxes() throws {
        // Input 16x16, strides 8 and 16: 4 + 1 cells of 2 classes.
        var values = [Float](repeating: 0, count: 5 * 7)
        // Cell (1, 1) of stride 8: centre (0.5 + 1) * 8 = 12, (0.25 + 1) * 8 = 10; width e^0 * 8, height 2 * 8.
        values.replaceSubrange(3 * 7..<4 * 7, with: [0.5, 0.25, 0, 0.6931472, 0.9, 0.1, 0.8])
        // The cell of stride 16 stays below the threshold by the product alone.
        values.replaceSubrange(4 * 7..<5 * 7, with: [0, 0, 0, 0, 0.5, 0.5, 0.1])
        let numbers = Numbers(values)
        let decoder = YOLOXDecoder(inputWidth: 16, inputHeight: 16, strides: [8, 16], scoreThreshold: 0.3)
        let found = try decoder.decode([numbers.view(channels: 7)])
        #expect(found.count == 1)
        let only = try #require(found.first)
        #expect(only.index == 1 && abs(only.score - 0.72) < 1e-5)
        for (side, want) in zip([only.box.left, only.box.top, only.box.right, only.box.bottom], [Float(8), 2, 16, 18]) {
            #expect(abs(side - want) < 1e-4)
        }
        // The same in one tensor a stride.
        let first = Numbers(Array(values[0..<28])), second = Numbers(Array(values[28...]))
        #expect(try decoder.decode([first.view(channels: 7), second.view(channels: 7)]) == found)
        withExtendedLifetime((numbers, first, second)) {}
    }

    @Test func yoloxRefusesWrongShapesAndNonsense() throws {
        let decoder = YOLOXDecoder(inputWidth: 16, inputHeight: 16, strides: [8, 16], scoreThreshold: 0.3)
        let short = Numbers([Float](repeating: 0, count: 4 * 7))
        #expect(throws: Failure.self) { try decoder.decode([short.view(channels: 7)]) }
        #expect(throws: Failure.self) { try decoder.decode([]) }
        let wild = Numbers((0..<35).map { [Float.nan, .infinity, -.infinity, 1e38, 1][$0 % 5] })
        for detection in try decoder.decode([wild.view(channels: 7)]) { #expect(detection.box.area.isFinite) }
        withExtendedLifetime((short, wild)) {}
    }

    @Test func ssdOutputsBecomeBoxes() throws {
        let boxes = Numbers([0.1, 0.2, 0.5, 0.6, 0, 0, 1, 1, .nan, 0, 0, 0]), classes = Numbers([3, 7, 1]),
            scores = Numbers([0.9, 0.2, 0.9]), count = Numbers([3])
        let reader = SSDReader(inputWidth: 300, inputHeight: 200)
        let found = try reader.read([boxes.view(channels: 4), classes.view(channels: 3), scores.view(channels: 3), count.view(channels: 1)])
        #expect(found.count == 1 && found[0].index == 3 && found[0].score == 0.9)
        #expect(abs(found[0].box.left - 60) < 1e-3 && abs(found[0].box.bottom - 100) < 1e-3)
        #expect(throws: Failure.self) { try reader.read([boxes.view(channels: 4)]) }
        // A count beyond the tensors is cut.
        let lie = Numbers([1e9])
        #expect(try reader.read([boxes.view(channels: 4), classes.view(channels: 3), scores.view(channels: 3), lie.view(channels: 1)]).count
                == 1)
        withExtendedLifetime((boxes, classes, scores, count, lie)) {}
    }

    @Test func topClassesOfLogitsAndProbabilities() {
        let logits = Numbers([1, 3, 2, 3, -5])
        let best = topClasses(logits.view(channels: 5), count: 3)
        #expect(best.map { $0.index } == [1, 3, 2])
        let total = [1, 3, 2, 3, -5].reduce(0.0) { $0 + Double.exponential($1) }
        #expect(abs(Double(best[0].probability) - Double.exponential(3) / total) < 1e-5)
        let probabilities = Numbers([0.1, 0.7, 0.2])
        #expect(topClasses(probabilities.view(channels: 3), count: 2)
                == [Classification(index: 1, probability: 0.7), Classification(index: 2, probability: 0.2)])
        // int8 probabilities: scale 1/256, zero point -128.
        let quantised = Numbers(bytes: [-128, 0, 64])
        let view = TensorView(base: quantised.base, element: .int8(scale: 1.0 / 256, zeroPoint: -128), pixels: 1, channels: 3)
        #expect(topClasses(view, count: 1) == [Classification(index: 2, probability: 0.75)])
        let damaged = Numbers([.nan, 2])
        #expect(topClasses(damaged.view(channels: 2), count: 5).map { $0.index } == [1])
        withExtendedLifetime((damaged, logits, probabilities, quantised)) {}
    }

    @Test func numbersAreRead() {
        for (text, value) in [("127", 127), ("-0.5", -0.5), ("+2.", 2), ("1e-3", 0.001), ("2.5E2", 250), (" 8 ", 8)] as [(String, Float)] {
            #expect(decimal(text) == value)
        }
        for text in ["", "-", "x", "1x", "1e", "1e999", "..", "1 2", "nan"] { #expect(decimal(text) == nil) }
        #expect(split("a,,b", at: ",") == ["a", "", "b"])
    }
}

extension Double {
    /// exp by its series, apart from the C library's.
    static func exponential(_ x: Double) -> Double {
        var term = 1.0, sum = 1.0
        for n in 1..<80 {
            term *= x / Double(n)
            sum += term
        }
        return sum
    }
}
