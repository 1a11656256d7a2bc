/// A kind of board: as `board/build.sh` calls it, and QEMU's machine for it.
public enum BoardArchitecture: String, CaseIterable {
    /// 64 bits.
    case aarch64
    /// 32 bits.
    case armv7

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    var emulator: String {
        switch self {
        case .aarch64: "qemu-system-aarch64"
        case .armv7: "qemu-system-arm"
        }
    }

    /// The machine, its processor, and the watchdog where Debian's kernel has a driver for it.
    var machine: [String] {
        switch self {
        case .aarch64: ["-machine", "virt", "-cpu", "cortex-a53", "-device", "i6300esb", "-action", "watchdog=reset"]
        // Debian's 32-bit kernel knows no large physical addresses: what QEMU places above 4 GB, the PCI bus, it would not find.
        case .armv7: ["-machine", "virt,highmem=off", "-cpu", "cortex-a7"]
        }
    }
}
