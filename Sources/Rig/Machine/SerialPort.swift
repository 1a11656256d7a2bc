import Platform

/// The other end of a serial line of the board.
public final class SerialPort {
    let socket: SocketEnd
    private var listener: SerialListener?
    private var waiting: [UInt8] = []
    /// All that the board has said on this line, as far as it was read.
    public private(set) var transcript: [UInt8] = []

    init(socket: SocketEnd) { self.socket = socket }

    /// From now on all that the board says is taken at once, as a wire does, whether anybody waits for it or not. A socket
    /// of its own holds some 300 bytes that came one by one, and then the board's UART stands still.
    func listen() throws(Failure) { listener = try SerialListener(socket) }

    private func receive(untilNanoseconds deadline: Int64) -> [UInt8]? {
        listener.map { $0.take(untilNanoseconds: deadline) } ?? socket.receive(untilNanoseconds: deadline)
    }

    /// Sends the text as it is: newlines are the caller's. Fails with `inputOutput` where the board is gone.
    public func send(_ text: String) throws(Failure) {
        guard socket.send(Array(text.utf8)) else { throw Failure(.inputOutput, "the board is gone; cannot send to its serial line") }
    }

    /// Everything up to and including the text, waiting for it at most `seconds`.
    public func wait(for text: String, seconds: Double) throws(Failure) -> String {
        let wanted = Array(text.utf8), deadline = monotonicNanoseconds() + Int64(seconds * 1e9)
        var searched = 0
        while true {
            if let end = firstIndex(after: wanted, from: max(0, searched - wanted.count)) {
                let found = String(decoding: waiting[..<end], as: UTF8.self)
                waiting.removeSubrange(..<end)
                return found
            }
            searched = waiting.count
            guard let bytes = receive(untilNanoseconds: deadline) else {
                throw Failure(.inputOutput, "the board is gone; its last words: \(lastLines)")
            }
            guard !bytes.isEmpty else {
                throw Failure(.inputOutput,
                              "the board did not say `\(text)` within \(fixed(seconds, decimals: 1)) s; its last words: \(lastLines)")
            }
            take(bytes)
        }
    }

    /// What comes until the line has been quiet for so long, or for `mostSeconds`: a board may have something to say every
    /// second.
    public func drain(quietSeconds: Double, mostSeconds: Double = 5) -> String {
        let end = monotonicNanoseconds() + Int64(mostSeconds * 1e9)
        while monotonicNanoseconds() < end,
              let bytes = receive(untilNanoseconds: min(end, monotonicNanoseconds() + Int64(quietSeconds * 1e9))), !bytes.isEmpty {
                  take(bytes)
              }
        defer { waiting.removeAll() }
        return String(decoding: waiting, as: UTF8.self)
    }

    private var lastLines: String {
        String(decoding: transcript.suffix(400), as: UTF8.self).replacingLineBreaks
    }

    private func take(_ bytes: [UInt8]) {
        waiting += bytes
        transcript += bytes
        // A board that talks without end keeps its latest words.
        if transcript.count > 1 << 20 { transcript.removeFirst(1 << 19) }
        if waiting.count > 1 << 22 { waiting.removeFirst(1 << 21) }
    }

    /// The index after the first occurrence of the bytes.
    private func firstIndex(after wanted: [UInt8], from start: Int) -> Int? {
        guard let first = wanted.first, waiting.count >= wanted.count else { return nil }
        var index = start
        while index <= waiting.count - wanted.count {
            if waiting[index] == first, waiting[index..<index + wanted.count].elementsEqual(wanted) { return index + wanted.count }
            index += 1
        }
        return nil
    }
}

extension String {
    fileprivate var replacingLineBreaks: String {
        split(whereSeparator: { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }).joined(separator: " | ")
    }
}
