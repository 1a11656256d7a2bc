import CLinux
import Platform

/// Frames from a file, a device or a pipe, one after another.
public final class FrameStream {
    public let format: FrameFormat
    public let name: String
    /// The stream ended within a frame, which was left out.
    public private(set) var endedWithinFrame = false
    private let descriptor: Int32
    private var splitter: JPEGSplitter?

    /// The largest MJPEG frame taken.
    public static let largestJPEG = 16 << 20

    /// - Parameter path: `-` for standard input.
    /// - Throws: `.usage` for an impossible format, `.inputOutput` where the file can't be opened.
    public init(path: String, format: FrameFormat) throws(Failure) {
        try format.check()
        self.format = format
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? dup(0) : linux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw Failure(.inputOutput, "\(name): can't be opened: \(errorText(linux_errno()))") }
        if format.format == .mjpeg { splitter = JPEGSplitter() }
    }

    deinit { close(descriptor) }

    /// Reads the next frame into `buffer`.
    /// - Returns: false at the end of the stream.
    /// - Throws: `.inputOutput` where reading fails, `.badFormat` where an MJPEG stream holds no frame in
    ///   `largestJPEG` bytes.
    public func next(into buffer: FrameBuffer) throws(Failure) -> Bool {
        if format.format == .mjpeg { return try nextJPEG(into: buffer) }
        try buffer.reserve(format.frameBytes)
        var filled = 0
        while filled < format.frameBytes {
            let got = try readSome(buffer.bytes + filled, format.frameBytes - filled)
            if got == 0 { break }
            filled += got
        }
        buffer.count = filled
        if filled > 0 && filled < format.frameBytes { endedWithinFrame = true }
        return filled == format.frameBytes
    }

    private func nextJPEG(into buffer: FrameBuffer) throws(Failure) -> Bool {
        guard let splitter else { return false }
        while true {
            switch splitter.take(into: buffer) {
            case .frame: return true
            case .noMemory: throw Failure(.resource, "\(name): no memory for a frame of \(splitter.pending) bytes")
            case .needsMore: break
            }
            guard splitter.pending < FrameStream.largestJPEG, let room = splitter.room(65536) else {
                throw Failure(.badFormat,
                              "\(name): no end of a JPEG frame within \(FrameStream.largestJPEG >> 20) MB; is it an MJPEG stream?")
            }
            let got = try readSome(room, 65536)
            if got == 0 {
                endedWithinFrame = splitter.isInsideFrame
                return false
            }
            splitter.added(got)
        }
    }

    private func readSome(_ target: UnsafeMutablePointer<UInt8>, _ count: Int) throws(Failure) -> Int {
        // Waits in short turns, so that a request to stop ends a silent pipe too.
        while !Signals.stopRequested {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&event, 1, 100) == 0 { continue }
            let got = read(descriptor, target, count)
            if got >= 0 { return got }
            guard linux_errno() == EINTR || linux_errno() == EAGAIN else {
                throw Failure(.inputOutput, "\(name): can't be read: \(errorText(linux_errno()))")
            }
        }
        return 0
    }
}

/// Memory for one frame; grows to the largest it has held.
public final class FrameBuffer {
    public private(set) var bytes: UnsafeMutablePointer<UInt8>
    public var count = 0
    private var capacity = 0
    /// When reading it was finished and how long that took, monotonic nanoseconds.
    public var readAt: Int64 = 0
    public var readNanoseconds: Int64 = 0

    /// An empty buffer, of one byte until `reserve` makes room.
    public init() { bytes = malloc(1)!.bindMemory(to: UInt8.self, capacity: 1) }

    deinit { free(bytes) }

    /// Makes room for `size` bytes; the contents are lost where it grows. Fails with `resource` where there is no memory.
    public func reserve(_ size: Int) throws(Failure) {
        if size <= capacity { return }
        guard let memory = malloc(size) else { throw Failure(.resource, "no memory for a frame of \(size) bytes") }
        free(bytes)
        bytes = memory.bindMemory(to: UInt8.self, capacity: size)
        capacity = size
    }
}
