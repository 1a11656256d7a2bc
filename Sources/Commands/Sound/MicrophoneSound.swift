import Board
import CLinux
import Device
import Hearing
import Platform

/// The sound of a microphone that a command has claimed. A device that goes away and comes back is a break.
final class MicrophoneSound: LiveSound {
    let rateHertz: Int
    private let microphone: MicrophoneLoop
    private let format: MicrophoneFormat
    private let start = monotonicNanoseconds()
    private let before: MicrophoneReading
    private let droppedBefore: UInt32
    private var clock: ArrivalClock
    private var taken: Int64 = 0

    /// - Parameter format: of the device, which is open.
    init(_ microphone: MicrophoneLoop, _ format: MicrophoneFormat) {
        self.microphone = microphone
        self.format = format
        rateHertz = format.rateHertz
        clock = ArrivalClock(rateHertz: format.rateHertz)
        before = microphone.reading.read()
        droppedBefore = microphone.samples.dropped
    }

    let hasEnded = false
    private(set) var breaks: UInt32 = 0

    func take(into target: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Int {
        let count = microphone.samples.pop(target), reading = microphone.reading.read()
        if reading.losses &- before.losses != breaks {
            breaks = reading.losses &- before.losses
            clock.restart()
        }
        guard reading.format == format else {
            throw Failure(.inputOutput, "\(microphone.title) came back with another format; start again")
        }
        if count > 0 {
            taken += Int64(count)
            clock.arrived(taken, at: now())
        }
        return count
    }

    func now() -> Int64 { monotonicNanoseconds() - start }

    func time(ofSamples count: Int64) -> Int64 { clock.time(ofSamples: count) }

    func wait() { usleep(10_000) }

    /// Samples that were lost in the device, how often, and those for which there was no room.
    var overruns: UInt32 { microphone.reading.read().overruns &- before.overruns }
    var lost: UInt32 { microphone.samples.dropped &- droppedBefore }
}
