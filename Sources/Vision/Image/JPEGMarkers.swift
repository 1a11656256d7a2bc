/// What the markers of a JPEG file say before anything is decoded. Every length is checked against the file's.
struct JPEGMarkers {
    /// EXIF orientation, 1...8; 1 where absent or damaged.
    var orientation = 1
    /// The decoder must keep all coefficients: progressive, or components in separate scans.
    var keepsCoefficients = false
    var scans = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        var position = 2
        var components = 0
        while position + 4 <= bytes.count {
            guard bytes[position] == 0xFF else { position += 1; continue }
            let marker = bytes[position + 1]
            if marker == 0xFF { position += 1; continue }
            if marker == 0 || marker == 1 || (0xD0...0xD8).contains(marker) { position += 2; continue }
            if marker == 0xD9 { return }
            let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
            let body = position + 4
            let end = position + 2 + length
            guard length >= 2, end <= bytes.count else { return }
            switch marker {
            case 0xE1:
                if let found = exifOrientation(UnsafeRawBufferPointer(rebasing: bytes[body..<end])) { orientation = found }
            case 0xC0...0xCF where marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
                if length >= 8 { components = Int(bytes[body + 5]) }
                if marker & 3 == 2 { keepsCoefficients = true }
            case 0xDA:
                scans += 1
                if length >= 3, Int(bytes[body]) < components { keepsCoefficients = true }
                if !keepsCoefficients { return }
            default: break
            }
            position = end
        }
    }
}

/// The orientation tag (274) of the first directory of an EXIF segment, nil where there is none.
func exifOrientation(_ segment: UnsafeRawBufferPointer) -> Int? {
    // "Exif", two zeros, then a TIFF header: byte order, 42, offset of the first directory.
    let signature: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]
    guard segment.count >= 14 else { return nil }
    for index in 0..<6 where segment[index] != signature[index] { return nil }
    let tiff = UnsafeRawBufferPointer(rebasing: segment[6...])
    let little = tiff[0] == 0x49
    guard little || tiff[0] == 0x4D, tiff[1] == tiff[0] else { return nil }
    func integer(_ at: Int, _ size: Int) -> Int? {
        guard at >= 0, at + size <= tiff.count else { return nil }
        var value = 0
        for index in 0..<size { value = value << 8 | Int(tiff[little ? at + size - 1 - index : at + index]) }
        return value
    }
    guard integer(2, 2) == 42, let directory = integer(4, 4), let entries = integer(directory, 2) else { return nil }
    for entry in 0..<entries {
        let at = directory + 2 + entry * 12
        guard let tag = integer(at, 2) else { return nil }
        if tag == 274 {
            guard integer(at + 2, 2) == 3, let value = integer(at + 8, 2), (1...8).contains(value) else { return nil }
            return value
        }
    }
    return nil
}
