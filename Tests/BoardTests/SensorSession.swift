import Board
import Platform
@testable import Sensors
@testable import VirtualBoard

/// A simulated board in fast time with one chip on its bus, and a driver that reads it.
final class SensorSession {
    let board = SimulatedBoard(fast: true)
    let bus: SimulatedBus
    let sensor: InertialSensor
    let chip: RegisterChip
    let trace = SampleTrace(capacity: 200_000)
    private(set) var samples: [InertialSample] = []
    private let set: WaitSet
    private let buffer = UnsafeMutableBufferPointer<InertialSample>.allocate(capacity: 64)

    var address: UInt8 { sensor.address }

    init(_ kind: InertialChip, rate: Float = 200, drift: Double = 0, line: Bool = true, motion: any Motion = RockingMotion(),
         options: ChipOptions = ChipOptions(seed: 3), magnetometer: MagnetometerChip? = nil,
         use: MagnetometerUse = .none, change: (inout SensorConfiguration) -> Void = { _ in }) throws {
        bus = board.addBus("/dev/i2c-1")
        var options = options
        options.drift = drift
        chip = kind.simulated(motion: motion, options: options)
        chip.trace = trace
        bus.attach(chip, at: kind.description.addresses[0])
        if let magnetometer {
            bus.attach(magnetometer.simulated(motion: motion, options: options), at: magnetometer.description.addresses[0])
        }
        chip.pin.line = board.addLine("gpiochip0/4", "imu-ready")
        var request = LineRequest(line: "imu-ready")
        request.edges = .rising
        let input = line ? try board.openInput(request) : nil
        set = try board.makeWaitSet(line ? [input!] : [])
        var configuration = SensorConfiguration()
        configuration.rateHertz = rate
        configuration.magnetometer = use
        change(&configuration)
        let board = board
        sensor = try InertialSensor(configuration: configuration, bus: bus, dataReady: input, time: { board.now() })
    }

    deinit { buffer.deallocate() }

    /// The sensor thread, for a while; samples are kept unless they are only to be counted.
    func run(seconds: Double, keep: Bool = true, until stop: () -> Bool = { false }) {
        let end = board.now() + Int64(seconds * 1e9)
        while board.now() < end, !stop() {
            let next = sensor.update(now: board.now())
            while true {
                let count = sensor.takeSamples(buffer)
                if keep { for index in 0..<count { samples.append(buffer[index]) } }
                if count < buffer.count { break }
            }
            _ = set.wait(untilNanoseconds: min(next, end))
        }
    }

    struct Timing {
        var rootMeanSquareMicroseconds = 0.0, worstMicroseconds = 0.0
        /// True samples between the first and the last that no stamp belongs to, and stamps that share one.
        var gaps = 0, duplicates = 0
    }

    /// Stamps against the chip's true sample times, each with the nearest.
    func timing(from start: Int = 0) -> Timing {
        var result = Timing(), squares = 0.0, last = -1
        var index = max(0, trace.count - trace.capacity)
        for sample in samples[start...] {
            func distance(_ index: Int) -> Int64 { abs((trace.time(index) ?? .max / 2) - sample.timestampNanoseconds) }
            while index + 1 < trace.count, distance(index + 1) < distance(index) { index += 1 }
            let error = Double(distance(index))
            squares += error * error
            result.worstMicroseconds = max(result.worstMicroseconds, error / 1000)
            if last >= 0 {
                if index == last { result.duplicates += 1 } else { result.gaps += index - last - 1 }
            }
            last = index
        }
        result.rootMeanSquareMicroseconds = (squares / Double(max(1, samples.count - start))).squareRoot() / 1000
        return result
    }
}
