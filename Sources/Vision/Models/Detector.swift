import Engine
import Nest
import Platform

/// A model that finds objects.
public final class Detector {
    public let model: Model
    public let labels: [String]
    public let input: NetworkInput
    public var scoreThreshold: Float
    public var overlapThreshold: Float
    private let preprocessor: ImagePreprocessor
    private let decoder: Decoder
    private var placements: [Placement?]

    private enum Decoder {
        case yolox([Int])
        case ssd
    }

    /// - Throws: `.unsupported` where the model's input isn't a picture or its decoder isn't known.
    public init(_ model: Model, scoreThreshold: Float = 0.3, overlapThreshold: Float = 0.45) throws(Failure) {
        self.model = model
        self.scoreThreshold = scoreThreshold
        self.overlapThreshold = overlapThreshold
        input = try NetworkInput(of: model)
        preprocessor = try ImagePreprocessor(input)
        labels = labelLines(model.metadata("labels"))
        placements = [Placement?](repeating: nil, count: Int(model.inputRecord(0).batch))
        let name = model.metadata("detect.decoder") ?? "none"
        switch name {
        case "ssd": decoder = .ssd
        case "yolox":
            var strides: [Int] = []
            for part in split(model.metadata("detect.strides") ?? "8,16,32", at: ",") {
                guard let stride = Int(part), stride > 0, stride <= 4096 else {
                    throw Failure(.badFormat, "the model's detect.strides isn't a list of whole numbers")
                }
                strides.append(stride)
            }
            decoder = .yolox(strides)
        default:
            throw Failure(.unsupported,
                          "the model isn't a detector that this program can read (detect.decoder is \(name)); yolox and ssd are known")
        }
    }

    /// Images that one run takes.
    public var batch: Int { placements.count }

    /// Puts a picture in place `slot` of the next run's batch.
    public func load(_ image: Image, slot: Int = 0) {
        load(frame: image.pixels, format: FrameFormat(width: image.width, height: image.height, format: .rgb24), slot: slot)
    }

    /// Puts a frame in place `slot` and remembers where it went; `format` must have passed `check()`.
    public func load(frame: UnsafePointer<UInt8>, format: FrameFormat, slot: Int = 0) {
        placements[slot] = preprocessor.run(frame: frame, format: format, into: model.input(0).baseAddress! + slot * input.byteCount)
    }

    /// Looks for objects in what has been loaded; fails as the model's run does.
    public func run() throws(Failure) { try model.run() }

    /// The objects in the picture in `slot`, best first, in pixels of a picture of `width` x `height` (the one
    /// loaded, or its full size where a smaller one was).
    public func detections(slot: Int = 0, loaded: (width: Int, height: Int), width: Int, height: Int) throws(Failure) -> [Detection] {
        guard let placement = placements[slot] else { return [] }
        var found: [Detection] = []
        try candidates(try outputs(slot)) { found.append($0) }
        let scaleX = Float(width) / Float(loaded.width), scaleY = Float(height) / Float(loaded.height)
        var result: [Detection] = []
        for detection in suppressOverlaps(found, threshold: overlapThreshold) {
            var inside = detection.inPicture(placement, width: loaded.width, height: loaded.height)
            inside.box = Rectangle(left: inside.box.left * scaleX, top: inside.box.top * scaleY, right: inside.box.right * scaleX,
                                   bottom: inside.box.bottom * scaleY)
            if inside.box.area > 0 { result.append(inside) }
        }
        return result
    }

    /// What a picture's answer is read from; the same memory on every run.
    func outputs(_ slot: Int) throws(Failure) -> [TensorView] {
        var outputs: [TensorView] = []
        for index in 0..<model.outputCount { outputs.append(try TensorView(model: model, output: index, image: slot)) }
        return outputs
    }

    /// Every box at or above the threshold, overlapping ones too, in pixels of the network's input. Allocates nothing.
    func candidates(_ outputs: [TensorView], take: (Detection) -> Void) throws(Failure) {
        switch decoder {
        case .yolox(let strides):
            try YOLOXDecoder(inputWidth: input.width, inputHeight: input.height, strides: strides,
                             scoreThreshold: scoreThreshold).decode(outputs, take: take)
        case .ssd:
            try SSDReader(inputWidth: input.width, inputHeight: input.height, scoreThreshold: scoreThreshold).read(outputs, take: take)
        }
    }

    /// The name of a class, or "class" and its number where the model names none.
    public func label(_ index: Int) -> String { labels.indices.contains(index) ? labels[index] : "class \(index)" }
}
