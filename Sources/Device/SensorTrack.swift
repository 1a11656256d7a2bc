import Board
import CLinux
import Platform
import Pose
import Sensors

/// One sensor in the loop: its samples through the attitude filter, the newest result readable by everybody.
public final class SensorTrack {
    public let source: SensorSource
    public let number: Int
    public let reading = SequenceLock(SensorReading())
    public let health = SequenceLock(SensorHealth())
    /// Of the test that was asked for last; nil until it is over.
    public let selfTest = SequenceLock<SelfTestResult?>(nil)
    /// Samples for a recorder, once one asks for them.
    public let recording: EventRing<InertialSample>
    /// Samples for who makes windows of them; nil where nobody does. Set before the loop starts.
    public private(set) var windowSamples: EventRing<InertialSample>?
    /// Samples for records of events; nil where none are kept. Set before the loop starts.
    public private(set) var recordSamples: EventRing<InertialSample>?
    /// How many of them a second were expected before the loop started.
    public private(set) var recordRateHertz: Float = 0
    private let recordingWanted = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let recordingClaimed = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

    private var filter: PoseFilter
    private var clock: SampleClock
    private var acceleration = LinearAcceleration()
    private var gestures = GestureDetector()
    private var current = SensorReading()
    private var currentHealth = SensorHealth()
    private var faultReport: FaultReport
    private var testing = false
    private let buffer: UnsafeMutableBufferPointer<InertialSample>
    private static let burst = 64

    init(_ source: SensorSource, number: Int, parameters: PoseParameters = PoseParameters()) {
        self.source = source
        self.number = number
        faultReport = FaultReport(.sensorState, .fault, number: number)
        filter = PoseFilter(parameters)
        clock = SampleClock(usualInterval: 1 / max(source.nominalRateHertz, 1))
        let none = InertialSample(timestampNanoseconds: 0, acceleration: .zero, angularRate: .zero)
        buffer = .allocate(capacity: Self.burst)
        buffer.initialize(repeating: none)
        recording = EventRing<InertialSample>(capacity: 4096)
        recordingWanted.initialize(to: 0)
        recordingClaimed.initialize(to: 0)
    }

    deinit {
        buffer.deallocate()
        recordingWanted.deallocate()
        recordingClaimed.deallocate()
    }

    /// Before the loop starts: somebody is going to make windows.
    func feedWindows() { windowSamples = EventRing<InertialSample>(capacity: 4096) }

    /// Before the loop starts: somebody is going to keep records. The ring holds four seconds, for storage that takes its time.
    func feedRecords() {
        recordRateHertz = source.nominalRateHertz
        recordSamples = EventRing<InertialSample>(capacity: max(256, 4 * Int(recordRateHertz)))
    }

    /// One recorder at a time; false where there is one. Samples of before are thrown away.
    public func claimRecording() -> Bool {
        guard linux_exchange(recordingClaimed, 1) == 0 else { return false }
        while recording.pop() != nil {}
        linux_store(recordingWanted, 1)
        return true
    }

    /// For who claimed it.
    public func releaseRecording() {
        linux_store(recordingWanted, 0)
        linux_store(recordingClaimed, 0)
    }

    /// One turn of the loop; when the sensor wants the next.
    func turn(now: Int64, board: Board, events: EventRing<FirmwareEvent>) -> Int64 {
        let next = source.update(now: now)
        while true {
            let count = source.takeSamples(buffer)
            for index in 0..<count { take(buffer[index], events) }
            if count < buffer.count { break }
        }
        if current.samples > 0 { reading.publish(current) }
        report(now: now, board: board, events)
        return next
    }

    private func take(_ sample: InertialSample, _ events: EventRing<FirmwareEvent>) {
        let interval = clock.interval(at: Double(sample.timestampNanoseconds) * 1e-9)
        let wasResting = filter.isResting, wasDisturbed = filter.isMagneticallyDisturbed
        filter.update(gyroscope: sample.angularRate, accelerometer: sample.acceleration,
                      magnetometer: sample.hasMagneticField ? sample.magneticField : nil, interval: interval)
        if sample.hasMagneticField {
            current.is9D = true
            current.magneticField = sample.magneticField
        }
        current.sample = sample
        current.samples &+= 1
        current.attitude = current.is9D ? filter.attitude9D : filter.attitude6D
        current.rate = filter.rate
        current.bias = filter.bias
        current.biasDeviation = filter.biasDeviation
        current.linearAcceleration = acceleration.update(filter, interval: interval)
        current.isResting = filter.isResting
        current.isDisturbed = current.is9D && filter.isMagneticallyDisturbed
        current.filterCounters = filter.counters
        let found = gestures.update(filter, linearAcceleration: current.linearAcceleration, interval: interval)
        let time = sample.timestampNanoseconds
        if !found.isEmpty { events.push(FirmwareEvent(.gesture, source: number, at: time, value: UInt32(found.rawValue))) }
        if filter.isResting != wasResting { events.push(FirmwareEvent(.rest, source: number, at: time, value: filter.isResting ? 1 : 0)) }
        if current.is9D, filter.isMagneticallyDisturbed != wasDisturbed {
            events.push(FirmwareEvent(.disturbance, source: number, at: time, value: filter.isMagneticallyDisturbed ? 1 : 0))
        }
        if linux_load(recordingWanted) != 0 { recording.push(sample) }
        windowSamples?.push(sample)
        recordSamples?.push(sample)
    }

    private func report(now: Int64, board: Board, _ events: EventRing<FirmwareEvent>) {
        let state = source.state, counters = source.counters
        faultReport.tell(state, counters, now: now, events)
        if !faultReport.hasBegun { faultReport.begin(counters, isOver: current.samples > 0) }
        currentHealth.state = state
        currentHealth.counters = faultReport.counted(counters)
        currentHealth.rateHertz = source.measuredRateHertz
        currentHealth.jitterMicroseconds = source.jitterMicroseconds
        let end = board.now()
        currentHealth.heartbeatNanoseconds = end
        if current.samples > 0, state == .running {
            let latency = Float(end - current.sample.timestampNanoseconds) * 1e-3
            currentHealth.latencyMicroseconds += 0.02 * (latency - currentHealth.latencyMicroseconds)
            currentHealth.largestLatencyMicroseconds = max(currentHealth.largestLatencyMicroseconds, latency)
        }
        health.publish(currentHealth)
        if state == .testing || testing { selfTest.publish(state == .testing ? nil : source.selfTestResult) }
        testing = state == .testing
    }
}
