import Board

/// What answers on a bus, told by the identity registers of the chips that there are drivers for.
public enum SensorScan {
    /// A chip that told who it is, and the seven-bit address at which it did.
    public struct Found: Sendable, Equatable {
        public var chip: InertialChip
        public var address: UInt8
    }

    /// Every inertial chip on the bus. Buses that fail simply have none.
    public static func scan(_ bus: I2CBus) -> [Found] {
        var found: [Found] = []
        for chip in InertialChip.allCases {
            let description = chip.description
            for address in description.addresses where answers(description, bus, address) {
                found.append(Found(chip: chip, address: address))
            }
        }
        return found
    }

    static func find(_ configuration: SensorConfiguration, on bus: I2CBus) -> Found? {
        for chip in InertialChip.allCases where configuration.chip == nil || configuration.chip == chip {
            let description = chip.description
            for address in description.addresses where configuration.address == nil || configuration.address == address {
                if answers(description, bus, address) { return Found(chip: chip, address: address) }
            }
        }
        return nil
    }

    static func findMagnetometer(on bus: I2CBus) -> MagnetometerChip? {
        // Those that are known by more registers first: the AK09916 answers to the AK8963's identity, and to one more.
        var most = 0
        for chip in MagnetometerChip.allCases { most = max(most, chip.description.identities.count) }
        for count in stride(from: most, to: 0, by: -1) {
            if let found = findMagnetometer(on: bus, identities: count) { return found }
        }
        return nil
    }

    private static func findMagnetometer(on bus: I2CBus, identities count: Int) -> MagnetometerChip? {
        for chip in MagnetometerChip.allCases {
            let description = chip.description
            guard description.identities.count == count else { continue }
            for address in description.addresses {
                let port = RegisterPort(bus: bus, address: address)
                var matches = true
                for identity in description.identities where matches {
                    matches = (try? port.read(identity.register)[0]) == identity.value
                }
                if matches { return chip }
            }
        }
        return nil
    }

    private static func answers(_ description: InertialChipDescription, _ bus: I2CBus, _ address: UInt8) -> Bool {
        let port = RegisterPort(bus: bus, address: address, bankSelect: description.bankSelect)
        guard let identity = try? port.read(description.identityRegister)[0] else { return false }
        for known in description.identities where known == identity { return true }
        return false
    }
}
