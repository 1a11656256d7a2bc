import Engine
import Nest
import Platform

/// A streaming wake-word model on the engine, such as microWakeWord's: a few frames of features in, one probability out, and what it
/// remembers in the nest's state.
public final class WakeModel: WakeNetwork {
    public let framesOfRun: Int
    private let model: Model
    private let input: TensorRecord, output: TensorRecord

    /// Fails with `usage` where the model isn't one.
    public init(_ model: Model) throws(Failure) {
        guard model.inputCount == 1, model.outputCount == 1,
              model.inputRecord(0).channels == Int32(WakeFeatures.bands),
              model.inputRecord(0).pixelStride == Int32(WakeFeatures.bands), (1...100).contains(model.inputRecord(0).pixels),
              model.inputRecord(0).type == .int8, model.inputRecord(0).scale > 0, model.outputRecord(0).elements == 1,
              model.outputRecord(0).type == .int8, model.outputRecord(0).scale > 0 else {
            throw Failure(.usage, "\(model.nest.name) is no wake-word model: it must take frames of \(WakeFeatures.bands) features and "
                          + "give a probability, both in int8")
        }
        self.model = model
        input = model.inputRecord(0)
        output = model.outputRecord(0)
        framesOfRun = input.pixels
    }

    public func probability(_ features: UnsafeBufferPointer<Float>) throws(Failure) -> Float {
        let x = model.input(0).baseAddress!.assumingMemoryBound(to: Int8.self)
        for (index, value) in features.enumerated() {
            x[index] = Int8(max(-128, min(127, (value / input.scale).rounded(.toNearestOrEven) + Float(input.zeroPoint))))
        }
        try model.run()
        let y = model.output(0).baseAddress!.assumingMemoryBound(to: Int8.self)[0]
        return (Float(y) - Float(output.zeroPoint)) * output.scale
    }

    public func restart() { model.reset() }

    /// The detector that the model's metadata describe: `wake.word`, `wake.cutoff`, `wake.window`.
    /// Fails with `usage` where the model is no such model, with `badFormat` where they are wrong.
    public static func detector(_ model: Model) throws(Failure) -> WakeWordDetector {
        var settings = WakeSettings()
        if let text = model.metadata("wake.cutoff") {
            guard let cutoff = decimal(text), cutoff > 0, cutoff < 1 else {
                throw Failure(.badFormat, "\(model.nest.name): wake.cutoff = \(text); a number between 0 and 1 is expected")
            }
            settings.cutoff = cutoff
        }
        if let text = model.metadata("wake.window") {
            guard let window = Int(text), (1...100).contains(window) else {
                throw Failure(.badFormat, "\(model.nest.name): wake.window = \(text); a whole number from 1 to 100 is expected")
            }
            settings.window = window
        }
        return try WakeWordDetector(WakeModel(model), word: model.metadata("wake.word") ?? model.nest.name, settings: settings)
    }
}
