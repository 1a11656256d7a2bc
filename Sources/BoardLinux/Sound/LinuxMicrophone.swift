import Board
import CBoard
import CLinux
import Platform

/// A capturing device of Linux, read through the kernel's PCM interface.
final class LinuxMicrophone: Microphone {
    let name: String
    let format: MicrophoneFormat
    private(set) var overruns: UInt32 = 0
    private let descriptor: Int32
    private let frames: UnsafeMutableRawPointer
    private let capacity: Int
    private let frameBytes: Int

    /// Opens the device that the request names, in a folder such as /dev/snd, and starts it.
    convenience init(_ request: MicrophoneRequest, folder: String) throws(Failure) {
        let device = try SoundDevices.find(request.device, among: SoundDevices.all(folder))
        try self.init(request, path: "\(folder)/pcmC\(device.card)D\(device.device)c", name: device.name)
    }

    private init(_ request: MicrophoneRequest, path: String, name: String) throws(Failure) {
        var chosen = board_sound_format()
        chosen.rate = UInt32(clamping: request.rateHertz)
        chosen.channels = 1
        descriptor = board_sound_open(path, &chosen)
        let encoding = SampleEncoding(rawValue: UInt8(truncatingIfNeeded: chosen.encoding)) ?? .int16
        self.name = name
        format = MicrophoneFormat(rateHertz: Int(clamping: chosen.rate), channels: Int(clamping: chosen.channels), encoding: encoding)
        frameBytes = max(1, format.channels) * encoding.bytes
        // A tenth of a second at once.
        capacity = max(256, format.rateHertz / 10)
        frames = .allocate(byteCount: capacity * frameBytes, alignment: 16)
        guard descriptor >= 0 else {
            let code = -descriptor
            throw Failure(.inputOutput, "cannot open the microphone \(name) (\(path)): " + errorText(code) + Self.advice(code))
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        frames.deallocate()
    }

    func read(_ samples: UnsafeMutableBufferPointer<Float>, withinNanoseconds nanoseconds: Int64) throws(Failure) -> Int {
        let wanted = min(samples.count, capacity)
        guard wanted > 0 else { return 0 }
        let deadline = monotonicNanoseconds() + nanoseconds
        while true {
            let count = board_sound_read(descriptor, frames, UInt(wanted))
            if count > 0 {
                // The kernel gives no more than it was asked for.
                let taken = min(Int(count), wanted)
                format.encoding.decode(frames, channels: format.channels, into: UnsafeMutableBufferPointer(rebasing: samples[..<taken]))
                return taken
            }
            let code = count < 0 ? Int32(-count) : EAGAIN
            switch code {
            case EAGAIN: break
            case EPIPE, ESTRPIPE:
                overruns &+= 1
                try restart()
            default: throw Failure(.inputOutput, "the microphone \(name) is gone: " + errorText(code))
            }
            let now = monotonicNanoseconds()
            guard now < deadline else { return 0 }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // What is wrong shows in the next read; a device that has nothing to say of its error must not make this loop turn.
            if linux_poll(&entry, 1, deadline - now) > 0, entry.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { usleep(2000) }
        }
    }

    private func restart() throws(Failure) {
        let code = board_sound_restart(descriptor)
        guard code == 0 else { throw Failure(.inputOutput, "the microphone \(name) does not start again: " + errorText(code)) }
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case EBUSY: ". Another program has it"
        case EACCES, EPERM: ". Add the user to the group audio"
        case ENOTSUP, EINVAL: ". It has none of the encodings S16_LE, S32_LE, S24_LE and S24_3LE"
        default: ""
        }
    }
}
