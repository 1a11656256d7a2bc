import Board
import Platform
@testable import Sensors
import Testing

/// A chip of plain registers on a bus of its own, for what simulated chips never do.
private final class PlainBus: I2CBus {
    let name = "plain"
    var registers = [UInt8](repeating: 0, count: 256)
    var frozen: Set<UInt8> = []
    var error: I2CError?
    var recoveries = 0
    var writes: [(register: UInt8, value: UInt8)] = []

    func transfer(_ address: UInt8, write: UnsafeRawBufferPointer, read: UnsafeMutableRawBufferPointer) throws(I2CError) {
        if let error { throw error }
        guard address == 0x68 else { throw .notAcknowledged }
        if write.count > 1, !frozen.contains(write[0]) { registers[Int(write[0])] = write[1] & (write[0] == 0x6B ? 0x7F : 0xFF) }
        if write.count > 1 { writes.append((write[0], write[1])) }
        for index in 0..<read.count { read[index] = registers[(Int(write[0]) + index) & 0xFF] }
    }

    func recover() throws(I2CError) { recoveries += 1 }
}

@Suite struct SensorStateTests {
    private final class Clock { var now: Int64 = 1_000_000_000 }

    private func sensor(_ bus: PlainBus, _ clock: Clock) throws(Failure) -> InertialSensor {
        bus.registers[0x75] = 0x68
        var configuration = SensorConfiguration()
        configuration.magnetometer = .none
        return try InertialSensor(configuration: configuration, bus: bus, time: { clock.now })
    }

    private func run(_ sensor: InertialSensor, _ clock: Clock, milliseconds: Int64, until stop: () -> Bool = { false }) {
        let end = clock.now + milliseconds * 1_000_000
        while clock.now < end, !stop() { clock.now = max(clock.now + 10_000, min(end, sensor.update(now: clock.now))) }
    }

    @Test func noChipIsAClearFailure() {
        let failure = #expect(throws: Failure.self) {
            var configuration = SensorConfiguration()
            configuration.chip = .lsm6dso
            _ = try InertialSensor(configuration: configuration, bus: PlainBus())
        }
        #expect(failure?.description.contains("LSM6DSO") == true)
        #expect(failure?.description.contains("plain") == true)
    }

    @Test func resetComesFirstAndIsWaitedFor() throws {
        let bus = PlainBus(), clock = Clock()
        let sensor = try sensor(bus, clock)
        let next = sensor.update(now: clock.now)
        #expect(bus.writes.count == 1 && bus.writes[0] == (0x6B, 0x80))
        #expect(sensor.state == .waiting)
        #expect(next == clock.now + 100_000_000)
        // Asked too early it does nothing.
        clock.now += 50_000_000
        _ = sensor.update(now: clock.now)
        #expect(bus.writes.count == 1)
        run(sensor, clock, milliseconds: 60)
        #expect(sensor.state == .running)
        #expect(bus.registers[0x1B] == 0x10 && bus.registers[0x1C] == 0x10 && bus.registers[0x19] == 4)
    }

    @Test func aRegisterThatDoesNotHoldEndsInAReset() throws {
        let bus = PlainBus(), clock = Clock()
        bus.frozen = [0x1B]
        let sensor = try sensor(bus, clock)
        run(sensor, clock, milliseconds: 1000)
        #expect(sensor.state != .running)
        #expect(sensor.counters.badRegisters >= 3)
        #expect(sensor.counters.resets >= 2)
        bus.frozen = []
        run(sensor, clock, milliseconds: 300, until: { sensor.state == .running })
        #expect(sensor.state == .running)
    }

    @Test func everyErrorHasItsCounter() throws {
        let bus = PlainBus(), clock = Clock()
        let sensor = try sensor(bus, clock)
        run(sensor, clock, milliseconds: 200, until: { sensor.state == .running })
        bus.error = .timedOut
        run(sensor, clock, milliseconds: 200)
        #expect(sensor.counters.timeouts > 0 && sensor.counters.busRecoveries > 0)
        #expect(bus.recoveries == Int(sensor.counters.busRecoveries))
        // Errors are paced: 200 ms of them are some dozens of tries, not thousands.
        #expect(sensor.counters.timeouts < 50)
        bus.error = .other(5)
        run(sensor, clock, milliseconds: 100)
        #expect(sensor.counters.otherBusErrors > 0)
        bus.error = .notAcknowledged
        run(sensor, clock, milliseconds: 100)
        #expect(sensor.counters.notAcknowledged > 0)
        #expect(sensor.state == .recovering)
        bus.error = nil
        // What the chip's registers hold is what was written: no second reset, reading goes on.
        run(sensor, clock, milliseconds: 30, until: { sensor.state == .running })
        #expect(sensor.state == .running)
    }

    @Test func aChipThatNeverSamplesIsResetInTheEnd() throws {
        let bus = PlainBus(), clock = Clock()
        let sensor = try sensor(bus, clock)
        run(sensor, clock, milliseconds: 3000)
        #expect(sensor.counters.resets >= 2)
        #expect(sensor.counters.samples == 0)
    }
}
