import Platform

extension SimulatedBoard {
    /// The board of `run --simulate`: an MPU-9250 with its interrupt line, an LSM6DSO on a second bus, a motion sensor, a
    /// button, a door contact, an indicator. Clocks of the chips are off by up to 1 %, drawn by the seed.
    /// - Parameters:
    ///   - log: NPY or CSV as module Pose reads them, beginning now; nil: a board that lies still and is turned in between.
    ///   - fast: time as fast as it goes; with a log that isn't looping, to a second after its end, where it stands still.
    ///   - isLooping: starts the log again at its end; else the board then stays still.
    /// - Throws: what is wrong with the log.
    public static func make(log: String?, fast: Bool, seed: UInt64 = 1, isLooping: Bool = false) throws(Failure) -> SimulatedBoard {
        let board = SimulatedBoard(fast: fast)
        let start = board.now()
        let motion: any Motion
        if let log {
            let recorded = try RecordedMotion(path: log, startNanoseconds: start, isLooping: isLooping)
            // A second more: what chips have collected is read and filtered.
            if !isLooping { board.time.end(atNanoseconds: start + Int64(recorded.durationSeconds * 1e9) + 1_000_000_000) }
            motion = recorded
        } else {
            motion = RockingMotion(startNanoseconds: start)
        }
        var random = ChipRandom(seed: seed)
        func options() -> ChipOptions {
            var options = ChipOptions(seed: random.bits())
            options.drift = (random.uniform() - 0.5) * 0.02
            return options
        }

        let imu = MPUChip.mpu9250(motion: motion, options: options())
        let imuReady = board.addLine("gpiochip0/4", "imu-ready")
        imu.pin.line = imuReady
        board.addBus("/dev/i2c-1").attach(imu, at: 0x68)
        let second = LSM6DSOChip(motion: motion, options: options())
        second.pin.line = board.addLine("gpiochip0/5", "second-imu-ready")
        board.addBus("/dev/i2c-2").attach(second, at: 0x6A)

        let sensor = board.addLine("gpiochip0/17", "motion")
        let button = board.addLine("gpiochip0/27", "button", level: true)
        let door = board.addLine("gpiochip0/22", "door")
        _ = board.addLine("gpiochip0/18", "indicator")
        board.addScript(LineScript(sensor, startNanoseconds: start, [.init(seconds: 3, true), .init(seconds: 5.5, false)], repeatSeconds: 11))
        // The button pulls the line down, and bounces.
        board.addScript(LineScript(button, startNanoseconds: start, [
            .init(seconds: 6, false), .init(seconds: 6.001, true), .init(seconds: 6.0015, false), .init(seconds: 6.2, true),
        ], repeatSeconds: 17))
        board.addScript(LineScript(door, startNanoseconds: start, [.init(seconds: 8, true), .init(seconds: 13, false)], repeatSeconds: 31))
        board.defaultConfiguration = configuration
        return board
    }

    /// In the firmware's configuration format.
    private static let configuration = """
        [firmware]
        name = simulated
        watchdog = 10

        [imu main]
        bus = i2c-1
        chip = mpu9250
        address = 0x68
        rate = 200
        data-ready = gpiochip0/4

        [imu second]
        bus = i2c-2
        chip = lsm6dso
        address = 0x6a
        rate = 208
        magnetometer = none
        data-ready = gpiochip0/5

        [input motion]
        line = gpiochip0/17
        edges = both

        [input button]
        line = gpiochip0/27
        bias = pull-up
        active = low
        edges = both
        debounce = 10

        [input door]
        line = gpiochip0/22
        edges = both
        debounce = 20

        [output indicator]
        line = gpiochip0/18

        """
}
