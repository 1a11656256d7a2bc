import Engine
import Nest
import Platform
import Pose

/// An attitude network on the engine, such as RIANN: takes accelerometer (m/s²), gyroscope (rad/s) and interval (s) in
/// one input of seven, gives w, x, y, z; further outputs are states that go back into the inputs in the same places.
public final class EngineNetwork: AttitudeNetwork {
    private let model: Model
    private let states: [PageMemory]

    /// Fails with `unsupported` where the model's inputs and outputs aren't those.
    public init(_ model: Model) throws(Failure) {
        let name = model.nest.name
        guard model.inputCount >= 1, model.inputCount == model.outputCount, Self.isDense(model.inputRecord(0), 7),
              Self.isDense(model.outputRecord(0), 4) else {
            throw Failure(.unsupported,
                "\(name) is no attitude network: it must take 7 numbers (acceleration, rate, interval) and give 4 (w, x, y, z), and its "
                    + "states")
        }
        var states: [PageMemory] = []
        for index in 1..<model.inputCount {
            let state = model.inputRecord(index)
            guard Self.isDense(state, state.elements), Self.isDense(model.outputRecord(index), state.elements) else {
                throw Failure(.unsupported, "\(name) is no attitude network: output \(index) doesn't fit input \(index)")
            }
            states.append(try PageMemory(count: state.elements * 4))
        }
        self.model = model
        self.states = states
    }

    private static func isDense(_ record: TensorRecord, _ count: Int) -> Bool {
        record.type == .float32 && record.elements == count && (record.pixels == 1 || record.pixelStride == record.channels)
    }

    /// One step.
    public func attitude(gyroscope: SIMD3<Float>, accelerometer: SIMD3<Float>, interval: Float) throws(Failure) -> Attitude {
        let x = model.input(0).baseAddress!.assumingMemoryBound(to: Float.self)
        (x[0], x[1], x[2]) = (accelerometer.x, accelerometer.y, accelerometer.z)
        (x[3], x[4], x[5], x[6]) = (gyroscope.x, gyroscope.y, gyroscope.z, interval)
        for (index, state) in states.enumerated() {
            let input = model.input(index + 1)
            input.baseAddress!.copyMemory(from: state.baseAddress, byteCount: input.count)
        }
        try model.run()
        for (index, state) in states.enumerated() {
            let output = model.output(index + 1)
            state.baseAddress.copyMemory(from: output.baseAddress!, byteCount: output.count)
        }
        let q = model.output(0).baseAddress!.assumingMemoryBound(to: Float.self)
        return Attitude(q[0], q[1], q[2], q[3])
    }

    /// Forgets everything before.
    public func restart() {
        model.reset()
        for state in states { state.baseAddress.initializeMemory(as: UInt8.self, repeating: 0, count: state.bytes.count) }
    }
}
