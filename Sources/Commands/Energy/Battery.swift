import Platform

/// A battery as the command line gives it.
enum Battery {
    static let option = OptionSpecification("--battery", "N", "how long a battery of so many watt-hours lasts, such as 10Wh or 3700mWh")

    /// Joules of "10Wh", "3700mWh" or "36000J".
    static func joules(_ arguments: Arguments) throws(Failure) -> Double? {
        guard let text = arguments.text("--battery") else { return nil }
        for (unit, factor) in [("mWh", 3.6), ("Wh", 3600.0), ("J", 1.0)] {
            let bytes = Array(text.utf8), count = bytes.count - unit.utf8.count
            guard count > 0, bytes[count...].elementsEqual(unit.utf8) else { continue }
            guard let number = decimal(String(decoding: bytes[..<count], as: UTF8.self)), number > 0, number < 1e9 else { break }
            return Double(number) * factor
        }
        throw Failure(.usage, "--battery \(text): watt-hours are expected, such as 10Wh or 3700mWh")
    }

    /// "10 h 12 min".
    static func duration(_ joules: Double, watts: Double) -> String {
        guard watts > 0 else { return "for ever: nothing is taken" }
        let seconds = joules / watts
        return seconds < 1e12 ? DeviceStatus.duration(Int64(seconds)) : "more than 30000 years"
    }
}
