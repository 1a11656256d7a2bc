/// Magnetometers that there are drivers for.
public enum MagnetometerChip: UInt8, Sendable, NamedChip {
    case ak8963, ak09916, lis3mdl, qmc5883l

    /// "AK8963".
    public var name: String { description.name }

    /// Seven bits; which of them, a pin says.
    public var addresses: [UInt8] { description.addresses }

    var description: MagnetometerDescription {
        switch self {
        case .ak8963: .ak8963
        case .ak09916: .ak09916
        case .qmc5883l: .qmc5883l
        case .lis3mdl: .lis3mdl
        }
    }
}
