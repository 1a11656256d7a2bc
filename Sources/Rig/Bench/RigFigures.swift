import Glibc
import Platform
import VirtualBoard

/// Measures what the rig can: each figure a line of a table. Nothing is decided here.
public final class RigFigures {
    /// What was measured, and the result with its unit, as text.
    public typealias Row = (figure: String, value: String)
    private let image: RigImage
    private let firmware: String
    private let seconds: Int
    private let edges: Int
    private let tell: (Row) -> Void

    /// `seconds` of the measurements that take long. `tell` gets each figure as it comes.
    public init(image: RigImage, firmware: String, seconds: Int = 60, edges: Int = 2000, tell: @escaping (Row) -> Void) {
        self.image = image
        self.firmware = firmware
        self.seconds = seconds
        self.edges = edges
        self.tell = tell
    }

    /// All figures, one after the other; some minutes. Fails where a board doesn't start or the firmware doesn't answer.
    public func measure() throws(Failure) {
        try prompt()
        let bench = try RigBench(image: image, firmware: firmware)
        try bench.compareClocks()
        try sampleTimes(bench)
        try fullSpeed(bench)
        try recovery(bench)
        try steadyState(bench)
        try button(bench)
    }

    /// From the kernel's own line about its first process to the console's prompt.
    private func prompt() throws(Failure) {
        let board = StandardBoard(motion: StillMotion())
        var options = MachineOptions(image: image, system: RootSystem(firmware: firmware, hasShell: false,
                                                                      files: [("etc/swiftlet.conf", board.configuration(["mpu9250"]))]))
        options.buses = board.buses
        options.memoryMegabytes = 96
        options.kernelArguments = [Machine.tellsOfItsStart]
        let start = try Machine(options).waitForPrompt()
        tell(("console prompt after the kernel hands over to init", milliseconds(start.afterHandover, decimals: 0)))
        tell(("the same since QEMU's start", milliseconds(start.afterStart, decimals: 0)))
    }

    private func sampleTimes(_ bench: RigBench) throws(Failure) {
        let run = try bench.start("mpu6050"), model = bench.board.sensor("mpu6050")!.model
        try run.waitForSamples("mpu6050", more: 600, seconds: 30)
        let trace = SampleTrace(capacity: 1 << 15)
        bench.machine.withChips(ofBus: 2) { _, _ in model.trace = trace }
        let length = min(seconds, 20)
        let readings = try run.console.run("imu mpu6050 --seconds \(length) --rate 40", seconds: Double(length) + 20)
        let truth = bench.machine.withChips(ofBus: 2) { _, _ -> [Int64] in
            model.trace = nil
            return (max(0, trace.count - trace.capacity)..<trace.count).compactMap { trace.time($0) }
        }
        // The trace begins with the first sample after it was set: a reading of before has no true time.
        let recovered = readings.map { bench.clock.ours(Int64($0.number("time_s") * 1e9)) }.filter { $0 > (truth.first ?? .max) }
        guard let errors = SampleTimes(recovered: recovered, truth: truth) else {
            throw Failure(.inputOutput, "no sample times to compare")
        }
        tell(("sample-time error against the chip's clock, 3 % drift, 200 Hz, RMS (\(errors.count) readings)",
              "\(fixed(errors.rmsMicroseconds / 1000, decimals: 3)) ms"))
        tell(("of it constant (the two machines' clocks are compared to ± "
              + "\(fixed(Double(bench.clock.uncertaintyNanoseconds) / 1e6, decimals: 2)) ms)",
                  "\(fixed(errors.meanMicroseconds / 1000, decimals: 3)) ms"))
        tell(("largest of them", "\(fixed(errors.largestMicroseconds / 1000, decimals: 3)) ms"))
        try run.end()
    }

    private func fullSpeed(_ bench: RigBench) throws(Failure) {
        let run = try bench.start("fast"), model = bench.board.sensor("mpu6050")!.model
        try run.waitForSamples("mpu6050", more: 1000, seconds: 30)
        let trace = SampleTrace(capacity: 16)
        bench.machine.withChips(ofBus: 2) { _, _ in model.trace = trace }
        let before = try run.state(of: "mpu6050")
        usleep(UInt32(seconds) * 1_000_000)
        let after = try run.state(of: "mpu6050")
        let taken = bench.machine.withChips(ofBus: 2) { _, _ in trace.count }
        model.trace = nil
        let lost = after.fault("lostSamples") - before.fault("lostSamples"),
            overflows = after.fault("overflows") - before.fault("overflows")
        tell(("samples lost over \(seconds) s at 1 kHz FIFO (\(Int(after.number("samples") - before.number("samples"))) delivered, chip "
              + "took \(taken), \(overflows) overflows)", "\(lost)"))
        try run.end()
    }

    /// How long after the end of a fault the first new sample was taken.
    private func recovery(_ bench: RigBench) throws(Failure) {
        let cases: [(name: String, fault: Fault, seconds: Double)] = [
            ("chip reset", .reset(address: 0x68), 0), ("bus held for 1 s", .held(seconds: 1, line: .clock), 1),
        ]
        let run = try bench.start("mpu6050")
        try run.waitForSamples("mpu6050", more: 400, seconds: 30)
        for each in cases {
            try run.console.begin("imu mpu6050 --seconds 6 --rate 50")
            usleep(1_000_000)
            let end = monotonicNanoseconds() + Int64(each.seconds * 1e9)
            try bench.machine.inject(each.fault, bus: 2)
            let times = try run.console.finish("imu", seconds: 30).map { bench.clock.ours(Int64($0.number("time_s") * 1e9)) }
            // Data from before the fault may still come after it: what counts is the longest pause around its end.
            var pause = (length: Int64(0), resumed: Int64(0))
            for (last, next) in zip(times, times.dropFirst()) where next > end && next - last > pause.length { pause = (next - last, next) }
            tell(("back to data after the end of: \(each.name)", milliseconds(max(0, pause.resumed - end), decimals: 0)))
            try run.waitForSamples("mpu6050", more: 200, seconds: 20)
        }
        let faults = try run.state(of: "mpu6050")["faults"] as? [String: Any] ?? [:]
        tell(("counters after both", faults.filter { "\($0.value)" != "0" }.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "
            + "")))
        try run.end()
    }

    private func steadyState(_ bench: RigBench) throws(Failure) {
        let run = try bench.start("mpu9250")
        try run.waitForSamples("mpu9250", more: 1000, seconds: 30)
        let before = try run.memoryKilobytes("VmData"), anonymous = try run.memoryKilobytes("RssAnon")
        usleep(UInt32(seconds) * 1_000_000)
        tell(("resident memory of the firmware with sensors and console, no models", "\(try run.memoryKilobytes()) kB"))
        tell(("of it anonymous", "\(try run.memoryKilobytes("RssAnon")) kB"))
        tell(("growth of its data and its anonymous memory over \(seconds) s",
              "\(try run.memoryKilobytes("VmData") - before) kB, \(try run.memoryKilobytes("RssAnon") - anonymous) kB"))
        try run.end()
    }

    private func button(_ bench: RigBench) throws(Failure) {
        let run = try bench.start("button")
        _ = try run.console.run("gpio")
        let start = monotonicNanoseconds()
        let came = try bench.pressButton(run, edges: edges)
        tell(("GPIO edges delivered in order, of \(edges) with handshake", "\(came)"))
        tell(("the same a second", fixed(Double(came) / (Double(monotonicNanoseconds() - start) / 1e9), decimals: 0)))
        try run.end()
    }
}
