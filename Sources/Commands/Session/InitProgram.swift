import BoardLinux
import CConsole
import CLinux
import Configuration
import Console
import Device
import Platform

/// The program as a system's first process: the console before everything else, then modules and sensors. Never
/// returns to a kernel that would panic: it restarts the board.
enum InitProgram {
    /// This process is the system's first, or was called so to try it out.
    static func isWanted(_ name: String) -> Bool { InitProcess.isNeeded || name == "init" }

    static func run() -> Int32 {
        let begin = monotonicNanoseconds()
        var complaints: [String] = []
        if InitProcess.isNeeded {
            complaints = InitProcess.mountFileSystems()
            // The kernel may have had no console to give; whoever writes to these descriptors must not hit a device.
            while true {
                let descriptor = linux_open("/dev/null", O_RDWR, 0)
                guard descriptor >= 0, descriptor < 3 else {
                    if descriptor >= 3 { close(descriptor) }
                    break
                }
            }
        }
        var configuration = DeviceConfiguration()
        if File.exists(DeviceFactory.defaultPath) {
            // A wrong configuration must not make the board unreachable.
            do throws(Failure) {
                configuration = try ConfigurationFile.read(DeviceFactory.defaultPath)
            } catch {
                complaints.append(error.description)
            }
        }
        configuration.ports = ports(File.text("/proc/cmdline") ?? "") ?? configuration.ports
            ?? [DeviceConfiguration.Port(path: "/dev/console")]
        let context = Context()
        do throws(Failure) {
            let device = try Device(board: HardwareBoard(), configuration: configuration)
            for complaint in complaints { device.log.write(.error, complaint) }
            device.log.write(.info,
                "first process, \(milliseconds(begin, decimals: 0)) after the kernel's start; console "
                    + "\(milliseconds(monotonicNanoseconds() - begin, decimals: 1)) later")
            let session = try FirmwareSession(device, context, preparation: { device in
                if InitProcess.isNeeded {
                    for complaint in InitProcess.loadModules() { device.log.write(.error, complaint) }
                }
                DeviceFactory.populate(device)
            })
            let status = try session.run()
            guard InitProcess.isNeeded else { return status }
            _ = device.end == .powerOff ? InitProcess.powerOff() : InitProcess.restart()
        } catch {
            context.errors("swiftlet: \(error.description)")
            guard InitProcess.isNeeded else { return 1 }
        }
        // Refused, or there was no way to start: a restart is tried until it works.
        while true {
            _ = InitProcess.restart()
            sleep(5)
        }
    }

    /// swiftlet.console=ttyS0,ttyAMA0 of the kernel's command line; otherwise the kernel's own consoles. nil: neither.
    static func ports(_ commandLine: String) -> [DeviceConfiguration.Port]? {
        var kernels: [DeviceConfiguration.Port] = []
        for word in splitLine(commandLine) {
            if let list = value(word, "swiftlet.console="), let ports = ConsolePorts.parse(list), !ports.isEmpty { return ports }
            // console=ttyAMA0,115200: a comma before the speed, where ours have a colon.
            if let console = value(word, "console="), let name = console.utf8.split(separator: 44).first {
                let path = "/dev/" + String(decoding: Array(name), as: UTF8.self)
                if !kernels.contains(where: { $0.path == path }) { kernels.append(DeviceConfiguration.Port(path: path)) }
            }
        }
        return kernels.isEmpty ? nil : kernels
    }

    private static func value(_ word: String, _ key: String) -> String? {
        word.utf8.starts(with: key.utf8) ? String(decoding: Array(word.utf8.dropFirst(key.utf8.count)), as: UTF8.self) : nil
    }

    private static func splitLine(_ text: String) -> [String] {
        text.utf8.split(whereSeparator: { $0 == 32 || $0 == 10 || $0 == 9 }).map { String(decoding: Array($0), as: UTF8.self) }
    }
}
