import Engine
import Platform
import Vision

/// A model that a task asks for one score a class: of a frame, or of a window of motion or sound.
public enum TaskModel {
    /// Classifies or detects in a frame.
    case picture(PictureModel)
    /// Classifies what a motion sensor felt.
    case window(WindowModel)
    /// Classifies what a microphone heard.
    case sound(SoundModel)

    /// By what its nest says of its input.
    /// - Throws: `.unsupported` where the model gives no scores.
    public init(_ model: Model) throws(Failure) {
        if model.metadata("window.columns") != nil {
            self = .window(try WindowModel(model))
        } else if SoundFormat.isThere(model.nest) {
            self = .sound(try SoundModel(model))
        } else {
            self = .picture(try PictureModel(model))
        }
    }

    /// What it takes, for people: "224x224", "50 rows", "0.98 s".
    public var inputTitle: String {
        switch self {
        case .picture(let picture): return "\(picture.input.width)x\(picture.input.height)"
        case .window(let window): return "\(window.format.rows) rows"
        case .sound(let sound): return "\(fixed(Float(sound.format.window) / Float(sound.format.rateHertz), decimals: 2)) s"
        }
    }

    /// What runs; nobody else has it.
    public var model: Model {
        switch self {
        case .picture(let picture): return picture.model
        case .window(let window): return window.model
        case .sound(let sound): return sound.model
        }
    }

    /// Names of the classes, in the order of `scores`; fewer where the model names none.
    public var labels: [String] {
        switch self {
        case .picture(let picture): return picture.labels
        case .window(let window): return window.labels
        case .sound(let sound): return sound.labels
        }
    }

    /// Of the last run, one a class, 0 to 1.
    public var scores: UnsafeMutableBufferPointer<Float> {
        switch self {
        case .picture(let picture): return picture.scores
        case .window(let window): return window.scores
        case .sound(let sound): return sound.scores
        }
    }

    /// Runs on what was loaded, calling `observe` after each instruction, and fills `scores`. The best class.
    public func run(observe: () -> Void) throws(Failure) -> Int {
        switch self {
        case .picture(let picture): return try picture.run(observe: observe)
        case .window(let window): return try window.run(observe: observe)
        case .sound(let sound): return try sound.run(observe: observe)
        }
    }
}
