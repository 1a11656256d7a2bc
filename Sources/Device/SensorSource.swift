import Board
import Configuration
import Platform
import Sensors

/// What a console asks of a sensor's thread. Fixed size, no references.
public enum SensorRequest {
    case restart
    case selfTest
    case calibrate(SensorCalibration)
}

/// A configured sensor in the loop: looked for until it answers, then its driver. Its thread alone calls it, but for
/// `requests` and what never changes.
public final class SensorSource {
    public let name: String
    /// Finds the chip; called by the sensor's thread, every two seconds until it succeeds. The only part that allocates.
    private let find: (SensorSource) -> InertialSensor?
    private(set) var sensor: InertialSensor?
    private var nextSearch: Int64 = 0
    private let wanted: String
    private let wantedRate: Float
    private var calibration: SensorCalibration
    private(set) var busName: String
    /// Why the last search failed.
    private(set) var complaint = ""
    /// From the console's thread to the sensor's.
    public let requests = EventRing<SensorRequest>(capacity: 8)
    private static let searchInterval: Int64 = 2_000_000_000

    init(_ configuration: DeviceConfiguration.Sensor, busName: String, calibration: SensorCalibration,
         find: @escaping (SensorSource) -> InertialSensor?) {
        name = configuration.name
        self.busName = busName
        self.calibration = calibration
        self.find = find
        wanted = configuration.settings.chip?.name ?? "a motion sensor"
        wantedRate = configuration.settings.rateHertz
    }

    /// What it is and where, or why it isn't there.
    public var title: String {
        guard let sensor else { return complaint.isEmpty ? "looking for \(wanted) on \(busName)" : complaint }
        var text = "\(sensor.chipName) at 0x\(hexadecimal(sensor.address)) on \(busName)"
        if let magnetometer = sensor.magnetometer { text += " with \(magnetometer.chipName)" }
        return text
    }

    func foundOn(_ bus: String) { busName = bus }
    func complain(_ failure: Failure) { complaint = failure.description }

    /// Samples a second that it has, or is asked for.
    var nominalRateHertz: Float { sensor?.nominalRateHertz ?? wantedRate }
    var measuredRateHertz: Float { sensor?.measuredRateHertz ?? 0 }
    var jitterMicroseconds: Float { sensor?.intervalJitterMicroseconds ?? 0 }

    func update(now: Int64) -> Int64 {
        if sensor == nil, now >= nextSearch {
            nextSearch = now + Self.searchInterval
            sensor = find(self)
            sensor?.calibration = calibration
        }
        while let request = requests.pop() {
            switch request {
            case .restart: sensor?.restart()
            case .selfTest: sensor?.startSelfTest()
            case .calibrate(let new):
                calibration = new
                sensor?.calibration = new
            }
        }
        return sensor?.update(now: now) ?? nextSearch
    }

    func takeSamples(_ samples: UnsafeMutableBufferPointer<InertialSample>) -> Int { sensor?.takeSamples(samples) ?? 0 }

    var counters: SensorCounters {
        guard let sensor else { return SensorCounters() }
        var all = sensor.counters
        if let field = sensor.magnetometer?.counters {
            all.notAcknowledged &+= field.notAcknowledged
            all.timeouts &+= field.timeouts
            all.otherBusErrors &+= field.otherBusErrors
            all.badRegisters &+= field.badRegisters
            all.resets &+= field.resets
        }
        return all
    }

    var state: SensorState {
        guard let sensor else { return .searching }
        switch sensor.state {
        case .resetting, .waiting, .identifying, .configuring: return .starting
        case .verifying, .running: return .running
        case .recovering: return .recovering
        case .selfTesting: return .testing
        }
    }

    var selfTestResult: SelfTestResult? { sensor?.selfTestResult }
}

func hexadecimal(_ byte: UInt8) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
}
