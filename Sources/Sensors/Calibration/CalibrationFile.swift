import Platform

/// Calibrations of a board's sensors in a small text file that ends with a checksum:
///
///     swiftlet calibration 1
///     sensor imu
///     gyroscope.bias 0.001200000 -0.000400000 0.000000000
///     accelerometer.offset …, accelerometer.matrix (nine numbers, by columns), magnetometer.offset, magnetometer.matrix
///     check 1a2b3c4d
public struct CalibrationFile: Sendable, Equatable {
    /// A sensor's section: its name in the configuration, and what was measured.
    public struct Entry: Sendable, Equatable {
        public var sensor: String
        public var calibration: SensorCalibration
    }

    public private(set) var entries: [Entry] = []
    static let limitBytes = 64 << 10, limitSensors = 32
    private static let header = "swiftlet calibration 1"

    public init() {}

    /// The sensor's calibration, or one that changes nothing.
    public subscript(sensor: String) -> SensorCalibration {
        get {
            for entry in entries where entry.sensor == sensor { return entry.calibration }
            return SensorCalibration()
        }
        set {
            for index in 0..<entries.count where entries[index].sensor == sensor {
                entries[index].calibration = newValue
                return
            }
            entries.append(Entry(sensor: sensor, calibration: newValue))
        }
    }

    // MARK: writing

    /// Replaces the file in one step. Fails with `inputOutput` where it can't be written, with `usage` for a sensor name
    /// with spaces or none.
    public func write(_ path: String) throws(Failure) {
        var text = Self.header + "\n"
        for entry in entries {
            guard Self.isName(entry.sensor) else {
                throw Failure(.usage, "\"\(entry.sensor)\" can't name a sensor in a calibration: letters, digits, - _ . only")
            }
            let c = entry.calibration
            text += "sensor \(entry.sensor)\n"
            for field in Self.fields {
                text += field.name
                for value in field.get(c) { text += " " + fixed(value, decimals: 9) }
                text += "\n"
            }
        }
        guard entries.count <= Self.limitSensors else {
            throw Failure(.usage, "a calibration file holds \(Self.limitSensors) sensors at most")
        }
        let body = Array(text.utf8)
        try File.writeAtomically(path, body + Array(("check " + Self.hexadecimal(checksum(body[...])) + "\n").utf8))
    }

    // MARK: reading

    /// Fails with `inputOutput` where the file can't be read and with `badFormat` where it is damaged.
    public static func read(_ path: String) throws(Failure) -> CalibrationFile {
        try parse(try File.read(path, limit: limitBytes), path: path)
    }

    static func parse(_ bytes: [UInt8], path: String) throws(Failure) -> CalibrationFile {
        let lines = split(bytes)
        guard let first = lines.first, words(bytes[first]) == ["swiftlet", "calibration", "1"] else {
            throw Failure(.badFormat, "\(path) is not a calibration file of this version (its first line must be \"\(header)\")")
        }
        guard lines.count >= 2, let last = lines.last, bytes.last == 10 else {
            throw damaged(path, "it ends too early")
        }
        let check = words(bytes[last])
        guard check.count == 2, check[0] == "check" else { throw damaged(path, "its checksum is missing") }
        guard check[1] == hexadecimal(checksum(bytes[..<last.lowerBound])) else { throw damaged(path, "its checksum does not match") }
        var file = CalibrationFile()
        for index in 1..<lines.count - 1 {
            let words = words(bytes[lines[index]])
            guard let key = words.first else { throw damaged(path, "line \(index + 1) is empty") }
            if key == "sensor" {
                guard words.count == 2, isName(words[1]), file.entries.count < limitSensors else {
                    throw damaged(path, "line \(index + 1) names no sensor")
                }
                for entry in file.entries where entry.sensor == words[1] { throw damaged(path, "sensor \(words[1]) is there twice") }
                file.entries.append(Entry(sensor: words[1], calibration: SensorCalibration()))
                continue
            }
            guard !file.entries.isEmpty else { throw damaged(path, "line \(index + 1) belongs to no sensor") }
            var field: Field?
            for known in fields where known.name == key { field = known }
            guard let field, words.count == field.count + 1 else { throw damaged(path, "line \(index + 1) is not understood") }
            var values: [Float] = []
            for word in words[1...] {
                guard let value = number(word) else { throw damaged(path, "line \(index + 1) has a number that is none: \(word)") }
                values.append(value)
            }
            field.set(&file.entries[file.entries.count - 1].calibration, values)
        }
        return file
    }

