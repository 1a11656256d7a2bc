import Foundation
import Testing
import TestSupport
@testable import Vision

private let labels = repository.appendingPathComponent("models/imagenet-labels.json").path

/// What is a kind of what: the expected answers are WordNet's hypernyms, looked up by hand.
@Suite struct KindsTests {
    private let detector = ["person", "bird", "cat", "dog", "kite", "Traffic light", "zebra"]

    private func names(_ classifier: [String], _ detected: Int, _ index: Int, _ probability: Float = 0.9) -> Bool {
        Kinds(detector: detector, classifier: classifier).isName(Classification(index: index, probability: probability), of: detected)
    }

    @Test func aKindIsAName() {
        let classifier = ["nematode", "Beagle", "bald eagle, American eagle, Haliaeetus leucocephalus", " EGYPTIAN CAT", "sandbar", "kite"]
        #expect(names(classifier, 3, 1) && names(classifier, 1, 2) && names(classifier, 2, 3))
        // The bird of prey, not the toy.
        #expect(names(classifier, 1, 5) && !names(classifier, 4, 5))
        for detected in detector.indices { #expect(!names(classifier, detected, 0) && !names(classifier, detected, 4)) }
        #expect(!names(classifier, 2, 1) && !names(classifier, 3, 3))
    }

    @Test func uncertainAndUnknownAnswersAreNoNames() {
        #expect(names(["beagle"], 3, 0, Kinds.leastProbability) && !names(["beagle"], 3, 0, Kinds.leastProbability - 0.01))
        #expect(!names(["beagle"], 3, 0, .nan) && !names(["beagle"], 3, 7) && !names(["beagle"], 99, 0) && !names([], 3, 0))
        let kinds = Kinds(detector: detector, classifier: ["beagle", "traffic signal"])
        #expect(kinds.has(3) && kinds.has(5) && !kinds.has(0) && !kinds.has(6) && !kinds.has(-1))
    }

    /// The labels that `make models` and TFLite's models come with: more than 200 names under the 80 classes.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: labels), "`make models` fetches the labels"))
    func publishedLabelsAreKnown() throws {
        let labels = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: labels))) as? [String])
        let kinds = Kinds(detector: ["bird", "cat", "dog", "car", "bus", "truck", "train", "boat", "chair", "bottle", "cup"],
                          classifier: labels)
        var named = 0
        for index in labels.indices where (0..<11).contains(where: { kinds.isName(Classification(index: index, probability: 1), of: $0) }) {
            named += 1
        }
        #expect(named > 200)
    }
}
