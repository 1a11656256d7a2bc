import Hearing
import Platform

/// SubRip's subtitles: number, times, text, an empty line.
enum SubtitleText {
    static func entry(_ number: Int, _ piece: TranscriptSegment) -> String {
        "\(number)\n\(clock(piece.start, point: ",")) --> \(clock(piece.end, point: ","))\n\(piece.text)\n"
    }

    /// Seconds as "00:01:02.345".
    static func clock(_ seconds: Double, point: String = ".") -> String {
        let milliseconds = Int64((max(0, min(seconds, 1e9)) * 1000).rounded())
        func digits(_ value: Int64, _ count: Int) -> String {
            let text = "\(value)"
            return repeated("0", count - text.utf8.count) + text
        }
        let whole = milliseconds / 1000
        return digits(whole / 3600, 2) + ":" + digits(whole / 60 % 60, 2) + ":" + digits(whole % 60, 2) + point
            + digits(milliseconds % 1000, 3)
    }
}
