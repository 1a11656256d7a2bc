import Glibc
import Platform
import VirtualBoard

/// A board in QEMU: Debian's kernel on an emulated machine, whose I2C bus, GPIO inputs, serial lines and watchdog are
/// in our hands. It ends with this object, or with this process.
public final class Machine {
    /// The kernel's console, `/dev/ttyAMA0`.
    public let console: SerialPort
    /// The second serial line, `/dev/ttyS0`.
    public let serial: SerialPort
    /// GPIO inputs, `/dev/gpiochip0`.
    public let lines: LineDriver
    /// When QEMU was started (monotonic nanoseconds).
    public let startNanoseconds: Int64

    let qmp: QMPClient
    private let process: ChildProcess
    private let buses: [BusThread]
    private let initramfsPath: String

    /// Starts QEMU; the board boots on return. Fails with `inputOutput`, in QEMU's own words, where it doesn't start.
    public init(_ options: MachineOptions) throws(Failure) {
        let initramfsPath = try temporaryFile(named: "initramfs", try options.image.initramfs(options.system))
        self.initramfsPath = initramfsPath
        do throws(Failure) {
            let names = ["console", "serial", "qmp", "qtest"] + options.buses.indices.map { "usb\($0)" }
            var ours: [SocketEnd] = [], theirs: [SocketEnd] = []
            for _ in names {
                let pair = try SocketEnd.pair()
                ours.append(pair.ours)
                theirs.append(pair.theirs)
            }
            startNanoseconds = monotonicNanoseconds()
            // The buses first: they are there when the kernel looks for them.
            var buses: [BusThread] = []
            for (index, chips) in options.buses.enumerated() { buses.append(try BusThread(socket: ours[4 + index], bus: ChipBus(chips))) }
            self.buses = buses
            process = try ChildProcess(Self.arguments(options, initramfs: initramfsPath, channels: names),
                                       descriptors: theirs.map(\.descriptor), isRealTime: true)
            console = SerialPort(socket: ours[0])
            serial = SerialPort(socket: ours[1])
            theirs.removeAll()
            try serial.listen()
            do throws(Failure) {
                qmp = try QMPClient(socket: ours[2])
                lines = LineDriver(socket: ours[3], path: try Self.lineController(qmp))
            } catch {
                // QEMU's own words say more than that a socket was closed.
                _ = process.waitForEnd(untilNanoseconds: monotonicNanoseconds() + 500_000_000)
                guard process.endStatus != nil else { throw error }
                let words = process.lastError
                throw Failure(.inputOutput,
                    "\(options.image.architecture.emulator) does not start: \(words.isEmpty ? "no reason given; is it installed?" : words)")
            }
            for bus in buses { bus.connect(lines) }
        } catch {
            unlink(initramfsPath)
            throw error
        }
    }

    deinit {
        process.kill()
        for bus in buses { bus.stop() }
        unlink(initramfsPath)
    }

    /// Why the machine no longer works, in one line; nil while it does.
    public var failure: Failure? {
        if process.endStatus != nil {
            let words = process.lastError
            return Failure(.inputOutput, "QEMU has ended" + (words.isEmpty ? "" : ": \(words)"))
        }
        return buses.lazy.compactMap(\.failure).first
    }

    /// Waits for the board to reset or switch itself off, after which QEMU ends (`endsAtReset`); true where it did.
    public func waitForEnd(seconds: Double) -> Bool {
        process.waitForEnd(untilNanoseconds: monotonicNanoseconds() + Int64(seconds * 1e9))
    }

    /// Waits for the watchdog's bite; false where there was none in time.
    public func waitForWatchdog(seconds: Double) -> Bool {
        qmp.takeEvent("WATCHDOG", untilNanoseconds: monotonicNanoseconds() + Int64(seconds * 1e9)) != nil
    }

    /// Looks at the chips, or changes them, between two transfers; the time is the chips' now.
    public func withChips<T>(ofBus bus: Int = 0, _ body: ([PlacedChip], Int64) -> T) -> T {
        buses[bus].withBus { bus, now in body(bus.chips, now) }
    }

    /// Lets something go wrong on the bus or in a chip. Fails with `usage` where there is no such chip or register.
    public func inject(_ fault: Fault, bus: Int = 0) throws(Failure) {
        guard buses.indices.contains(bus) else { throw Failure(.usage, "no bus i2c-\(bus); there are \(buses.count)") }
        try buses[bus].withBus { (bus, now) -> Result<Void, Failure> in
            do throws(Failure) { return .success(try bus.apply(fault, now: now)) } catch { return .failure(error) }
        }.get()
    }

    /// Messages on each I2C bus so far, and those that failed.
    public var busCounts: [(messages: UInt64, failures: UInt64)] {
        buses.map { $0.withBus { bus, _ in (bus.messages, bus.failures) } }
    }

    /// Ends QEMU at once (SIGKILL), as if the supply were cut, and waits up to two seconds for its end.
    public func kill() { process.kill() }

    private static func arguments(_ options: MachineOptions, initramfs: String, channels: [String]) -> [String] {
        let before = ["console=ttyAMA0", "quiet", "loglevel=4", "panic=-1"]
        let architecture = options.image.architecture
        var arguments = [architecture.emulator] + architecture.machine + [
            "-m", "\(options.memoryMegabytes)", "-nodefaults", "-display", "none",
            "-kernel", options.image.kernel, "-dtb", options.image.deviceTree, "-initrd", initramfs,
            "-append", (before + options.kernelArguments).joined(separator: " "),
        ]
        // Their descriptors follow standard error's.
        for (index, name) in channels.enumerated() { arguments += ["-chardev", "socket,id=\(name),fd=\(3 + index)"] }
        arguments += [
            "-serial", "chardev:console", "-mon", "chardev=qmp,mode=control", "-qtest", "chardev:qtest", "-qtest-log", "none",
            "-device", "qemu-xhci", "-device", "pci-serial,chardev=serial",
        ]
        for index in options.buses.indices { arguments += ["-device", "usb-redir,chardev=usb\(index)"] }
        return options.endsAtReset ? arguments + ["-no-reboot"] : arguments
    }

    /// Where QEMU keeps its PL061; the number in the name moves with the machine's other devices.
    private static func lineController(_ qmp: QMPClient) throws(Failure) -> String {
        let folder = "/machine/unattached"
        let entries = try qmp.execute("qom-list", ["path": folder]) as? [[String: Any]] ?? []
        guard let name = entries.first(where: { $0["type"] as? String == "child<pl061>" })?["name"] as? String else {
            throw Failure(.unsupported, "this QEMU's machine has no GPIO controller")
        }
        return folder + "/" + name
    }
}
