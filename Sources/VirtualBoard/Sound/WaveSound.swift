import Platform

/// A recorded sound in memory: one channel of 16-bit samples.
struct WaveSound {
    var rateHertz: Int
    var samples: [Int16]

    /// An hour of what most devices record.
    private static let largestBytes = 512 << 20

    /// A WAV file of 16-bit PCM; of several channels the first is taken. A file cut short ends with its last whole frame.
    /// - Throws: what is wrong, with the file's name.
    init(path: String) throws(Failure) {
        let bytes = try File.read(path, limit: Self.largestBytes)
        func wrong(_ text: String) -> Failure { Failure(.badFormat, "\(path): \(text)") }
        func number(_ place: Int, _ count: Int) -> Int64 {
            var value: Int64 = 0
            for index in 0..<count { value |= Int64(bytes[place + index]) << Int64(8 * index) }
            return value
        }
        func isText(_ place: Int, _ text: String) -> Bool { bytes[place..<(place + 4)].elementsEqual(text.utf8) }
        guard bytes.count >= 12, isText(0, "RIFF"), isText(8, "WAVE") else { throw wrong("no WAV file") }
        var place = 12, channels = 0, rate: Int64 = 0
        while bytes.count - place >= 8 {
            let size = number(place + 4, 4), start = place + 8
            let room = Int(clamping: min(size, Int64(bytes.count - start)))
            if isText(place, "fmt ") {
                guard room >= 16 else { throw wrong("its format is cut short") }
                // 0xFFFE: the same behind a longer header.
                let kind = number(start, 2), bits = number(start + 14, 2)
                guard kind == 1 || kind == 0xFFFE, bits == 16 else { throw wrong("16-bit PCM is expected") }
                channels = Int(number(start + 2, 2))
                rate = number(start + 4, 4)
            } else if isText(place, "data") {
                guard channels >= 1, (4000...384_000).contains(rate) else { throw wrong("no usable format before its samples") }
                rateHertz = Int(rate)
                let frames = room / (2 * channels)
                samples = []
                samples.reserveCapacity(frames)
                for frame in 0..<frames {
                    samples.append(Int16(truncatingIfNeeded: number(start + frame * 2 * channels, 2)))
                }
                guard frames > 0 else { throw wrong("no samples") }
                return
            }
            // Chunks begin at even places.
            place = start + room + (room & 1)
        }
        throw wrong("no samples")
    }
}
