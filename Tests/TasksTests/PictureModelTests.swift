import Engine
import Foundation
import Kernels
import Platform
@testable import Tasks
import Testing
import TestSupport
import Vision

/// What a task makes of a network's output.
@Suite struct ScoreTests {
    private func probabilities(_ scores: [Float]) -> [Float] {
        var target = [Float](repeating: 9, count: scores.count)
        scores.withUnsafeBytes { bytes in
            let view = TensorView(base: bytes.baseAddress!, element: .float32, pixels: 1, channels: scores.count)
            target.withUnsafeMutableBufferPointer { Vision.probabilities(view, into: $0) }
        }
        return target
    }

    /// The same as `topClasses` gives, class by class; the softmax by its definition.
    @Test func probabilitiesAreThoseOfTheBestClasses() {
        var random = Random(3)
        for _ in 0..<100 {
            let scores = random.floats(10, -8...8)
            let found = probabilities(scores)
            let sum = scores.reduce(0) { $0 + exp(Double($1)) }
            for (index, score) in scores.enumerated() { #expect(abs(Double(found[index]) - exp(Double(score)) / sum) < 1e-5) }
            scores.withUnsafeBytes { bytes in
                let view = TensorView(base: bytes.baseAddress!, element: .float32, pixels: 1, channels: 10)
                for best in topClasses(view, count: 10) { #expect(abs(found[best.index] - best.probability) < 1e-6) }
            }
        }
        // Already probabilities: as they are.
        #expect(probabilities([0.25, 0.5, 0.25]) == [0.25, 0.5, 0.25])
        #expect(probabilities([.nan, 1, .infinity]) == [0, 1, 0] && probabilities([.nan]) == [0])
    }

    @Test func labelsAreFoundByOneOfTheirNames() {
        let labels = ["tabby, tabby cat", "crane", "traffic light,  traffic signal", "crane"]
        #expect(classes(called: "tabby", among: labels) == [0] && classes(called: "tabby, tabby cat", among: labels) == [0])
        #expect(classes(called: "crane", among: labels) == [1, 3] && classes(called: "traffic signal", among: labels) == [2])
        #expect(classes(called: "cat", among: labels).isEmpty && classes(called: "", among: []).isEmpty)
    }
}

private let detector = modelPath("yolox-nano")

@Suite(.enabled(if: FileManager.default.fileExists(atPath: detector), "models/yolox-nano.nest is not there")) struct PictureModelTests {
    /// A class's score is that of its best box, as the detector finds them.
    @Test func aDetectorsScoresAreThoseOfItsBestBoxes() throws {
        let model = try Model(path: detector, kernels: KernelTable.chosen(for: ProcessorFeatures.detect()), pool: ThreadPool(threads: 1))
        let picture = try PictureModel(model, scoreThreshold: 0.002), plain = try Detector(model, scoreThreshold: 0.002)
        let image = try Image(width: 416, height: 416)
        for index in 0..<image.byteCount { image.pixels[index] = UInt8(truncatingIfNeeded: index * index >> 9 ^ index >> 5) }
        picture.load(frame: image.pixels, format: FrameFormat(width: 416, height: 416, format: .rgb24))
        var instructions = 0
        let best = try picture.run { instructions += 1 }
        #expect(instructions == model.program.instructions.count && picture.labels.count == 80)
        plain.load(image)
        let found = try plain.detections(loaded: (416, 416), width: 416, height: 416)
        try #require(!found.isEmpty)
        for index in picture.scores.indices {
            let expected = found.filter { $0.index == index }.map { $0.score }.max() ?? 0
            // Suppression looks at a thousand boxes at most; what it never reached is below all others.
            #expect(abs(picture.scores[index] - expected) < 1e-6 || picture.scores[index] < found.map { $0.score }.min()!)
        }
        #expect(picture.scores[best] == found[0].score && picture.label(best) == plain.label(found[0].index))
    }
}
