import Device
import Hearing
import Platform

/// What `listen` hears: a microphone, a file, or a pipe.
final class ListeningSource {
    let sound: LiveSound
    /// Nil for files and pipes.
    let microphone: MicrophoneLoop?
    private let listening: Listening?
    private let live: MicrophoneSound?
    private let piped: PipedSound?
    private let reader: AudioReader?

    /// A file or a pipe.
    /// Fails where it can't be read, or is no sound.
    init(_ context: Context, path: String, pace: FileSound.Pace?) throws(Failure) {
        (microphone, listening, live) = (nil, nil, nil)
        if path == "-" {
            guard context.console == nil else { throw Failure(.usage, "a console has no standard input to listen to") }
            guard pace == nil else { throw Failure(.usage, "a pipe has a pace of its own; --pace is for files") }
            let piped = try PipedSound(path: path, isCancelled: { context.isCancelled })
            (self.piped, reader, sound) = (piped, nil, piped)
        } else {
            let reader = try AudioReader(try FileStream(path: path, isCancelled: { context.isCancelled }), takesRaw: false)
            (piped, self.reader) = (nil, reader)
            sound = FileSound(reader, pace: pace ?? .none)
        }
    }

    /// The microphone, from now on.
    /// Fails where somebody has it.
    init(_ context: Context, _ listening: Listening) throws(Failure) {
        try listening.claim()
        let live = MicrophoneSound(listening.microphone, try listening.format(context))
        (self.listening, microphone, self.live, sound) = (listening, listening.microphone, live, live)
        (piped, reader) = (nil, nil)
    }

    /// What was wrong with a file's samples, for a warning; nil: nothing.
    var warning: String? { reader?.warning }

    /// How often samples were lost in the device, and how many found no room here.
    var overruns: UInt32 { live?.overruns ?? 0 }
    var lost: UInt32 { live?.lost ?? 0 }

    /// It is a microphone of the command's own: nobody else says in the log that it is gone.
    var hasNoLog: Bool { listening?.isOwn ?? false }

    func end() { piped?.stop() }
}
