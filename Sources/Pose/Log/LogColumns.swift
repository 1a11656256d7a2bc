import Platform

/// What a column of a log holds.
enum LogChannel: Sendable, Equatable {
    case time
    case accelerometer
    case gyroscope
    case magnetometer
}

/// One row of a motion log in the filter's units.
public struct LogRow: Sendable {
    /// Seconds; NaN where the log has no times.
    public var timeSeconds = Double.nan
    public var accelerometer = SIMD3<Float>(repeating: .nan)
    public var gyroscope = SIMD3<Float>(repeating: .nan)
    public var magnetometer = SIMD3<Float>(repeating: .nan)
    /// NaN where the reference was lost.
    public var reference = Attitude(.nan, .nan, .nan, .nan)
    public var isMoving = true
    public init() {}
}

/// Which column of a log is what, and in what unit; from the names in its header.
struct LogColumns: Sendable {
    struct Use: Sendable {
        /// 0 time, 1–3 accelerometer, 4–6 gyroscope, 7–9 magnetometer, 10–13 reference wxyz, 14 moving.
        var slot: Int
        var scale: Double
    }

    /// One entry a column; nil for columns nobody asked for.
    private(set) var uses: [Use?]
    let hasTime: Bool
    let hasMagnetometer: Bool
    let hasReference: Bool

    static let limit = 256
    /// Before a header was read.
    static var none: LogColumns { LogColumns() }

    private init() {
        uses = []
        hasTime = false
        hasMagnetometer = false
        hasReference = false
    }

    private static let units: [(channel: LogChannel, prefixes: [String], first: Int, units: [(String, Double)])] = [
        (.time, ["time", "t"], 0, [("s", 1), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)]),
        (.accelerometer, ["acc", "accel"], 1, [("m/s2", 1), ("m/s^2", 1), ("g", 9.80665), ("mg", 9.80665e-3)]),
        (.gyroscope, ["gyr", "gyro"], 4, [("rad/s", 1), ("deg/s", .pi / 180), ("dps", .pi / 180), ("mdps", .pi / 180_000)]),
        (.magnetometer, ["mag"], 7, [("uT", 1), ("µT", 1), ("nT", 1e-3), ("mT", 1e3), ("T", 1e6), ("G", 100), ("mG", 0.1)]),
    ]

    /// - Parameters:
    ///   - names: the header, such as `time_s`, `acc_x_m/s2`, `gyr_x_rad/s`, `mag_x_uT`.
    ///   - reference: names of the reference quaternion's columns w, x, y, z and optionally of a moving flag; one name
    ///     alone stands for NAME_w, NAME_x, NAME_y, NAME_z and, where there is one, `moving`.
    /// - Throws: `.badFormat` for missing, doubled or unknown units; `.usage` for reference columns that aren't there.
    init(names: [String], reference: [String]?, path: String) throws(Failure) {
        guard names.count <= Self.limit else { throw Failure(.badFormat, "\(path): \(names.count) columns, more than \(Self.limit)") }
        uses = [Use?](repeating: nil, count: names.count)
        var taken = [Bool](repeating: false, count: 15)
        for (index, name) in names.enumerated() {
            guard let use = try Self.recognise(name, path: path) else { continue }
            guard !taken[use.slot] else { throw Failure(.badFormat, "\(path): column \(name) appears twice, or in two units") }
            taken[use.slot] = true
            uses[index] = use
        }
        for (channel, prefixes, first, _) in Self.units where channel != .time {
            let present = (first..<first + 3).filter { taken[$0] }.count
            if present != 3 && (present != 0 || channel != .magnetometer) {
                throw Failure(.badFormat,
                    "\(path): needs \(prefixes[0])_x, \(prefixes[0])_y and \(prefixes[0])_z columns with units, such as "
                        + "\(Self.example(channel))")
            }
        }
        hasTime = taken[0]
        hasMagnetometer = taken[7]
        if let reference {
            try Self.find(reference, names: names, path: path, uses: &uses)
            hasReference = true
        } else {
            hasReference = false
        }
    }

    private static func example(_ channel: LogChannel) -> String {
        switch channel {
        case .time: return "time_s"
        case .accelerometer: return "acc_x_m/s2"
        case .gyroscope: return "gyr_x_rad/s"
        case .magnetometer: return "mag_x_uT"
        }
    }

    /// `prefix_axis_unit` (time: `prefix_unit`); nil for a name that is none of ours.
    private static func recognise(_ name: String, path: String) throws(Failure) -> Use? {
        let bytes = Array(name.utf8)
        let parts = bytes.split(separator: 95, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        for (channel, prefixes, first, units) in Self.units where prefixes.contains(parts[0]) {
            var axis = 0
            if channel != .time {
                guard parts.count >= 2 else { return nil }
                guard let found = ["x", "y", "z"].firstIndex(of: parts[1]) else { return nil }
                axis = found
            }
            let unit = parts.count > (channel == .time ? 1 : 2) ? parts[parts.count - 1] : ""
            guard let scale = units.first(where: { $0.0 == unit })?.1 else {
                var known = ""
                for (text, _) in units { known += (known.isEmpty ? "" : ", ") + text }
                throw Failure(.badFormat, "\(path): column \(shown(name)) needs a unit of \(known), such as \(example(channel))")
            }
            return Use(slot: first + axis, scale: scale)
        }
        return nil
    }

    private static func find(_ reference: [String], names: [String], path: String, uses: inout [Use?]) throws(Failure) {
        var wanted = reference
        if wanted.count == 1 {
            let prefix = wanted[0]
            wanted = ["w", "x", "y", "z"].map { "\(prefix)_\($0)" }
            if names.contains("moving") { wanted.append("moving") }
        }
        guard wanted.count == 4 || wanted.count == 5 else {
            throw Failure(.usage, "--reference takes the columns of w, x, y, z and optionally a moving flag, or one common prefix")
        }
        for (position, name) in wanted.enumerated() {
            guard let index = names.firstIndex(of: name) else { throw Failure(.usage, "\(path) has no column \(shown(name))") }
            guard uses[index] == nil else { throw Failure(.usage, "column \(shown(name)) can't be a reference too") }
            uses[index] = Use(slot: 10 + position, scale: 1)
        }
    }

    /// A name from a file, safe and short enough for a message.
    static func shown(_ name: String) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8.prefix(40) { bytes.append(byte >= 32 && byte < 127 ? byte : 63) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Puts a column's value where it belongs.
    func store(_ value: Double, column: Int, into row: inout LogRow) {
        guard let use = uses[column] else { return }
        let scaled = value * use.scale
        switch use.slot {
        case 0: row.timeSeconds = scaled
        case 1...3: row.accelerometer[use.slot - 1] = Float(scaled)
        case 4...6: row.gyroscope[use.slot - 4] = Float(scaled)
        case 7...9: row.magnetometer[use.slot - 7] = Float(scaled)
        case 10: row.reference.w = Float(scaled)
        case 11: row.reference.x = Float(scaled)
        case 12: row.reference.y = Float(scaled)
        case 13: row.reference.z = Float(scaled)
        default: row.isMoving = scaled > 0.5
        }
    }
}
