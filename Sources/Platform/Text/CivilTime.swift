/// A moment as a date of the Gregorian calendar and a time of day, UTC.
public struct CivilTime {
    public let year: Int64
    public let month, day, hour, minute, second: Int

    /// - Parameter nanoseconds: since 1970 began.
    public init(_ nanoseconds: Int64) {
        let seconds = (nanoseconds - (nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000) / 1_000_000_000
        let ofDay = (seconds % 86_400 + 86_400) % 86_400
        (hour, minute, second) = (Int(ofDay / 3600), Int(ofDay / 60 % 60), Int(ofDay % 60))
        // Days since 1 March of year 0: leap days end a year then, and 400 years are 146097 days.
        let days = (seconds - ofDay) / 86_400 + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097, ofEra = days - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        day = Int(ofYear - (153 * march + 2) / 5) + 1
        month = Int(march < 10 ? march + 3 : march - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// "20261126T193305Z", for names of files.
    public var compact: String { "\(year)\(two(month))\(two(day))T\(two(hour))\(two(minute))\(two(second))Z" }

    /// "2026-11-26T19:33:05Z" (RFC 3339).
    public var text: String { "\(year)-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second))Z" }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
