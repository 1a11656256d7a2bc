import Engine
import Hearing
import Nest
import Platform
import Vision

/// A classifier of sound, window by window. Made once; allocates nothing afterwards.
public final class SoundModel {
    public let format: SoundFormat
    /// Names of the classes, in the order of `scores`; fewer where the model names none.
    public let labels: [String]
    /// Of the last run, one a class, 0 to 1.
    public let scores: UnsafeMutableBufferPointer<Float>
    let model: Model
    private let output: TensorView
    private let frames: LogMelFrames?
    private let features: UnsafeMutableBufferPointer<Float>

    /// Fails as `SoundFormat` does.
    public init(_ model: Model) throws(Failure) {
        self.model = model
        format = try SoundFormat(model.nest, model.program)
        labels = labelLines(model.metadata("labels"))
        output = try TensorView(model: model, output: format.output)
        if case .logMel(let settings, let count, _, _) = format.input {
            do throws(Failure) {
                frames = try LogMelFrames(settings)
            } catch {
                throw Failure(error.kind, "\(model.nest.name): \(error.description)")
            }
            features = .allocate(capacity: count * settings.bands)
        } else {
            frames = nil
            features = .allocate(capacity: 1)
        }
        features.initialize(repeating: 0)
        scores = .allocate(capacity: output.count)
        scores.initialize(repeating: 0)
    }

    deinit {
        features.deallocate()
        scores.deallocate()
    }

    /// For people; a class without a name has its number.
    public func label(_ index: Int) -> String { labels.indices.contains(index) ? labels[index] : "class \(index)" }

    /// - Parameter samples: `format.window` of them at `format.rateHertz`, full scale 1.
    public func load(_ samples: UnsafePointer<Float>) {
        switch format.input {
        case .samples: store(format.window) { samples[$0] }
        case .logMel(let settings, let count, let mean, let deviation):
            frames?.compute(samples, frames: count, into: features.baseAddress!)
            store(count * settings.bands) { (features[$0] - mean[$0 % settings.bands]) / deviation[$0 % settings.bands] }
        }
    }

    @inline(__always)
    private func store(_ count: Int, _ value: (Int) -> Float) {
        let record = model.inputRecord(0), input = model.input(0).baseAddress!
        let channels = Int(record.channels), stride = Int(record.pixelStride)
        for index in 0..<count {
            let place = index / channels * stride + index % channels
            switch record.type {
            case .int8:
                let step = (value(index) / record.scale).rounded(.toNearestOrEven) + Float(record.zeroPoint)
                input.storeBytes(of: Int8(max(-128, min(127, step))), toByteOffset: place, as: Int8.self)
            default: input.storeBytes(of: value(index), toByteOffset: place * 4, as: Float.self)
            }
        }
    }

    /// Runs on what was loaded, calling `observe` after each instruction, and fills `scores`. The best class. Fails as the model does.
    public func run(observe: () -> Void) throws(Failure) -> Int {
        try model.run(observe: { _ in observe() })
        if format.isIndependent {
            for index in scores.indices {
                let score = output[index]
                scores[index] = score.isFinite ? max(0, min(1, score)) : 0
            }
        } else {
            probabilities(output, into: scores)
        }
        var best = 0
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return best
    }
}