    private static func damaged(_ path: String, _ why: String) -> Failure {
        Failure(.badFormat, "the calibration \(path) is damaged: \(why); remove it and calibrate again")
    }

    // MARK: fields

    private struct Field {
        var name: String
        var count: Int
        var get: (SensorCalibration) -> [Float]
        var set: (inout SensorCalibration, [Float]) -> Void
    }

    private static var fields: [Field] {
        [
            Field(name: "gyroscope.bias", count: 3, get: { list($0.gyroscopeBias) }, set: { $0.gyroscopeBias = vector($1, 0) }),
            Field(name: "accelerometer.offset", count: 3, get: { list($0.accelerometerOffset) },
                  set: { $0.accelerometerOffset = vector($1, 0) }),
            Field(name: "accelerometer.matrix", count: 9, get: { list($0.accelerometerMatrix) },
                  set: { $0.accelerometerMatrix = matrix($1) }),
            Field(name: "magnetometer.offset", count: 3, get: { list($0.magnetometerOffset) },
                  set: { $0.magnetometerOffset = vector($1, 0) }),
            Field(name: "magnetometer.matrix", count: 9, get: { list($0.magnetometerMatrix) }, set: { $0.magnetometerMatrix = matrix($1) }),
        ]
    }

    private static func list(_ v: SIMD3<Float>) -> [Float] { [v.x, v.y, v.z] }
    private static func list(_ m: Matrix3) -> [Float] { list(m.x) + list(m.y) + list(m.z) }
    private static func vector(_ values: [Float], _ at: Int) -> SIMD3<Float> { SIMD3(values[at], values[at + 1], values[at + 2]) }
    private static func matrix(_ values: [Float]) -> Matrix3 { Matrix3(x: vector(values, 0), y: vector(values, 3), z: vector(values, 6)) }

    // MARK: text

    static func isName(_ name: String) -> Bool {
        for byte in name.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): continue
            default: return false
            }
        }
        return !name.isEmpty && name.utf8.count <= 64
    }

    private static func split(_ bytes: [UInt8]) -> [Range<Int>] {
        var lines: [Range<Int>] = [], start = 0
        for index in 0..<bytes.count where bytes[index] == 10 {
            lines.append(start..<index)
            start = index + 1
        }
        if start < bytes.count { lines.append(start..<bytes.count) }
        return lines
    }

    private static func words(_ line: ArraySlice<UInt8>) -> [String] {
        var words: [String] = [], start = line.startIndex
        for index in line.indices where line[index] == 32 {
            if index > start { words.append(String(decoding: line[start..<index], as: UTF8.self)) }
            start = index + 1
        }
        if start < line.endIndex { words.append(String(decoding: line[start...], as: UTF8.self)) }
        return words
    }

    /// "-12.345"; nil for anything else, and beyond a million.
    private static func number(_ word: String) -> Float? {
        var value = 0.0, scale = 0.0, digits = 0, isNegative = false
        for (index, byte) in word.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "-"):
                guard index == 0 else { return nil }
                isNegative = true
            case UInt8(ascii: "."):
                guard scale == 0 else { return nil }
                scale = 1
            case 48...57:
                digits += 1
                guard digits <= 18 else { return nil }
                value = value * 10 + Double(byte - 48)
                scale *= 10
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        if scale > 0 { value /= scale }
        return value <= 1e6 ? Float(isNegative ? -value : value) : nil
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for shift in stride(from: UInt32(28), through: 0, by: -4) { text.append(digits[Int(value >> shift & 15)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// CRC-32 (IEEE 802.3).
private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum & 1 != 0 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
}
