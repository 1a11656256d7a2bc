import Board

/// Which power monitor answers on a bus.
enum PowerMeterScan {
    struct Found {
        var chip: PowerMeterChip
        var address: UInt8
    }

    /// The first that fits the configuration and tells who it is; one that can't tell only where the configuration names it.
    static func find(_ configuration: PowerMeterConfiguration, on bus: I2CBus) -> Found? {
        for chip in PowerMeterChip.allCases where configuration.chip == chip || (configuration.chip == nil && chip.tellsIdentity) {
            for address in chip.addresses where configuration.address == nil || configuration.address == address {
                if answers(chip, RegisterPort(bus: bus, address: address)) { return Found(chip: chip, address: address) }
            }
        }
        return nil
    }

    private static func answers(_ chip: PowerMeterChip, _ port: RegisterPort) -> Bool {
        guard chip.tellsIdentity else { return (try? port.read16(ConversionRegisters.configuration)) != nil }
        for identity in chip.description.identities {
            guard let bytes = try? port.read(identity.register, count: identity.bytes), identity.matches(bytes) else { return false }
        }
        return true
    }
}

extension PowerMeterDescription.Identity {
    /// Whether these bytes, as read from the register, are the chip's.
    func matches(_ read: UnsafeRawBufferPointer) -> Bool {
        var found: UInt16 = 0
        for index in 0..<min(bytes, read.count) { found = found << 8 | UInt16(read[index]) }
        return found == value
    }
}
