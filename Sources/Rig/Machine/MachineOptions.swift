/// What board to make.
public struct MachineOptions {
    public var image: RigImage
    public var system: RootSystem
    /// Chips by bus: the first are on `/dev/i2c-0`.
    public var buses: [[PlacedChip]] = [[]]
    public var memoryMegabytes = 128
    /// More words for the kernel's command line; what follows `--` goes to the first process.
    public var kernelArguments: [String] = []
    /// The machine ends where it would restart, so that a reset can be seen.
    public var endsAtReset = true
    /// The emulator and its processor, by architecture.
    public var architecture = Architecture.aarch64

    public enum Architecture: String, CaseIterable, Sendable {
        case aarch64, armv7

        var emulator: String { self == .aarch64 ? "qemu-system-aarch64" : "qemu-system-arm" }
        var processor: String { self == .aarch64 ? "cortex-a53" : "cortex-a7" }
    }

    public init(image: RigImage, system: RootSystem) {
        self.image = image
        self.system = system
    }
}
