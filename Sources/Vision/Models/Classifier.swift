import Engine
import Nest
import Platform

/// A model that names pictures.
public final class Classifier {
    public let model: Model
    public let labels: [String]
    public let input: NetworkInput
    private let preprocessor: ImagePreprocessor

    /// - Throws: `.unsupported` where the model's input isn't a picture, or its output no list of classes.
    public init(_ model: Model) throws(Failure) {
        self.model = model
        try Self.requireClasses(model)
        input = try NetworkInput(of: model)
        preprocessor = try ImagePreprocessor(input)
        labels = labelLines(model.metadata("labels"))
    }

    /// One score a class has a single axis; what has more (boxes, maps) would be given a class that means nothing.
    private static func requireClasses(_ model: Model) throws(Failure) {
        let output = model.outputRecord(0)
        var sizes: [Int32] = []
        for size in [output.height, output.width, output.channels] where size > 1 { sizes.append(size) }
        guard sizes.count != 1 else { return }
        var text = sizes.isEmpty ? "1" : ""
        for size in sizes { text += (text.isEmpty ? "" : "x") + "\(size)" }
        throw Failure(.unsupported, "the model's output of \(text) is no list of classes: it doesn't say what is in a picture")
    }

    /// Images that one run takes.
    public var batch: Int { Int(model.inputRecord(0).batch) }

    /// Puts a picture, or a region of it, in place `slot` of the next run's batch.
    public func load(_ image: Image, region: Rectangle? = nil, slot: Int = 0) {
        preprocessor.run(image, region: region, into: model.input(0).baseAddress! + slot * input.byteCount)
    }

    /// Puts a frame in place `slot`; `format` must have passed `check()`.
    public func load(frame: UnsafePointer<UInt8>, format: FrameFormat, slot: Int = 0) {
        preprocessor.run(frame: frame, format: format, into: model.input(0).baseAddress! + slot * input.byteCount)
    }

    /// Classifies what has been loaded; fails as the model's run does.
    public func run() throws(Failure) { try model.run() }

    /// The answers for the picture in `slot`.
    public func top(_ count: Int, slot: Int = 0) throws(Failure) -> [Classification] {
        topClasses(try TensorView(model: model, output: 0, image: slot), count: count)
    }

    /// The answers for what is inside a box of a picture, with a margin so that the fit's crop leaves the box whole.
    public func classify(_ box: Rectangle, of image: Image, count: Int) throws(Failure) -> [Classification] {
        let side = max(box.width, box.height) / (input.fit == .crop ? 0.875 : 1)
        let centerX = (box.left + box.right) / 2, centerY = (box.top + box.bottom) / 2
        load(image, region: Rectangle(left: centerX - side / 2, top: centerY - side / 2, right: centerX + side / 2,
                                      bottom: centerY + side / 2))
        try run()
        return try top(count)
    }

    /// The name of a class, or "class" and its number where the model names none.
    public func label(_ index: Int) -> String { labels.indices.contains(index) ? labels[index] : "class \(index)" }
}

/// One label a line; a last line break adds none.
public func labelLines(_ text: String?) -> [String] {
    guard let text else { return [] }
    var lines = split(text, at: "\n")
    if lines.last == "" { lines.removeLast() }
    return lines
}
