import Pose

/// What a sensor thread tells the rest: fixed size, no references, so that it fits a ring.
public struct FirmwareEvent: Sendable {
    /// What happened, and with it what `value` and `sequence` mean.
    public enum Kind: UInt8, Sendable {
        /// An input changed; `value` is 1 where it became active, `sequence` the line's count of edges.
        case edge
        /// `value` holds `Gestures`.
        case gesture
        /// A sensor came to rest, left it, or the field around it became disturbed or quiet; `value` is 1 or 0.
        case rest, disturbance
        /// A sensor's state; `value` is a `SensorState`.
        case sensorState
        /// A power monitor's state; `source` is the monitor's number.
        case meterState
        /// A sensor's fault counters moved; `value` is a `SensorFault`, `sequence` its count.
        case fault
        /// A power monitor's, as a sensor's.
        case meterFault
        /// The thread was late by `value` microseconds: it was not run in time.
        case late
        /// The microphone came, went or went silent; `value` is a `MicrophoneState`.
        case microphoneState
        /// The microphone lost samples since nobody took them in time; `sequence` is how often so far.
        case overrun
    }

    public var kind: Kind
    /// Number of the sensor or the line it is about.
    public var source: UInt16
    /// Monotonic nanoseconds of the board's clock.
    public var timestampNanoseconds: Int64
    public var value: UInt32
    public var sequence: UInt32

    /// `time`: monotonic nanoseconds of the board's clock. `source` is cut to 16 bits.
    public init(_ kind: Kind, source: Int, at time: Int64, value: UInt32, sequence: UInt32 = 0) {
        self.kind = kind
        self.source = UInt16(truncatingIfNeeded: source)
        timestampNanoseconds = time
        self.value = value
        self.sequence = sequence
    }
}
