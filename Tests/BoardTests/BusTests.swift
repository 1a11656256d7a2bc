import Board
@testable import BoardLinux
import Platform
import Testing

/// A wire that remembers what it was driven to, and is let go by a chip after some clocks.
private final class Wire: OutputLine, InputLine {
    let name = "wire"
    let descriptor: Int32 = -1
    let lostEdges: UInt32 = 0
    var levels: [Bool] = []
    var risingEdges: Int { levels.indices.dropFirst().filter { levels[$0] && !levels[$0 - 1] }.count }
    var reading: () -> Bool = { true }

    func set(_ level: Bool) throws(Failure) { levels.append(level) }
    func level() throws(Failure) -> Bool { reading() }
    func takeEdges(_ edges: UnsafeMutableBufferPointer<LineEdge>) throws(Failure) -> Int { 0 }
}

@Suite struct BusTests {
    /// Numbers of Linux on every architecture that the boards have.
    @Test func errorsAreToldApart() {
        #expect(I2CError(errorNumber: 6) == .notAcknowledged)      // ENXIO
        #expect(I2CError(errorNumber: 121) == .notAcknowledged)    // EREMOTEIO
        #expect(I2CError(errorNumber: 110) == .timedOut)           // ETIMEDOUT
        #expect(I2CError(errorNumber: 11) == .arbitrationLost)     // EAGAIN
        #expect(I2CError(errorNumber: 16) == .stuck)               // EBUSY
        #expect(I2CError(errorNumber: 19) == .gone)                // ENODEV
        #expect(I2CError(errorNumber: 5) == .other(5))             // EIO
        #expect(I2CError.other(5).text == "error 5")
    }

    @Test func aMissingBusSaysWhatToDo() {
        let failure = #expect(throws: Failure.self) { try LinuxI2CBus(path: "/dev/i2c-that-is-not-there") }
        #expect(failure?.kind == .inputOutput)
        #expect(failure?.description.contains("i2c-dev") == true)
    }

    @Test func aFileThatIsNoAdapterIsRefused() {
        let failure = #expect(throws: Failure.self) { try LinuxI2CBus(path: "/dev/null") }
        #expect(failure?.description.contains("not an I2C adapter") == true)
    }

    @Test func nineClocksAndAStop() {
        let clock = Wire(), data = Wire()
        #expect(BusRecoveryLines(clock: clock, data: data).clockOut())
        #expect(clock.risingEdges == 10)
        #expect(data.levels == [true, false, true])
    }

    @Test func clockingEndsWhenTheChipLetsGo() {
        let clock = Wire(), sense = Wire()
        sense.reading = { clock.risingEdges >= 3 }
        #expect(BusRecoveryLines(clock: clock, sense: sense).clockOut())
        #expect(clock.levels.count == 6)
    }

    @Test func aWireThatStaysLowIsStuck() {
        let clock = Wire(), sense = Wire()
        sense.reading = { false }
        #expect(!BusRecoveryLines(clock: clock, sense: sense).clockOut())
    }
}
