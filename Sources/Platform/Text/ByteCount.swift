/// Bytes: 5000000, 5M, 512k, 1G (powers of 1000), 4Mi (of 1024); nil for anything else, and for none.
public func parsedByteCount(_ text: String) -> Int? { parsedStorageBytes(text).flatMap { Int(exactly: $0) } }

/// The same of what may not fit into memory, on boards with 32 bits too.
public func parsedStorageBytes(_ text: String) -> Int64? {
    var digits: [UInt8] = [], unit: [UInt8] = []
    for byte in text.utf8 {
        if unit.isEmpty && byte >= 48 && byte <= 57 { digits.append(byte) } else { unit.append(byte) }
    }
    let units: [(String, Int64)] = [("", 1), ("k", 1000), ("K", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("Ki", 1 << 10),
                                  ("Mi", 1 << 20), ("Gi", 1 << 30)]
    let suffix = String(decoding: unit, as: UTF8.self)
    guard let number = Int64(String(decoding: digits, as: UTF8.self)), let factor = units.first(where: { $0.0 == suffix })?.1 else {
        return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow || bytes <= 0 ? nil : bytes
}
