import Foundation
import Testing
import TestSupport

/// Debian's mosquitto on a port of this machine, and somebody who hears everything that is published there.
final class Broker {
    static let program = "/usr/sbin/mosquitto", listener = "/usr/bin/mosquitto_sub", publisher = "/usr/bin/mosquitto_pub"
    static let isThere = [program, listener, publisher].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

    let port: Int
    private let scratch: Scratch
    private let settings: String
    private var server: Process?
    private var ear: Process?
    private let heard = Pipe()
    private var rest = Data()
    /// What was heard so far.
    private(set) var messages: [Message] = []

    struct Message {
        var topic: String
        var isRetained: Bool
        var payload: String
        var object: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(payload.utf8)) as? [String: Any]) ?? [:] }
    }

    /// - Parameter settings: lines of its configuration.
    init(_ scratch: Scratch, settings: String = "allow_anonymous true\n") throws {
        self.scratch = scratch
        self.settings = settings
        port = try Self.freePort()
        try start()
    }

    deinit {
        ear?.terminate()
        server?.terminate()
    }

    /// A port that nobody has at this moment.
    static func freePort() throws -> Int {
        let socket = try ListeningSocket()
        defer { socket.shut() }
        return socket.port
    }

    /// A program that can be ended: children of a test's thread have all signals blocked.
    private static func obedient(_ program: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execv(sys.argv[1], "
            + "sys.argv[1:])", program] + arguments
        return process
    }

    func start() throws {
        // It keeps what a listener that is away is to hear, and is the tests' user wherever it starts as root.
        let text = "listener \(port) 127.0.0.1\npersistence true\npersistence_location \(scratch.path)/\nuser root\n" + settings
        try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("mosquitto.conf")))
        let server = Self.obedient(Self.program, ["-c", scratch("mosquitto.conf")])
        server.standardOutput = FileHandle.nullDevice
        server.standardError = FileHandle.nullDevice
        try server.run()
        self.server = server
    }

    /// In order, so that it keeps what it has.
    func stop() {
        server?.terminate()
        server?.waitUntilExit()
        server = nil
    }

    /// Says something, once it can; whoever says it is told by a client of its own.
    func say(_ topic: String, _ payload: String) throws {
        for _ in 0..<1200 {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Self.publisher)
            process.arguments = ["-h", "127.0.0.1", "-p", "\(port)", "-q", "1", "-t", topic, "-m", payload]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            if process.terminationStatus == 0 { return }
            usleep(50_000)
        }
        Issue.record("the broker takes no connection")
    }

    /// Hears everything from now on, also what is said while it or the broker is away.
    func listen() throws {
        try say("test", "up")
        let ear = Self.obedient(Self.listener, ["-h", "127.0.0.1", "-p", "\(port)", "-i", "ear", "-c", "-q", "1", "-t", "#", "-F",
                                                "%t|%r|%p"])
        ear.standardOutput = heard
        ear.standardError = FileHandle.nullDevice
        try ear.run()
        self.ear = ear
        // It listens once it hears something that is said after its subscription.
        while !messages.contains(where: { $0.topic == "test" }) {
            try say("test", "heard?")
            takeWaiting()
        }
    }

    /// Hears until it is as wanted. What never comes ends after five minutes.
    func hear(until isRight: ([Message]) -> Bool) {
        for _ in 0..<6000 {
            if isRight(messages) { return }
            takeWaiting()
        }
    }

    private func takeWaiting() {
        var entry = pollfd(fd: heard.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 50) > 0 else { return }
        rest += heard.fileHandleForReading.availableData
        while let end = rest.firstIndex(of: 10) {
            let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
            rest = Data(rest[(end + 1)...])
            let parts = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            messages.append(Message(topic: String(parts[0]), isRetained: parts[1] == "1", payload: String(parts[2])))
        }
    }

    /// What the broker keeps of a topic: the retained message that a new listener gets.
    func kept(_ topic: String) throws -> String {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.listener)
        process.arguments = ["-h", "127.0.0.1", "-p", "\(port)", "-t", topic, "-C", "1", "-W", "60"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.trimmingCharacters(in: .newlines)
    }
}

/// A socket that somebody may connect to, on a port of this machine that was free.
final class ListeningSocket {
    private(set) var descriptor: Int32
    let port: Int

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let own = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(own, $0, size) == 0 && getsockname(own, $0, &size) == 0 }
        }
        try #require(status && Glibc.listen(descriptor, 8) == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    func shut() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    deinit { shut() }

    /// Takes the next connection and says something on it, whoever it is.
    func answer(_ bytes: [UInt8]) {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        var request = [UInt8](repeating: 0, count: 512)
        _ = read(connection, &request, request.count)
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        // Until the other side has had enough.
        while read(connection, &request, request.count) > 0 {}
        close(connection)
    }
}
