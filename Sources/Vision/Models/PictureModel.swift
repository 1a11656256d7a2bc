import Engine
import Nest
import Platform

/// A classifier or a detector, asked for one score a class: the probability that the picture is of it, or the score of the
/// best box of it. Made once; after the first picture of a size nothing is allocated.
public final class PictureModel {
    public let model: Model
    /// Names of the classes, in the order of `scores`.
    public let labels: [String]
    public let input: NetworkInput
    /// Of the last run, one a class, 0 to 1.
    public let scores: UnsafeMutableBufferPointer<Float>
    private let kind: Kind

    private enum Kind {
        case classifier(Classifier, TensorView)
        case detector(Detector, [TensorView])
    }

    /// - Parameter scoreThreshold: of boxes; what is below counts as 0.
    /// - Throws: `.unsupported` where the model is neither.
    public init(_ model: Model, scoreThreshold: Float = 0.05) throws(Failure) {
        self.model = model
        let classes: Int
        if model.metadata("detect.decoder") != nil {
            let detector = try Detector(model, scoreThreshold: scoreThreshold)
            kind = .detector(detector, try detector.outputs(0))
            (labels, input) = (detector.labels, detector.input)
            classes = max(labels.count, Self.largestClassCount(model))
        } else {
            let classifier = try Classifier(model)
            let output = try TensorView(model: model, output: 0)
            kind = .classifier(classifier, output)
            (labels, input) = (classifier.labels, classifier.input)
            classes = output.count
        }
        scores = .allocate(capacity: max(1, classes))
        scores.initialize(repeating: 0)
    }

    deinit { scores.deallocate() }

    /// Cells of YOLOX have box, objectness and classes.
    private static func largestClassCount(_ model: Model) -> Int { max(1, Int(model.outputRecord(0).channels) - 5) }

    /// The name of a class, or "class" and its number where the model names none.
    public func label(_ index: Int) -> String { labels.indices.contains(index) ? labels[index] : "class \(index)" }

    /// Takes a frame for the next run; `format` must have passed `check()`.
    public func load(frame: UnsafePointer<UInt8>, format: FrameFormat) {
        switch kind {
        case .classifier(let classifier, _): classifier.load(frame: frame, format: format)
        case .detector(let detector, _): detector.load(frame: frame, format: format)
        }
    }

    /// Runs on what was loaded, calling `observe` after each instruction, and fills `scores`. The best class.
    public func run(observe: () -> Void) throws(Failure) -> Int {
        try model.run(observe: { _ in observe() })
        switch kind {
        case .classifier(_, let output): probabilities(output, into: scores)
        case .detector(let detector, let outputs):
            for index in scores.indices { scores[index] = 0 }
            // Suppression keeps the best box of every class, so it needn't be done here.
            try detector.candidates(outputs) { detection in
                if detection.index < scores.count { scores[detection.index] = max(scores[detection.index], detection.score) }
            }
        }
        var best = 0
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return best
    }
}

/// The classes that a label means: those called so, in full or by one of the names between commas ("tabby" of "tabby, tabby
/// cat"); several where several are.
public func classes(called name: String, among labels: [String]) -> [Int] {
    var found: [Int] = []
    for (index, label) in labels.enumerated() {
        if label == name || split(label, at: ",").contains(where: { splitWords($0).joined(separator: " ") == name }) { found.append(index) }
    }
    return found
}
