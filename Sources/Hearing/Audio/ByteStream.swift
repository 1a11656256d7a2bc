import CLinux
import Platform

/// Bytes one after another, from wherever they come.
public protocol ByteStream: AnyObject {
    /// For messages: the path, or "standard input".
    var name: String { get }
    /// Puts the next bytes into `target`, at least one; 0: there are no more. Fails with `inputOutput`.
    func read(into target: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
}

/// A file, a device or a pipe.
public final class FileStream: ByteStream {
    public let name: String
    private let descriptor: Int32
    private let isCancelled: () -> Bool

    /// - Parameters:
    ///   - path: `-` for standard input.
    ///   - isCancelled: asked while nothing comes; true ends the stream.
    /// Fails with `inputOutput` where it can't be opened.
    public init(path: String, isCancelled: @escaping () -> Bool = { Signals.stopRequested }) throws(Failure) {
        name = path == "-" ? "standard input" : path
        self.isCancelled = isCancelled
        descriptor = path == "-" ? dup(0) : linux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw Failure(.inputOutput, "\(name): can't be opened: \(errorText(linux_errno()))") }
    }

    deinit { close(descriptor) }

    public func read(into target: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        // Waits in short turns, so that a request to stop ends a silent pipe too.
        while !isCancelled() {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&event, 1, 100) == 0 { continue }
            let count = CLinux.read(descriptor, target.baseAddress, target.count)
            if count >= 0 { return count }
            guard linux_errno() == EINTR || linux_errno() == EAGAIN else {
                throw Failure(.inputOutput, "\(name): can't be read: \(errorText(linux_errno()))")
            }
        }
        return 0
    }
}

/// Bytes in memory.
public final class MemoryStream: ByteStream {
    public let name: String
    private let bytes: [UInt8]
    private var position = 0

    public init(_ bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    public func read(into target: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        let count = min(target.count, bytes.count - position)
        bytes.withUnsafeBytes { source in
            if count > 0 { target.baseAddress!.copyMemory(from: source.baseAddress! + position, byteCount: count) }
        }
        position += count
        return count
    }
}
