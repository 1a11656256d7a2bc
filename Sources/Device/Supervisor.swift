import Board
import BoardLinux
import CLinux
import Configuration
import Platform

/// Feeds the watchdog while, and only while, every sensor thread takes its turns. For the console server's thread.
public final class Supervisor {
    private unowned(unsafe) let device: Device
    private let watchdog: (any Watchdog)?
    private let manager: ServiceManager?
    private var lastTurns: [UInt32]
    private var lastAlive: [Int64]
    private var isHanging = false
    private var sleep = SuspendDetector()
    /// A bus may hold its thread for as long as its adapter's time-out and a few retries.
    static let patienceNanoseconds: Int64 = 5_000_000_000

    init(_ device: Device) throws(Failure) {
        self.device = device
        let seconds = device.configuration.watchdogSeconds
        watchdog = seconds > 0 ? try device.board.openWatchdog(timeoutSeconds: seconds) : nil
        if seconds > 0, watchdog == nil { device.log.write(.warning, "there is no watchdog on this board") }
        manager = ServiceManager.fromEnvironment()
        lastTurns = [UInt32](repeating: 0, count: device.loops.count)
        lastAlive = [Int64](repeating: monotonicNanoseconds(), count: device.loops.count)
        manager?.ready()
    }

    /// Once a second.
    public func look(now: Int64) {
        var hanging = -1
        for (index, loop) in device.loops.enumerated() {
            let turns = loop.turns
            if turns != lastTurns[index] {
                lastTurns[index] = turns
                lastAlive[index] = now
            }
            if now - lastAlive[index] > Self.patienceNanoseconds { hanging = index }
        }
        if hanging >= 0, !isHanging {
            device.log.write(.error, "the thread of \(device.loops[hanging].name) hangs; the watchdog is no longer fed")
        }
        if hanging < 0, isHanging { device.log.write(.info, "the sensor threads are alive again") }
        isHanging = hanging >= 0
        if !isHanging { watchdog?.feed() }
        let slept = sleep.sleptNanoseconds()
        if slept > 0 {
            device.log.write(.info, "the system slept for \(fixed(Double(slept) / 1e9, decimals: 1)) s; sensors start again")
            for track in device.tracks { track.source.requests.push(.restart) }
            for meter in device.meters { meter.source.requests.push(.restart) }
        }
    }

    /// Nil where there is none.
    public var watchdogSeconds: Int? { watchdog?.timeoutSeconds }

    func stop() {
        manager?.stopping()
        watchdog?.disarm()
    }
}
