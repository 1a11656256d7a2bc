import Foundation
import Platform

/// Takes what comes over a socket as soon as it comes, and keeps it for whoever asks.
final class SerialListener: @unchecked Sendable {
    private let condition = NSCondition()
    private var bytes: [UInt8] = []
    private var hasEnded = false
    /// Nobody asks for more than this.
    private static let most = 1 << 22

    /// Until the other end closes.
    init(_ socket: SocketEnd) throws(Failure) {
        _ = try Platform.Thread { [weak self] in
            while let new = socket.receive(untilNanoseconds: monotonicNanoseconds() + 1_000_000_000) {
                guard let self else { return }
                if !new.isEmpty { self.keep(new) }
            }
            self?.end()
        }
    }

    /// What has come, waiting for it at most until the deadline (monotonic nanoseconds): empty where nothing came in time,
    /// nil where the other end is gone.
    func take(untilNanoseconds deadline: Int64) -> [UInt8]? {
        condition.lock()
        defer { condition.unlock() }
        while bytes.isEmpty, !hasEnded {
            let left = deadline - monotonicNanoseconds()
            guard left > 0 else { return [] }
            _ = condition.wait(until: Date(timeIntervalSinceNow: Double(left) / 1e9))
        }
        if bytes.isEmpty { return nil }
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private func keep(_ new: [UInt8]) {
        condition.lock()
        bytes += new
        if bytes.count > Self.most { bytes.removeFirst(bytes.count - Self.most / 2) }
        condition.signal()
        condition.unlock()
    }

    private func end() {
        condition.lock()
        hasEnded = true
        condition.signal()
        condition.unlock()
    }
}
