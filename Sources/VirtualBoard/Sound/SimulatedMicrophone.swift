import Board
import Platform

/// The microphone of a simulated board. Samples come in the board's time, ten milliseconds at once; who doesn't take them
/// within a second loses them.
final class SimulatedMicrophone: Microphone {
    static let title = "Simulated, microphone of the simulated board"

    let name = SimulatedMicrophone.title
    let format: MicrophoneFormat
    private let board: SimulatedBoard
    private let start: Int64
    private var taken: Int64 = 0
    private var lost: UInt32 = 0
    /// A simulated microphone without its cable stays without, like the real one whose device is gone.
    private var isGone = false
    /// Whoever was refused never had it.
    private var hasIt = false

    /// - Throws: where somebody has it.
    init(_ request: MicrophoneRequest, board: SimulatedBoard) throws(Failure) {
        guard (4000...192_000).contains(request.rateHertz) else {
            throw Failure(.inputOutput, "the simulated microphone has rates from 4000 to 192000, not \(request.rateHertz)")
        }
        format = MicrophoneFormat(rateHertz: request.rateHertz, channels: 1, encoding: .int16)
        self.board = board
        start = board.now()
        hasIt = board.locked {
            guard !board.sound.isOpen else { return false }
            board.sound.isOpen = true
            return true
        }
        guard hasIt else { throw Failure(.inputOutput, "cannot open the microphone \(name): another program has it") }
    }

    deinit {
        if hasIt { board.locked { board.sound.isOpen = false } }
    }

    var overruns: UInt32 { board.locked { lost } }

    private enum Look { case taken(Int), wait, gone }

    func read(_ samples: UnsafeMutableBufferPointer<Float>, withinNanoseconds nanoseconds: Int64) throws(Failure) -> Int {
        guard !samples.isEmpty else { return 0 }
        let deadline = board.now() + nanoseconds
        while true {
            switch board.locked({ look(samples) }) {
            case .taken(let count): return count
            case .gone: throw Failure(.inputOutput, "the microphone \(name) is gone: No such device")
            case .wait: break
            }
            let now = board.now()
            guard now < deadline else { return 0 }
            board.time.pass(nanoseconds: min(10_000_000, deadline - now))
        }
    }

    /// With the board's lock held.
    private func look(_ samples: UnsafeMutableBufferPointer<Float>) -> Look {
        let sound = board.sound
        if !sound.isPlugged { isGone = true }
        guard !isGone else { return .gone }
        let rate = Int64(format.rateHertz)
        let elapsed = board.time.lockedNow - start
        // Seconds and the rest apart: their product with a rate stays small.
        let made = elapsed / 1_000_000_000 * rate + elapsed % 1_000_000_000 * rate / 1_000_000_000
        if sound.trouble == .stalled {
            taken = made
            return .wait
        }
        if made - taken > rate || sound.overrunsDue > 0 {
            sound.overrunsDue = max(0, sound.overrunsDue - 1)
            lost &+= 1
            taken = made
            return .wait
        }
        let period = max(1, rate / 100)
        let count = Int(min(Int64(samples.count), (made - taken) / period * period))
        guard count > 0 else { return .wait }
        for index in 0..<count {
            samples[index] = sound.sample(since: start, index: taken + Int64(index), rateHertz: format.rateHertz)
        }
        taken += Int64(count)
        return .taken(count)
    }
}
