import Board
import BoardLinux
import Device
import Platform

/// The microphone that a command listens to: the firmware's, or one of its own while it runs.
final class Listening {
    let microphone: MicrophoneLoop
    /// Where the microphone is.
    let board: Board
    /// It is this command's alone, and goes with it.
    let isOwn: Bool
    private var hasClaimed = false

    /// Without a device of its own to name, a command of the console shares the firmware's microphone.
    /// - Throws: where there is none, or it can't be opened.
    init(_ context: Context, _ arguments: Arguments) throws(Failure) {
        let name = arguments.text("--device"), rate = try arguments.integer("--rate", in: 8000...192_000)
        if context.device != nil, name == nil, rate == nil, let shared = try context.runningDevice().microphone {
            microphone = shared
            board = try context.runningDevice().board
            isOwn = false
            return
        }
        board = try Self.board(context)
        let request = MicrophoneRequest(device: name ?? "default", rateHertz: rate ?? MicrophoneRequest().rateHertz)
        microphone = MicrophoneLoop(board: board, request: request, opened: try board.openMicrophone(request))
        isOwn = true
        try microphone.start()
    }

    /// The board whose microphones a command looks at.
    static func board(_ context: Context) throws(Failure) -> Board {
        guard context.device != nil else { return HardwareBoard() }
        let device = try context.runningDevice()
        guard !device.isFast else { throw Failure(.usage, "a microphone needs real time: `swiftlet run --simulate` without --fast") }
        return device.board
    }

    /// Samples go to this command alone from now on.
    func claim() throws(Failure) {
        guard microphone.claim() else { throw Failure(.usage, "another command listens to the microphone already") }
        hasClaimed = true
    }

    /// What its device delivers, once it is open.
    func format(_ context: Context) throws(Failure) -> MicrophoneFormat {
        var tries = 0
        while microphone.reading.read().format == nil, tries < 50, context.pause(milliseconds: 20) { tries += 1 }
        guard let format = microphone.reading.read().format else { throw Failure(.inputOutput, microphone.title) }
        return format
    }

    /// Gives the microphone back.
    func end() {
        if hasClaimed { microphone.release() }
        if isOwn { microphone.stop() }
    }
}
