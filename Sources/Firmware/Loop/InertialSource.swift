import Board
import Platform

/// How a sensor is doing, for people.
public enum SensorState: UInt8, Sendable {
    case starting, running, recovering, failed, ended

    public var name: String {
        switch self {
        case .starting: return "starting"
        case .running: return "running"
        case .recovering: return "recovering"
        case .failed: return "failed"
        case .ended: return "ended"
        }
    }
}

/// Where inertial samples come from, as the sensor loop sees it. Everything here is called by one thread alone, and
/// allocates nothing.
public protocol InertialSource: AnyObject {
    /// What logs and commands call it.
    var name: String { get }
    /// The chip as found: "MPU-9250 at 0x68 on /dev/i2c-1".
    var title: String { get }
    /// Samples a second that were asked for, as the chip rounds them.
    var nominalRateHertz: Float { get }
    /// Does what is due, without waiting for more than the bus; when it wants to be called again.
    func update(now: Int64) -> Int64
    /// Takes samples read so far, oldest first; the number taken.
    func takeSamples(_ samples: UnsafeMutableBufferPointer<InertialSample>) -> Int
    var counters: SensorCounters { get }
    var state: SensorState { get }
}
