import Board
import Platform
import Testing
@testable import VirtualBoard

@Suite struct SimulatedBoardTests {
    /// Registers of a chip through the board's own bus.
    private func transfer(_ bus: I2CBus, _ address: UInt8, _ write: [UInt8], read: Int = 0) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: read)
        try bytes.withUnsafeMutableBytes { buffer in
            try write.withUnsafeBytes { try bus.transfer(address, write: $0, read: buffer) }
        }
        return bytes
    }

    private func error(_ body: () throws -> Void) -> I2CError? {
        do {
            try body()
            return nil
        } catch {
            return error as? I2CError
        }
    }

    private func edges(_ line: InputLine) throws -> [LineEdge] {
        var buffer = [LineEdge](repeating: LineEdge(isRising: false, timestampNanoseconds: 0), count: 64)
        let count = try buffer.withUnsafeMutableBufferPointer { try line.takeEdges($0) }
        return Array(buffer[0..<count])
    }

    @Test func defaultBoardAnswers() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true, seed: 1)
        #expect(board.busNames() == ["/dev/i2c-1", "/dev/i2c-2"])
        #expect(try transfer(board.openBus(BusRequest("/dev/i2c-1")), 0x68, [0x75], read: 1) == [0x71])
        #expect(try transfer(board.openBus(BusRequest("i2c-2")), 0x6A, [0x0F], read: 1) == [0x6C])
        // A simulated bus frees itself: lines for that aren't looked for.
        let bus = try board.openBus(BusRequest("i2c-1", recoveryClock: "gpiochip9/9"))
        #expect(error { _ = try transfer(bus, 0x69, [0x75], read: 1) } == .notAcknowledged)
        #expect(throws: Failure.self) { try board.openBus(BusRequest("i2c-9")) }
        #expect(throws: Failure.self) { _ = try board.openInput(LineRequest(line: "nothing")) }
    }

    /// Data-ready by its line at 100 Hz: every sample an edge, at its sample's own time, none lost.
    @Test func dataReadyEdges() throws {
        let board = SimulatedBoard(fast: true)
        let chip = MPUChip.mpu9250(motion: StillMotion())
        let trace = SampleTrace(capacity: 4096)
        chip.pin.line = board.addLine("gpiochip0/4", "ready")
        let bus = board.addBus("/dev/i2c-1")
        bus.attach(chip, at: 0x68)
        var request = LineRequest(line: "ready")
        request.edges = .rising
        let line = try board.openInput(request)
        let waits = try board.makeWaitSet([line])
        for write in [[0x6B, 0x01], [0x1A, 0x01], [0x19, 9], [0x38, 0x01]] as [[UInt8]] { _ = try transfer(bus, 0x68, write) }
        chip.trace = trace
        let deadline = board.now() + 10_000_000_000
        var times: [Int64] = []
        while waits.wait(untilNanoseconds: deadline) {
            for edge in try edges(line) {
                #expect(edge.isRising && edge.sequence == UInt32(times.count + 1))
                times.append(edge.timestampNanoseconds)
                #expect(board.now() == edge.timestampNanoseconds)
            }
        }
        #expect(board.now() == deadline)
        #expect(abs(times.count - 1000) <= 1)
        #expect(times.indices.allSatisfy { trace.time($0) == times[$0] })
        #expect(line.lostEdges == 0)
    }

    @Test func sameSeedSameBytes() throws {
        func run(_ seed: UInt64) throws -> [UInt8] {
            let board = try SimulatedBoard.make(log: nil, fast: true, seed: seed)
            let bus = try board.openBus(BusRequest("i2c-1"))
            let waits = try board.makeWaitSet([])
            for write in [[0x6B, 0x01], [0x1A, 0x01], [0x19, 4]] as [[UInt8]] { _ = try transfer(bus, 0x68, write) }
            var bytes: [UInt8] = []
            for _ in 0..<100 {
                _ = waits.wait(untilNanoseconds: board.now() + 7_000_000)
                bytes += try transfer(bus, 0x68, [0x3B], read: 14)
            }
            return bytes
        }
        let first = try run(7)
        #expect(first == (try run(7)))
        #expect(first != (try run(8)))
    }

    @Test func scriptsBounceAndDebounce() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        var request = LineRequest(line: "button")
        request.edges = .both
        request.isActiveLow = true
        request.debounceMicroseconds = 10_000
        let button = try board.openInput(request)
        let start = board.now()
        let waits = try board.makeWaitSet([button])
        #expect(try !button.level())
        var seen: [LineEdge] = []
        while seen.count < 2, waits.wait(untilNanoseconds: start + 10_000_000_000) { seen += try edges(button) }
        // Pressed at 6 s, steady from 6.0015 s; released at 6.2 s.
        #expect(seen.map { $0.isRising } == [true, false])
        #expect(seen[0].timestampNanoseconds - start == 6_011_500_000)
        #expect(seen[1].timestampNanoseconds - start == 6_210_000_000)
        #expect(throws: Failure.self) { _ = try board.openInput(request) }
    }

    @Test func handsAndOutputs() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        let indicator = try #require(board.line("indicator"))
        var output: OutputLine? = try board.openOutput(LineRequest(line: "gpiochip0/18"))
        try output?.set(true)
        #expect(board.level(indicator))
        #expect(throws: Failure.self) { try board.perform("line indicator 1") }
        output = nil
        #expect(!board.level(indicator))

        var request = LineRequest(line: "door")
        request.edges = .both
        let door = try board.openInput(request)
        try board.perform("pulse door 0.25")
        let waits = try board.makeWaitSet([door])
        var seen: [LineEdge] = []
        while seen.count < 2, waits.wait(untilNanoseconds: board.now() + 1_000_000_000) { seen += try edges(door) }
        #expect(seen.map { $0.isRising } == [true, false])
        #expect(seen[1].timestampNanoseconds - seen[0].timestampNanoseconds == 250_000_000)
        for wrong in ["line", "line door 2", "line nowhere 1", "load 2", "pulse door x"] {
            #expect(throws: Failure.self) { try board.perform(wrong) }
        }
    }

    /// More edges than the ring holds: the oldest go, and are counted.
    @Test func lostEdgesAreCounted() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        var request = LineRequest(line: "motion")
        request.edges = .both
        let line = try board.openInput(request)
        for index in 0..<300 { try board.perform("line motion \(index % 2 == 0 ? 1 : 0)") }
        var seen: [LineEdge] = []
        while true {
            let more = try edges(line)
            if more.isEmpty { break }
            seen += more
        }
        #expect(seen.count == 256)
        #expect(line.lostEdges == 44)
        #expect(seen.first?.sequence == 45)
    }

    @Test func faultsOnTheBus() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        let bus = try board.openBus(BusRequest("i2c-1"))
        func identity() throws -> [UInt8] { try transfer(bus, 0x68, [0x75], read: 1) }

        try board.perform("nack 0x68 2")
        #expect(error { _ = try identity() } == .notAcknowledged)
        #expect(error { _ = try identity() } == .notAcknowledged)
        #expect(try identity() == [0x71])
        try board.perform("nack 104 forever")
        for _ in 0..<20 { #expect(error { _ = try identity() } == .notAcknowledged) }
        try board.perform("clear")
        #expect(try identity() == [0x71])

        // A held data line: stuck at once, recovery fails until it is let go.
        let start = board.now()
        try board.perform("hold 1.0")
        #expect(error { _ = try identity() } == .stuck)
        #expect(error { try bus.recover() } == .stuck)
        let waits = try board.makeWaitSet([])
        _ = waits.wait(untilNanoseconds: start + 1_100_000_000)
        try bus.recover()
        #expect(try identity() == [0x71])
        // A held clock: the adapter waits for it.
        let before = board.now()
        try board.perform("hold 0.3 scl")
        #expect(error { _ = try identity() } == .timedOut)
        #expect(board.now() - before >= SimulatedBus.adapterTimeoutNanoseconds)
        _ = waits.wait(untilNanoseconds: before + 400_000_000)
        // Until a recovery.
        try board.perform("hold recovery")
        #expect(error { _ = try identity() } == .stuck)
        try bus.recover()
        #expect(try identity() == [0x71])

        try board.perform("short 0x68")
        #expect(try transfer(bus, 0x68, [0x75], read: 1) == [0xFF])
        #expect(try identity() == [0x71])
        _ = try transfer(bus, 0x68, [0x1B, 0x08])
        try board.perform("corrupt 0x68 0x1b 0x18")
        #expect(try transfer(bus, 0x68, [0x1B], read: 1) == [0x10])
        try board.perform("reset 0x68")
        #expect(try transfer(bus, 0x68, [0x1B], read: 1) == [0x00])
        #expect(throws: Failure.self) { try board.perform("corrupt 0x68 0x7f 1") }
        #expect(throws: Failure.self) { try board.perform("reset 0x50") }
        #expect(throws: Failure.self) { try board.perform("overflow 0x68") }
    }

    @Test func faultsOfChips() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        let bus = try board.openBus(BusRequest("i2c-1"))
        var request = LineRequest(line: "imu-ready")
        request.edges = .rising
        let line = try board.openInput(request)
        let waits = try board.makeWaitSet([line])
        for write in [[0x6B, 0x01], [0x1A, 0x01], [0x19, 9], [0x38, 0x11], [0x23, 0x78], [0x6A, 0x40]] as [[UInt8]] {
            _ = try transfer(bus, 0x68, write)
        }
        func count(seconds: Double) throws -> Int {
            var number = 0
            let end = board.now() + Int64(seconds * 1e9)
            while waits.wait(untilNanoseconds: end) { number += try edges(line).count }
            return number
        }
        _ = try count(seconds: 0.1)
        #expect(abs(try count(seconds: 10) - 1000) < 15)
        try board.perform("mute-interrupt 0x68 2")
        #expect(try count(seconds: 1.99) == 0)
        #expect(try count(seconds: 1) > 90)
        try board.perform("storm 0x68 1 2000")
        #expect(abs(try count(seconds: 1) - 2000) < 150)
        #expect(abs(try count(seconds: 1) - 100) < 4)
        try board.perform("drift 0x68 0.03")
        #expect(abs(try count(seconds: 10) - 1030) <= 1)
        _ = try transfer(bus, 0x68, [0x6A, 0x44])
        _ = try transfer(bus, 0x68, [0x3A], read: 1)
        try board.perform("overflow 0x68")
        #expect(try transfer(bus, 0x68, [0x3A], read: 1)[0] & 0x10 != 0)
        #expect(try transfer(bus, 0x68, [0x72], read: 2) == [0x02, 0x00])
    }

    @Test func faultCommandsAreChecked() throws {
        let good: [(String, Fault)] = [
            ("nack 0x68", .notAcknowledged(address: 0x68, count: 1)), ("nack 0x68 forever", .notAcknowledged(address: 0x68, count: nil)),
            ("  hold   1.5 ", .held(seconds: 1.5, line: .data)), ("hold 2 scl", .held(seconds: 2, line: .clock)),
            ("hold recovery", .held(seconds: nil, line: .data)), ("short 0x68 4", .shortRead(address: 0x68, count: 4)),
            ("corrupt 0x68 2:0x01 0x10", .corrupted(address: 0x68, register: 0x201, mask: 0x10)),
            ("reset 0x6A", .reset(address: 0x6A)), ("overflow 0x6a", .overflow(address: 0x6A)),
            ("storm 0x68 0.5 5000", .storm(address: 0x68, seconds: 0.5, hertz: 5000)),
            ("mute-interrupt 0x68", .mutedInterrupt(address: 0x68, seconds: nil)),
                ("drift 0x68 -0.03", .drift(address: 0x68, share: -0.03)),
            ("clear", .clear),
        ]
        for (text, fault) in good { #expect(try Fault.parse(text) == fault) }
        let bad = ["", "  ", "nonsense", "nack", "nack 0x80", "nack 0x68 -1", "nack 0x68 1 2", "nack 0x", "hold", "hold x", "hold -1",
                   "hold nan",
                   "hold 1 sdx", "hold recovery scl", "corrupt 0x68 0x1b", "corrupt 0x68 0x100 1", "corrupt 0x68 9:1 1", "corrupt 0x68 : 1",
                   "drift 0x68 inf", "drift 0x68 2", "storm 0x68 1 0", "clear all", "reset 99999999999999999999", "nack 0x6g", "nack 68h"]
        for text in bad { #expect(throws: Failure.self, "\(text)") { try Fault.parse(text) } }
    }

    @Test func powerFollowsLoad() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        let policies = board.frequencyPolicies()
        #expect(policies.map { $0.name } == ["policy0", "policy4"])
        let waits = try board.makeWaitSet([])
        func pass(_ seconds: Int64) { _ = waits.wait(untilNanoseconds: board.now() + seconds * 1_000_000_000) }
        let big = policies[1]
        pass(10)
        #expect(try big.currentKilohertz() == 600_000)
        try board.perform("load 1")
        pass(60)
        #expect(try big.currentKilohertz() == 2_400_000)
        let hot = board.temperatures()[0].celsius
        try big.setGovernor("powersave")
        pass(60)
        #expect(try big.currentKilohertz() == 600_000)
        #expect(board.temperatures()[0].celsius < hot - 5)
        #expect(throws: Failure.self) { try big.setSpeed(kilohertz: 1_200_000) }
        #expect(throws: Failure.self) { try big.setGovernor("turbo") }
        try big.setGovernor("userspace")
        try big.setSpeed(kilohertz: 1_200_000)
        pass(5)
        let states = big.timeInState()
        #expect(states.map { $0.milliseconds } == [70_000, 5_000, 0, 60_000])
        #expect(board.frequencyPolicies()[1] === big)
        big.restore()
        #expect(try big.governor() == "schedutil")
        try board.perform("pressure 0.25")
        #expect(board.memoryPressure() == 0.25)
    }

    @Test func watchdogBarks() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        let watchdog = try #require(try board.openWatchdog(timeoutSeconds: 2))
        let waits = try board.makeWaitSet([])
        for _ in 0..<5 {
            _ = waits.wait(untilNanoseconds: board.now() + 1_500_000_000)
            watchdog.feed()
        }
        #expect(board.watchdog?.resetCount == 0)
        _ = waits.wait(untilNanoseconds: board.now() + 2_500_000_000)
        #expect(board.watchdog?.resetCount == 1)
        watchdog.disarm()
        _ = waits.wait(untilNanoseconds: board.now() + 9_000_000_000)
        #expect(board.watchdog?.resetCount == 1)
    }

    /// Fast time comes to its end and stands still there, for waits and transfers; who is woken there wakes.
    @Test func fastTimeEnds() throws {
        let board = try SimulatedBoard.make(log: nil, fast: true)
        let bus = try board.openBus(BusRequest("i2c-1")), waits = try board.makeWaitSet([])
        let end = board.now() + 1_000_000_000
        board.time.end(atNanoseconds: end)
        #expect(!waits.wait(untilNanoseconds: end - 1) && !board.time.isOver)
        #expect(!waits.wait(untilNanoseconds: end + 5_000_000) && board.now() == end && board.time.isOver)
        _ = try transfer(bus, 0x68, [0x75], read: 1)
        try board.perform("hold 1 scl")
        #expect(throws: I2CError.self) { try self.transfer(bus, 0x68, [0x75], read: 1) }
        #expect(!waits.wait(untilNanoseconds: end + 5_000_000) && board.now() == end)
        // Without the wake this test would never end.
        let waker = try Thread { waits.wake() }
        #expect(!waits.wait(untilNanoseconds: .max))
        waker.join()
        #expect(board.now() == end)
    }

    /// Several threads in real time: edges arrive, `wake` ends a wait, nothing hangs.
    @Test func threadsInRealTime() throws {
        let board = try SimulatedBoard.make(log: nil, fast: false)
        var request = LineRequest(line: "imu-ready")
        request.edges = .rising
        let line = try board.openInput(request)
        let waits = try board.makeWaitSet([line])
        let other = try board.makeWaitSet([])
        let finished = SampleTrace(capacity: 4)
        let sleeper = try Thread { _ = other.wait(untilNanoseconds: .max); finished.add(1) }
        let bus = try board.openBus(BusRequest("i2c-1")), second = try board.openBus(BusRequest("i2c-2"))
        // Configured from another thread while this one already waits.
        let driver = try Thread {
            for write in [[0x6B, 0x01], [0x1A, 0x01], [0x19, 0], [0x38, 0x01]] as [[UInt8]] { _ = try? self.transfer(bus, 0x68, write) }
            for _ in 0..<200 { _ = try? self.transfer(second, 0x6A, [0x28], read: 6) }
        }
        var count = 0
        let deadline = board.now() + 600_000_000_000
        while count < 100, waits.wait(untilNanoseconds: deadline) { count += try edges(line).count }
        #expect(count >= 100)
        driver.join()
        other.wake()
        sleeper.join()
        #expect(finished.count == 1)
    }
}
