import CLinux
import Platform
import Vision

/// A file of frames, raw or MJPEG, as a camera would deliver them.
final class FrameFile: FrameSource {
    let title: String
    let lost: UInt32 = 0
    private(set) var damaged: UInt32 = 0
    private let path: String
    private let format: FrameFormat
    private let repeats: Bool
    private var pace: FramePace
    private var stream: FrameStream
    /// Frames since the beginning of the file.
    private var position = 0

    /// - Throws: as `FrameStream`, and `.inputOutput` where it is no file: a pipe could hold the camera's thread for ever.
    init(_ path: String, _ format: FrameFormat, rateHertz: Float, repeats: Bool) throws(Failure) {
        let descriptor = linux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw Failure(.inputOutput, "\(path): can't be opened: \(errorText(linux_errno()))") }
        let size = linux_regular_file_size(descriptor)
        close(descriptor)
        guard size >= 0 else { throw Failure(.inputOutput, "\(path): is neither a file nor a folder") }
        stream = try FrameStream(path: path, format: format)
        self.path = path
        self.format = format
        self.repeats = repeats
        title = path
        pace = FramePace(rateHertz: rateHertz, now: monotonicNanoseconds())
    }

    func next(into frame: TaskFrame, withinNanoseconds nanoseconds: Int64) throws(Failure) -> FrameArrival {
        guard let time = pace.wait(nanoseconds) else { return .nothing }
        if try !stream.next(into: frame.buffer) {
            if stream.endedWithinFrame { damaged &+= 1 }
            guard position > 0 else {
                throw Failure(.badFormat, "\(path): holds no frame of \(format.width)x\(format.height) \(format.format.name)")
            }
            guard repeats else { return .end }
            position = 0
            stream = try FrameStream(path: path, format: format)
            guard try stream.next(into: frame.buffer) else { return .nothing }
        }
        position += 1
        frame.time = time
        frame.format = format.format == .mjpeg ? nil : format
        return .frame
    }
}
