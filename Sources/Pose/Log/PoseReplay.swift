import Platform

/// How a log is replayed; as it stands, live and with everything that the log has.
public struct PoseReplayOptions: Sendable {
    public var parameters = PoseParameters()
    /// Leave the magnetometer out.
    public var is6D = false
    /// Forwards and backwards over the whole log.
    public var isOffline = false
    /// Samples a second where the log has no times.
    public var rateHertz: Float?
    /// How far ahead to predict, seconds; nil for not at all.
    public var predictionSeconds: Float?
    /// Columns of the reference attitude.
    public var reference: [String]?
    public init() {}
}

/// One sample's outcome.
public struct PoseRecord: Sendable {
    public var timeSeconds: Double
    public var attitude: Attitude
    /// Expected after `predictionSeconds`.
    public var predicted: Attitude?
    /// rad/s
    public var bias: SIMD3<Float>
    /// Gravity removed, earth frame, m/s².
    public var linearAcceleration: SIMD3<Float>
    public var isResting: Bool
    public var isDisturbed: Bool
    public var gestures: Gestures
    /// Against the reference, degrees.
    public var error: (total: Float, heading: Float, inclination: Float)?
}

/// A log through the filter, sample by sample. In order of time memory doesn't grow with the log (with a reference: 8
/// bytes a sample for the error's statistics); offline needs the whole log at once.
public struct PoseReplay {
    private var log: PoseLog
    private let options: PoseReplayOptions
    private var clock: SampleClock
    private var elapsed = 0.0
    private var filter: PoseFilter
    private var units = UnitCheck()
    private var predictor = PosePredictor()
    private var acceleration = LinearAcceleration()
    private var gestures = GestureDetector()
    private var fusion: NetworkFusion?
    private var smoother: PoseSmoother?
    private var smoothedRows: [(row: LogRow, interval: Float, time: Double)] = []
    private var position = 0
    /// Predictions that wait for their time: due time and attitude.
    private var waiting: [(due: Double, attitude: Attitude)] = []
    private var waitingStart = 0
    private var previous: (time: Double, attitude: Attitude)?
    public private(set) var errors = AttitudeError()
    public private(set) var predictionErrors = AttitudeError()
    public private(set) var samples = 0

    /// Whether attitudes are 9D: the log has a magnetometer, and it isn't left out.
    public var usesMagnetometer: Bool { log.hasMagnetometer && !options.is6D }
    /// At the end: what of the log could not be read.
    public var note: String? { log.note }
    public var hasReference: Bool { log.hasReference }
    public var counters: PoseCounters { filter.counters }
    /// How often the log's clock was set back, and how often it was set forward or the recording stood still.
    public var clockJumps: (back: UInt32, forward: UInt32) { (clock.setBack, clock.setForward) }
    /// At the end: what speaks against the log's units; nil where nothing does.
    public var warning: String? { units.warning }

    static let offlineLimit = 20_000_000

    /// - Parameter network: fused with the live filter; with `isOffline` it is refused.
    public init(path: String, options: PoseReplayOptions, network: (any AttitudeNetwork)? = nil) throws(Failure) {
        if network != nil, options.isOffline {
            throw Failure(.usage, "a network goes with the live filter: leave --offline or --network out")
        }
        log = try PoseLog(path: path, reference: options.reference)
        guard log.hasTime || options.rateHertz != nil else {
            throw Failure(.usage, "\(path) has no time column: say its sample rate with --rate HZ")
        }
        self.options = options
        clock = SampleClock(usualInterval: options.rateHertz.map { 1 / $0 } ?? 0.01)
        filter = PoseFilter(options.parameters)
        fusion = network.map { NetworkFusion($0) }
        if options.isOffline { try smooth() }
    }

    private mutating func smooth() throws(Failure) {
        var row = LogRow()
        while try log.next(&row) {
            let interval = advance(row)
            guard smoothedRows.count < Self.offlineLimit else {
                throw Failure(.budget, "--offline takes logs of up to \(Self.offlineLimit) samples; leave it out to replay any length")
            }
            smoothedRows.append((row, interval, elapsed))
        }
        let useField = usesMagnetometer
        smoother = PoseSmoother(smoothedRows.map { Self.sample($0.row, $0.interval, useField) }, parameters: options.parameters,
                                useMagnetometer: useField)
    }

