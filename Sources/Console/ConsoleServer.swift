import CConsole
import CLinux
import Configuration
import Device
import Platform

/// The thread below the sensors': reads and writes every console, turns events into the log, and watches that the
/// sensors' threads are alive.
public final class ConsoleServer {
    private let device: Device
    private let consoles: [Console]
    private let workers: [CommandWorker]
    private var descriptors: [pollfd]
    /// Which console each descriptor after the first belongs to.
    private var owners: [Int]
    private var nextSecond: Int64
    private let takeEvent: (FirmwareEvent) -> Void
    private let everySecond: (Int64) -> Void

    /// - Parameters:
    ///   - execute: runs a line of the console with that place in `consoles`; called on that console's own thread.
    ///   - takeEvent: what a sensor's thread told; called on the server's.
    ///   - everySecond: called on the server's thread with the monotonic time.
    public init(device: Device, consoles: [Console], execute: @escaping (_ console: Int, _ line: [UInt8]) -> Int32,
                takeEvent: @escaping (FirmwareEvent) -> Void, everySecond: @escaping (Int64) -> Void) {
        self.device = device
        self.consoles = consoles
        self.takeEvent = takeEvent
        self.everySecond = everySecond
        var workers: [CommandWorker] = []
        for (index, console) in consoles.enumerated() {
            workers.append(CommandWorker(console: console, wake: device.wake) { execute(index, $0) })
        }
        self.workers = workers
        descriptors = []
        descriptors.reserveCapacity(1 + consoles.count * 2)
        owners = []
        owners.reserveCapacity(1 + consoles.count * 2)
        nextSecond = monotonicNanoseconds() + 1_000_000_000
    }

    /// Serves until the firmware is asked to end. The exit status.
    public func run() -> Int32 {
        for console in consoles { console.begin() }
        var status: Int32 = 0
        while true {
            device.drainEvents(takeEvent)
            for (index, console) in consoles.enumerated() {
                if let line = console.takeLine() { workers[index].run(line) }
                if !console.flush(now: monotonicNanoseconds()) { lost(index) }
                if console.isFinished, console.port == nil { device.requestEnd(.exit) }
            }
            let signal = console_caught_signal()
            if signal != 0 {
                device.log.write(.info, "ending: signal \(signal)")
                device.requestEnd(.exit)
            }
            if device.isEnding { break }
            wait()
        }
        for console in consoles { console.cancel() }
        for worker in workers {
            worker.stop()
            // A script says by its end whether all went well; a person has seen it.
            if !worker.console.isInteractive { status = max(status, worker.status) }
        }
        return status
    }

    /// Last words, for readers who take them.
    public func finish() {
        let end = monotonicNanoseconds() + 200_000_000
        for console in consoles where console.isOpen {
            while console.hasOutput, monotonicNanoseconds() < end {
                if !console.flush(now: monotonicNanoseconds()) { break }
                if console.hasOutput { usleep(2000) }
            }
            console_finish_output(console.output, Int32(max(0, end - monotonicNanoseconds()) / 1_000_000))
        }
    }

    /// What a script said was lost: 1, and a line on standard error. A reader who closed his pipe wanted no more.
    public func reportLostOutput() -> Int32 {
        var status: Int32 = 0
        for console in consoles where console.port == nil && !console.isInteractive && console.outputFailure != 0 {
            status = 1
            if console.outputFailure != EPIPE {
                Output.error.line("swiftlet: cannot write standard output: \(errorText(console.outputFailure))")
            }
        }
        return status
    }

    private func wait() {
        descriptors.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        descriptors.append(pollfd(fd: device.wake, events: Int16(POLLIN), revents: 0))
        owners.append(-1)
        for (index, console) in consoles.enumerated() where console.isOpen {
            let hasOutput = console.hasOutput
            let reads: Int16 = console.wantsInput ? Int16(POLLIN) : 0
            if console.input == console.output {
                descriptors.append(pollfd(fd: console.input, events: reads | (hasOutput ? Int16(POLLOUT) : 0), revents: 0))
                owners.append(index)
            } else {
                if reads != 0 {
                    descriptors.append(pollfd(fd: console.input, events: reads, revents: 0))
                    owners.append(index)
                }
                if hasOutput {
                    descriptors.append(pollfd(fd: console.output, events: Int16(POLLOUT), revents: 0))
                    owners.append(index)
                }
            }
        }
        // Ports whose driver is still being loaded come soon.
        let isYoung = monotonicNanoseconds() - device.startNanoseconds < 10_000_000_000
        let waitsForPort = isYoung && consoles.contains { !$0.isOpen }
        let left = max(0, nextSecond - monotonicNanoseconds())
        let ready = poll(&descriptors, nfds_t(descriptors.count), waitsForPort ? 50 : Int32(left / 1_000_000 + 1))
        let now = monotonicNanoseconds()
        if waitsForPort {
            for (index, console) in consoles.enumerated() where !console.isOpen { reopen(index) }
        }
        if ready > 0 {
            if descriptors[0].revents != 0 { console_wake_clear(device.wake) }
            for position in descriptors.indices.dropFirst() where descriptors[position].revents != 0 { serve(position) }
        }
        if now >= nextSecond {
            nextSecond = now + 1_000_000_000
            everySecond(now)
            for (index, console) in consoles.enumerated() {
                console.checkProgress(now: now)
                if !console.isOpen { reopen(index) }
            }
        }
    }

    private func serve(_ position: Int) {
        let console = consoles[owners[position]]
        let events = descriptors[position].revents
        guard console.isOpen else { return }
        if events & Int16(POLLIN) != 0 {
            if !console.readInput() { lost(owners[position]) }
        } else if events & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
            // A pipe whose writer has gone reads as its end; anything else hung up.
            if console.isInteractive || console.port != nil || descriptors[position].fd == console.output || !console.readInput() {
                lost(owners[position])
            }
        }
    }

    /// A console hung up: a port is opened again, standard input is the end.
    private func lost(_ index: Int) {
        let console = consoles[index]
        console.hangUp()
        if console.port == nil { device.requestEnd(.exit) } else { device.log.write(.info, "console \(console.name) hung up") }
    }

    private func reopen(_ index: Int) {
        guard let port = consoles[index].port else { return }
        let descriptor = console_open(port.path, Int32(port.baud))
        if descriptor >= 0 { consoles[index].reopened(descriptor) }
    }
}
