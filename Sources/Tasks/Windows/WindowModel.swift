import Engine
import Nest
import Platform
import Vision

/// A classifier of motion windows. Made once; allocates nothing afterwards.
public final class WindowModel {
    let model: Model
    let labels: [String]
    let format: WindowFormat
    let scores: UnsafeMutableBufferPointer<Float>
    private let output: TensorView

    /// - Throws: `.unsupported` where the model takes or gives something else.
    init(_ model: Model) throws(Failure) {
        self.model = model
        let record = model.inputRecord(0)
        guard record.type == .float32 || record.type == .int8 else {
            throw Failure(.unsupported, "the model's input is neither int8 nor float32")
        }
        format = try WindowFormat({ model.metadata($0) }, input: record)
        labels = labelLines(model.metadata("labels"))
        output = try TensorView(model: model, output: 0)
        scores = .allocate(capacity: max(1, output.count))
        scores.initialize(repeating: 0)
    }

    deinit { scores.deallocate() }

    /// - Parameter rows: as many as the model takes, oldest first, as `MotionWindow` gives them.
    func load(_ rows: UnsafePointer<Float>) {
        let record = model.inputRecord(0), input = model.input(0).baseAddress!
        let channels = Int(record.channels), stride = Int(record.pixelStride), columns = format.columns.count
        for index in 0..<format.rows * columns {
            let column = index % columns, measured = rows[index / columns * MotionColumn.count + format.columns[column]]
            let value = (measured - format.mean[column]) / format.deviation[column]
            let place = index / channels * stride + index % channels
            switch record.type {
            case .int8:
                let step = (value / record.scale).rounded(.toNearestOrEven) + Float(record.zeroPoint)
                input.storeBytes(of: Int8(max(-128, min(127, step))), toByteOffset: place, as: Int8.self)
            default: input.storeBytes(of: value, toByteOffset: place * 4, as: Float.self)
            }
        }
    }

    func run(observe: () -> Void) throws(Failure) -> Int {
        try model.run(observe: { _ in observe() })
        probabilities(output, into: scores)
        var best = 0
        for index in scores.indices where scores[index] > scores[best] { best = index }
        return best
    }
}
