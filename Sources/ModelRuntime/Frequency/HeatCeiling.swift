/// Takes frequencies away before the kernel does: three degrees below where that throttles, a twentieth of the highest frequency
/// a step, down to half of it; and gives them back once it is eight degrees cooler than that.
public struct HeatCeiling: Sendable {
    /// Degrees Celsius at which the kernel throttles.
    public var throttleCelsius: Double
    /// Share of the highest frequency that is left.
    public private(set) var share = 1.0

    public init(throttleCelsius: Double) { self.throttleCelsius = throttleCelsius }

    /// Looks at the temperature; to be called ten times a second or less often. True where the ceiling moved.
    public mutating func update(celsius: Double) -> Bool {
        let before = share
        if celsius > throttleCelsius - 3 { share = max(0.5, share - 0.05) }
        if celsius < throttleCelsius - 8 { share = min(1, share + 0.05) }
        return share != before
    }
}
