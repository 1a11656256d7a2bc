import Foundation
import Platform

/// QEMU's machine protocol: commands and answers as JSON lines, events in between.
final class QMPClient {
    private let socket: SocketEnd
    private var received: [UInt8] = []
    /// Names of the events that came, oldest first, with their data.
    private(set) var events: [(name: String, data: [String: Any])] = []

    /// Waits for the greeting.
    init(socket: SocketEnd) throws(Failure) {
        self.socket = socket
        let deadline = monotonicNanoseconds() + 20_000_000_000
        guard try message(untilNanoseconds: deadline)?["QMP"] != nil else { throw Failure(.inputOutput, "QEMU does not greet") }
        _ = try execute("qmp_capabilities")
    }

    /// What the command returns.
    @discardableResult
    func execute(_ command: String, _ arguments: [String: Any] = [:]) throws(Failure) -> Any {
        guard let line = try? JSONSerialization.data(withJSONObject: ["execute": command, "arguments": arguments]),
              socket.send([UInt8](line) + [10]) else { throw Failure(.inputOutput, "QEMU is gone; cannot ask it to \(command)") }
        let deadline = monotonicNanoseconds() + 10_000_000_000
        while let answer = try message(untilNanoseconds: deadline) {
            if let result = answer["return"] { return result }
            if let error = answer["error"] as? [String: Any] {
                throw Failure(.inputOutput, "QEMU refuses to \(command): \(error["desc"] as? String ?? "no reason given")")
            }
            note(answer)
        }
        throw Failure(.inputOutput, "QEMU does not answer \(command)")
    }

    /// Waits for an event of this name that came after the last one taken; nil at the deadline or when QEMU is gone.
    func takeEvent(_ name: String, untilNanoseconds deadline: Int64) -> [String: Any]? {
        while true {
            if let index = events.firstIndex(where: { $0.name == name }) { return events.remove(at: index).data }
            guard let next = try? message(untilNanoseconds: deadline) else { return nil }
            note(next)
        }
    }

    private func note(_ message: [String: Any]) {
        guard let name = message["event"] as? String else { return }
        events.append((name, message["data"] as? [String: Any] ?? [:]))
    }

    /// The next line; nil at the deadline.
    private func message(untilNanoseconds deadline: Int64) throws(Failure) -> [String: Any]? {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = Data(received[..<end])
                received.removeSubrange(...end)
                guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else {
                    throw Failure(.badFormat, "QEMU's machine protocol sent a line that is not JSON")
                }
                return object
            }
            guard let bytes = socket.receive(untilNanoseconds: deadline) else {
                throw Failure(.inputOutput, "QEMU has closed its machine protocol")
            }
            if bytes.isEmpty { return nil }
            received += bytes
            guard received.count < 1 << 22 else { throw Failure(.badFormat, "QEMU's machine protocol sent an endless line") }
        }
    }
}
