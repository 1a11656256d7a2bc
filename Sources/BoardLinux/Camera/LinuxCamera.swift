import Board
import CBoard
import CLinux
import Platform

/// A camera of Linux, through V4L2's streaming interface: the kernel's buffers are mapped, and a frame is copied out of one
/// without the gaps between its rows.
final class LinuxCamera: Camera {
    let name: String
    let format: CameraFormat
    let largestFrameBytes: Int
    private(set) var lost: UInt32 = 0
    private let path: String
    private let descriptor: Int32
    private let stride: Int
    private var buffers = board_camera_buffers()
    private var nextSequence: UInt32?

    /// Opens the device that the request names, in a folder such as /dev, and starts it.
    init(_ request: CameraRequest, folder: String) throws(Failure) {
        let path = request.device.utf8.first == UInt8(ascii: "/") ? request.device : folder + "/" + request.device
        var title = [CChar](repeating: 0, count: 64)
        let opened = board_camera_open(path, &title, UInt32(title.count))
        guard opened >= 0 else {
            throw Failure(.inputOutput, "cannot open the camera \(path): \(errorText(-opened))" + Self.advice(-opened))
        }
        let card = title.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        let agreed: board_camera_format, encoding: CameraEncoding
        do throws(Failure) {
            (agreed, encoding) = try Self.negotiate(opened, request, path)
        } catch {
            close(opened)
            throw error
        }
        self.path = path
        name = card.isEmpty ? path : card
        descriptor = opened
        stride = Int(clamping: agreed.row_bytes)
        format = CameraFormat(width: Int(clamping: agreed.width), height: Int(clamping: agreed.height), encoding: encoding,
                              rateHertz: Float(agreed.rate_milli) / 1000)
        largestFrameBytes = encoding == .mjpeg ? max(1, Int(clamping: agreed.image_bytes))
            : encoding.frameBytes(width: format.width, height: format.height)
        let code = board_camera_start(opened, &buffers)
        guard code == 0 else {
            throw Failure(.inputOutput, "the camera \(path) does not start: \(errorText(code))" + Self.advice(code))
        }
    }

    deinit {
        board_camera_stop(descriptor, &buffers)
        close(descriptor)
    }

    /// What is wanted, or the nearest that there is.
    static func negotiate(_ descriptor: Int32, _ request: CameraRequest, _ path: String) throws(Failure)
        -> (board_camera_format, CameraEncoding) {
        let offered = board_camera_encodings(descriptor)
        guard let encoding = CameraChoice.encoding(request.encoding, offered: offered) else {
            throw Failure(.inputOutput, "the camera \(path) has none of the encodings that are known here")
        }
        var format = board_camera_format()
        format.width = UInt32(clamping: request.width)
        format.height = UInt32(clamping: request.height)
        format.encoding = UInt32(encoding.rawValue)
        format.rate_milli = UInt32(clamping: Int(request.rateHertz * 1000))
        let code = board_camera_configure(descriptor, &format)
        guard code == 0 else { throw Failure(.inputOutput, "the camera \(path) refuses \(encoding.name): \(errorText(code))") }
        let limit: UInt32 = 16_384
        guard format.width > 0, format.height > 0, format.width <= limit, format.height <= limit, format.image_bytes <= 256 << 20 else {
            throw Failure(.inputOutput, "the camera \(path) has frames of \(format.width)x\(format.height), \(format.image_bytes) bytes")
        }
        return (format, encoding)
    }

    func read(into frame: UnsafeMutableRawBufferPointer, withinNanoseconds nanoseconds: Int64) throws(Failure) -> CameraFrame? {
        let deadline = monotonicNanoseconds() + nanoseconds
        while true {
            if let taken = try takeNewest() { return try copy(taken, into: frame) }
            let now = monotonicNanoseconds()
            guard now < deadline else { return nil }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // What is wrong shows in the next look; a device that only has an error to tell must not make this loop turn.
            if linux_poll(&entry, 1, deadline - now) > 0, entry.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { usleep(2000) }
        }
    }

    /// The newest frame that waits; those before it go back.
    private func takeNewest() throws(Failure) -> board_camera_frame? {
        var newest: board_camera_frame?
        while true {
            var frame = board_camera_frame()
            let code = board_camera_take(descriptor, &frame)
            guard code == 0 else {
                // EIO: one frame is lost and the stream goes on.
                if code == EAGAIN || code == EIO { break }
                throw gone(code)
            }
            guard frame.buffer < buffers.count else { throw gone(EINVAL) }
            if let older = newest { try give(older) } else if nextSequence == nil { nextSequence = frame.sequence }
            newest = frame
        }
        guard let newest else { return nil }
        if let expected = nextSequence, newest.sequence > expected { lost &+= newest.sequence - expected }
        nextSequence = newest.sequence &+ 1
        return newest
    }

    private func give(_ frame: board_camera_frame) throws(Failure) {
        let code = board_camera_give(descriptor, frame.buffer)
        guard code == 0 else { throw gone(code) }
    }

    private func copy(_ taken: board_camera_frame, into frame: UnsafeMutableRawBufferPointer) throws(Failure) -> CameraFrame {
        let (address, room) = buffer(Int(taken.buffer))
        // Some drivers leave the count of raw frames at 0.
        let count = format.encoding == .mjpeg ? min(Int(clamping: taken.bytes), room) : taken.bytes == 0 ? room
            : min(Int(clamping: taken.bytes), room)
        let source = UnsafeRawBufferPointer(start: address, count: count)
        var isWhole = taken.is_damaged == 0, bytes = largestFrameBytes
        if format.encoding == .mjpeg {
            bytes = min(count, frame.count)
            if let address, let target = frame.baseAddress { target.copyMemory(from: address, byteCount: bytes) }
            isWhole = isWhole && bytes > 0
        } else {
            isWhole = FrameRows.copy(source, stride: stride, format, into: frame) && isWhole
        }
        try give(taken)
        return CameraFrame(byteCount: bytes, timestampNanoseconds: taken.nanoseconds > 0 ? taken.nanoseconds : monotonicNanoseconds(),
                           isDamaged: !isWhole)
    }

    private func buffer(_ index: Int) -> (address: UnsafeRawPointer?, bytes: Int) {
        switch index {
        case 0: (UnsafeRawPointer(buffers.address.0), Int(clamping: buffers.bytes.0))
        case 1: (UnsafeRawPointer(buffers.address.1), Int(clamping: buffers.bytes.1))
        case 2: (UnsafeRawPointer(buffers.address.2), Int(clamping: buffers.bytes.2))
        default: (UnsafeRawPointer(buffers.address.3), Int(clamping: buffers.bytes.3))
        }
    }

    private func gone(_ code: Int32) -> Failure { Failure(.inputOutput, "the camera \(name) (\(path)) is gone: " + errorText(code)) }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case EBUSY: ". Another program has it"
        case EACCES, EPERM: ". Add the user to the group video"
        case ENOTSUP: ". It captures no frames, or has planes of their own, which this program doesn't read"
        case ENOTTY: ". It is no camera"
        default: ""
        }
    }
}
