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
    public init(image: RigImage, system: RootSystem) {
        self.image = image
        self.system = system
    }
}