    private static func sample(_ row: LogRow, _ interval: Float, _ useField: Bool) -> PoseSample {
        // Magnetometers are slower than the rest: rows without a field are no bad readings.
        let hasField = useField && !(row.magnetometer.x.isNaN && row.magnetometer.y.isNaN && row.magnetometer.z.isNaN)
        return PoseSample(gyroscope: row.gyroscope, accelerometer: row.accelerometer, magnetometer: hasField ? row.magnetometer : nil,
                          interval: interval)
    }

    private mutating func advance(_ row: LogRow) -> Float {
        let interval = log.hasTime && options.rateHertz == nil ? clock.interval(at: row.timeSeconds) : clock.usual
        elapsed += Double(interval)
        return interval
    }

    /// The next sample's record; nil at the end of the log.
    public mutating func next() throws(Failure) -> PoseRecord? {
        var row = LogRow()
        var interval: Float
        var attitude: Attitude
        var time: Double
        if smoother != nil {
            guard position < smoothedRows.count else { return nil }
            (row, interval, time) = smoothedRows[position]
        } else {
            guard try log.next(&row) else { return nil }
            interval = advance(row)
            time = elapsed
        }
        let sample = Self.sample(row, interval, usesMagnetometer)
        filter.update(sample)
        units.add(sample.accelerometer, isResting: filter.isResting)
        attitude = usesMagnetometer ? filter.attitude9D : filter.attitude6D
        if fusion != nil { attitude = try fusion!.update(sample, filter: attitude) }
        predictor.update(filter, interval: interval)
        let linear = acceleration.update(filter, interval: interval)
        let found = gestures.update(filter, linearAcceleration: linear, interval: interval)
        var bias = filter.bias, isResting = filter.isResting, isDisturbed = usesMagnetometer && filter.isMagneticallyDisturbed
        if let smoother {
            attitude = smoother.attitudes[position]
            bias = smoother.biases[position]
            isResting = smoother.isResting[position]
            isDisturbed = usesMagnetometer && smoother.isDisturbed[position]
            position += 1
        }
        samples += 1
        let predicted = predict(attitude, now: time, isMoving: !isResting)
        var error: (total: Float, heading: Float, inclination: Float)?
        if log.hasReference {
            error = AttitudeError.of(attitude, reference: row.reference)
            errors.add(attitude, reference: row.reference, isMoving: row.isMoving)
        }
        if log.hasTime, row.timeSeconds.isFinite { time = row.timeSeconds }
        return PoseRecord(timeSeconds: time, attitude: attitude, predicted: predicted, bias: bias, linearAcceleration: linear,
                          isResting: isResting, isDisturbed: isDisturbed, gestures: found, error: error)
    }

    /// Judges what was predicted for now, then predicts anew.
    private mutating func predict(_ attitude: Attitude, now: Double, isMoving: Bool) -> Attitude? {
        guard let ahead = options.predictionSeconds else { return nil }
        while waitingStart < waiting.count, waiting[waitingStart].due <= now {
            let due = waiting[waitingStart]
            waitingStart += 1
            // Due times fall between samples: the attitude there is interpolated, unless a gap makes that a guess.
            guard let previous, now > previous.time, now - previous.time < 0.05, due.due >= previous.time else { continue }
            let share = Float((due.due - previous.time) / (now - previous.time))
            predictionErrors.add(due.attitude, reference: previous.attitude.mixed(with: attitude, share: share), isMoving: isMoving)
        }
        previous = (now, attitude)
        if waitingStart > 1024 {
            waiting.removeFirst(waitingStart)
            waitingStart = 0
        }
        let predicted = predictor.predict(attitude, seconds: ahead)
        if waiting.count < 100_000 { waiting.append((now + Double(ahead), predicted)) }
        return predicted
    }
}
