import Hearing
import Platform

/// A sound on a clock of its own, which moves by waiting and by what work is said to cost: the same in every run.
final class ScriptedSound: LiveSound {
    let rateHertz: Int
    private(set) var breaks: UInt32 = 0
    private let samples: [Float]
    private var place = 0
    /// Where it breaks off, samples.
    private var broken: [Int]
    private var clock: Int64 = 0
    /// Samples that come at once.
    private let period: Int
    /// What can wait to be taken; the oldest is lost beyond.
    private let room: Int
    private(set) var lost = 0

    init(_ samples: [Float], rateHertz: Int = 16_000, period: Int = 160, broken: [Int] = [], room: Int = .max) {
        self.samples = samples
        self.rateHertz = rateHertz
        self.period = period
        self.broken = broken
        self.room = room
    }

    var hasEnded: Bool { place == samples.count }

    func take(into target: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Int {
        let made = min(samples.count, Int(clock * Int64(rateHertz) / 1_000_000_000) / period * period)
        if made - place > room {
            lost += made - place - room
            place = made - room
        }
        if let first = broken.first, place >= first {
            breaks += 1
            broken.removeFirst()
        }
        let count = min(target.count, max(made, clock >= end ? samples.count : 0) - place, (broken.first ?? .max) - place)
        for index in 0..<count { target[index] = samples[place + index] }
        place += count
        return count
    }

    private var end: Int64 { time(ofSamples: Int64(samples.count)) }

    func now() -> Int64 { clock }

    func time(ofSamples count: Int64) -> Int64 { count * 1_000_000_000 / Int64(rateHertz) }

    func wait() { clock += time(ofSamples: Int64(period)) }

    /// Somebody has worked for so long.
    func pass(nanoseconds: Int64) { clock += nanoseconds }
}
