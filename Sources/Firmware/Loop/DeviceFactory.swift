import Board
import Platform

/// Makes the device that the command line asks for.
enum DeviceFactory {
    static func make(_ arguments: Arguments) throws(Failure) -> Device {
        let configuration = DeviceConfiguration()
        let device = try Device(board: ReplayBoard(), configuration: configuration)
        if arguments.has("--simulate"), let log = arguments.positional.first {
            let rate = try arguments.integer("--rate", in: 1...100_000) ?? 100
            device.simulatedLog = log
            try device.addLoop(name: "replay", sources: [try LogSource(path: log, name: "imu", rateHertz: Float(rate), isFast: arguments.has("--fast"))], lines: [])
        }
        return device
    }
}
