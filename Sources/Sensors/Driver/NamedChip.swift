/// Chips that there are drivers for, told apart by their names. Names are the same whatever their case and hyphens.
public protocol NamedChip: CaseIterable {
    /// As its maker writes it: "MPU-6050".
    var name: String { get }
}

extension NamedChip {
    /// The chip of a configuration's "mpu6050" or "MPU-6050"; nil where there is no driver.
    public init?(named name: String) {
        let wanted = letters(name)
        for chip in Self.allCases where letters(chip.name) == wanted {
            self = chip
            return
        }
        return nil
    }

    /// As configurations have it: "mpu6050".
    public var configurationName: String { String(decoding: letters(name), as: UTF8.self) }
}

private func letters(_ name: String) -> [UInt8] {
    var result: [UInt8] = []
    for byte in name.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: "_") && byte != UInt8(ascii: " ") {
        result.append(byte >= 65 && byte <= 90 ? byte + 32 : byte)
    }
    return result
}
