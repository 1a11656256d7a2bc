import Board
import CLinux
import Platform

/// The sensors of one bus, or the inputs, on a thread of their own, so that a bus that hangs stops nobody else. After its
/// start the thread allocates nothing.
final class SensorLoop {
    let name: String
    let tracks: [SensorTrack]
    let meters: [MeterTrack]
    private let watch: LineWatch?
    /// Real time, not as fast as it goes.
    private let paced: Bool
    let events = EventRing<FirmwareEvent>(capacity: 4096)
    private let board: Board
    private let waitSet: any WaitSet
    private let stopping = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let beats = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private var thread: Thread?
    /// Called first on the new thread: scheduling and the like.
    private let prepare: () -> Void
    /// Posts a descriptor when there are events.
    private let announce: () -> Void

    /// Longest sleep: a loop whose sensors want nothing still shows that it lives.
    private static let longestWait: Int64 = 200_000_000

    init(name: String, board: Board, tracks: [SensorTrack], meters: [MeterTrack] = [], watch: LineWatch?,
         lines: [any InputLine], paced: Bool, prepare: @escaping () -> Void,
         announce: @escaping () -> Void) throws(Failure) {
        self.name = name
        self.board = board
        self.tracks = tracks
        self.meters = meters
        self.watch = watch
        self.paced = paced
        self.prepare = prepare
        self.announce = announce
        waitSet = try board.makeWaitSet(lines)
        stopping.initialize(to: 0)
        beats.initialize(to: 0)
    }

    deinit {
        stopping.deallocate()
        beats.deallocate()
    }

    func start() throws(Failure) {
        thread = try Thread { [self] in
            prepare()
            run()
        }
    }

    /// Grows with every turn.
    var turns: UInt32 { linux_load(beats) }

    private func run() {
        var spins = 0
        while linux_load(stopping) == 0 {
            let now = board.now()
            var next = now + Self.longestWait
            for track in tracks { next = min(next, track.turn(now: now, board: board, events: events)) }
            for meter in meters { next = min(next, meter.turn(now: now, board: board, events: events)) }
            watch?.take(events)
            linux_store(beats, beats.pointee &+ 1)
            if events.count > 0 { announce() }
            let before = monotonicNanoseconds()
            _ = waitSet.wait(untilNanoseconds: next)
            // A descriptor that is always ready (a chip unplugged) must not take the processor from everybody below.
            spins = paced && monotonicNanoseconds() - before < 20_000 ? spins + 1 : 0
            if spins > 2000 {
                usleep(2000)
                spins = 0
            }
        }
    }

    /// Asks the thread to end and waits for it: for no longer than the bus's own time-outs.
    func stop() {
        linux_store(stopping, 1)
        waitSet.wake()
        thread?.join()
        thread = nil
    }
}
