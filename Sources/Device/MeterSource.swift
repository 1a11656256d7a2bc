import Board
import Configuration
import Platform
import Sensors

/// What a console asks of a power monitor's thread. Fixed size, no references.
public enum MeterRequest: UInt8, Sendable { case restart, resetEnergy }

/// A configured power monitor in the loop: looked for until it answers, then its driver. Its thread alone calls it, but for
/// `requests` and what never changes.
public final class MeterSource {
    public let name: String
    public let configuration: PowerMeterConfiguration
    /// Finds the chip; called by the sensors' thread, every two seconds until it succeeds. The only part that allocates.
    private let find: (MeterSource) -> PowerMeter?
    private(set) var meter: PowerMeter?
    private var nextSearch: Int64 = 0
    private(set) var busName: String
    /// Why the last search failed.
    private(set) var complaint = ""
    /// From the console's thread to the sensors'.
    public let requests = EventRing<MeterRequest>(capacity: 8)
    private static let searchInterval: Int64 = 2_000_000_000

    init(_ configuration: PowerMeterConfiguration, busName: String, find: @escaping (MeterSource) -> PowerMeter?) {
        name = configuration.name
        self.configuration = configuration
        self.busName = busName
        self.find = find
    }

    /// What it is and where, or why it isn't there.
    public var title: String {
        guard let meter else {
            let wanted = configuration.chip?.name ?? "a power monitor"
            return complaint.isEmpty ? "looking for \(wanted) on \(busName)" : complaint
        }
        return "\(meter.chip.name) at 0x\(hexadecimal(meter.address)) on \(busName), shunt \(Self.ohms(configuration.shuntOhms))"
    }

    private static func ohms(_ value: Float) -> String {
        value < 0.1 ? "\(fixed(value * 1000, decimals: 2)) mΩ" : "\(fixed(value, decimals: 3)) Ω"
    }

    func foundOn(_ bus: String) { busName = bus }
    func complain(_ failure: Failure) { complaint = failure.description }

    func update(now: Int64) -> Int64 {
        if meter == nil, now >= nextSearch {
            nextSearch = now + Self.searchInterval
            meter = find(self)
        }
        return meter?.update(now: now) ?? nextSearch
    }

    var counters: SensorCounters { meter?.counters ?? SensorCounters() }

    var state: SensorState {
        guard let meter else { return .searching }
        if meter.state == .running { return .running }
        return meter.reading.samples == 0 ? .starting : .recovering
    }
}
