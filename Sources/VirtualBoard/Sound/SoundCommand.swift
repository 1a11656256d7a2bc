import Board
import Platform

extension SimulatedBoard {
    static let soundHelp = [
        "microphone play FILE [loop]          a WAV file (16 bits) instead of the room",
        "microphone room                      the room again",
        "microphone unplug|plug               takes it away, brings it back",
        "microphone zeros|stall|well          delivers zeros, nothing, or what it hears",
        "microphone overrun [COUNT]           samples are lost",
    ]

    /// What one text command about the microphone says.
    func performSound(_ words: TextCommand) throws(Failure) {
        guard layout.hasMicrophone else { throw Failure(.usage, "\(name) has no microphone") }
        guard let what = words.word(1) else { throw words.wrong(1, "one of play, room, unplug, plug, zeros, stall, well, overrun") }
        switch what {
        case "play":
            try words.expect(3...4)
            guard words.word(3) == nil || words.word(3) == "loop" else { throw words.wrong(3, "loop") }
            let recording = try WaveSound(path: words.word(2) ?? ""), isLooping = words.word(3) != nil
            locked { sound.play(recording, isLooping: isLooping, atNanoseconds: time.lockedNow) }
            return
        case "overrun":
            try words.expect(2...3)
            let count = try words.count(2, default: 1)
            locked { sound.overrunsDue = count }
            return
        default: try words.expect(2...2)
        }
        switch what {
        case "room": locked { sound.playRoom() }
        case "unplug": locked { sound.plug(false) }
        case "plug": locked { sound.plug(true) }
        case "zeros": locked { sound.trouble = .zeros }
        case "stall": locked { sound.trouble = .stalled }
        case "well": locked { sound.trouble = .none }
        default: throw words.wrong(1, "one of play, room, unplug, plug, zeros, stall, well, overrun")
        }
    }
}
