/// One set of samples taken together.
public struct PoseSample: Sendable {
    /// rad/s
    public var gyroscope: SIMD3<Float>
    /// m/s²
    public var accelerometer: SIMD3<Float>
    /// µT; nil where there is no magnetometer or it had no new sample.
    public var magnetometer: SIMD3<Float>?
    /// Seconds since the sample before.
    public var interval: Float

    public init(gyroscope: SIMD3<Float>, accelerometer: SIMD3<Float>, magnetometer: SIMD3<Float>? = nil, interval: Float) {
        self.gyroscope = gyroscope
        self.accelerometer = accelerometer
        self.magnetometer = magnetometer
        self.interval = interval
    }
}

extension PoseFilter {
    /// One sample; 6D where it has no magnetic field.
    @inlinable
    public mutating func update(_ sample: PoseSample) {
        update(gyroscope: sample.gyroscope, accelerometer: sample.accelerometer, magnetometer: sample.magnetometer,
               interval: sample.interval)
    }

    /// A batch, such as a sensor's queue read at once; attitudes go to `attitudes`, one a sample.
    /// - Precondition: `attitudes` holds as many as `samples`.
    public mutating func update(_ samples: UnsafeBufferPointer<PoseSample>, attitudes: UnsafeMutableBufferPointer<Attitude>) {
        precondition(attitudes.count >= samples.count)
        for index in samples.indices {
            update(samples[index])
            attitudes[index] = samples[index].magnetometer == nil ? attitude6D : attitude9D
        }
    }
}

/// Intervals from a log's or a sensor's own times: equal, backward and missing times are told apart.
public struct SampleClock: Sendable {
    private var last = Double.nan
    /// Assumed for the first sample, and where times are missing or jumped backwards, seconds.
    public private(set) var usual: Float
    private var lastStep: Float = 0
    /// Times more than a second before the one before: a clock that was set back.
    public private(set) var setBack: UInt32 = 0
    /// Times further ahead than a pause in the motion explains: a clock that was set forward, or a recording that stood still.
    public private(set) var setForward: UInt32 = 0

    /// `usualInterval`: seconds, for as long as the times tell nothing better.
    public init(usualInterval: Float) { usual = usualInterval }

    /// Seconds since the sample before; 0 for a duplicate or a small step back, which the filter leaves out.
    public mutating func interval(at seconds: Double) -> Float {
        guard seconds.isFinite else { return usual }
        let before = last
        guard before.isFinite else {
            last = seconds
            return usual
        }
        let step = seconds - before
        if step <= 0 {
            // More than a second back is a clock that was set, not a sample out of order.
            if step < -1 {
                setBack &+= 1
                last = seconds
                return usual
            }
            return 0
        }
        last = seconds
        let interval = Float(step)
        if PauseRule.isPause(interval, after: lastStep) { setForward &+= 1 }
        lastStep = interval
        if interval < 0.25 { usual += 0.05 * (interval - usual) }
        return interval
    }
}
