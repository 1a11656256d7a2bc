/// Magnetometers that there are drivers for.
public enum MagnetometerChip: UInt8, Sendable, CaseIterable {
    case ak8963, ak09916, qmc5883l, lis3mdl

    /// "AK8963".
    public var name: String { description.name }

    /// The chip of a configuration's "ak8963" or "AK8963"; nil where there is no driver.
    public init?(named name: String) {
        for chip in Self.allCases where sameChipName(chip.name, name) {
            self = chip
            return
        }
        return nil
    }

    var description: MagnetometerDescription {
        switch self {
        case .ak8963: .ak8963
        case .ak09916: .ak09916
        case .qmc5883l: .qmc5883l
        case .lis3mdl: .lis3mdl
        }
    }
}
