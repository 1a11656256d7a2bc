/// Power monitors that there are drivers for: each measures the voltage over a shunt and the voltage of the rail behind it.
public enum PowerMeterChip: UInt8, Sendable, NamedChip {
    case ina219, ina226, ina3221, pac1934

    /// "INA226".
    public var name: String { description.name }

    /// Seven bits; which of them, pins or a resistor say.
    public var addresses: ClosedRange<UInt8> { description.addresses }
    /// Rails that it measures at once.
    public var channels: Int { description.channels }
    /// Whether registers tell who it is. One that can't is used only where the configuration names it: what else answers at
    /// its address must not be written to.
    public var tellsIdentity: Bool { !description.identities.isEmpty }

    var description: PowerMeterDescription {
        switch self {
        case .ina219: .ina219
        case .ina226: .ina226
        case .ina3221: .ina3221
        case .pac1934: .pac1934
        }
    }
}
