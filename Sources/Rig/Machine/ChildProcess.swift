import Glibc
import Platform

/// A program that we run and that ends when we do. Its standard error is kept in a file for the message if it fails.
final class ChildProcess {
    let processIdentifier: pid_t
    private let errorPath: String
    private let started = Started()

    /// `descriptors` become the child's descriptors 3, 4, 5…; nothing else is handed down. `isRealTime`: before all ordinary
    /// programs, where that is allowed.
    init(_ arguments: [String], descriptors: [Int32], isRealTime: Bool = false) throws(Failure) {
        let errorPath = try temporaryFile(named: "errors", [])
        self.errorPath = errorPath
        let started = self.started
        // The kernel ends the child when the thread that made it ends, however that happens (setpriv): the thread lives
        // as long as the child.
        _ = try Thread {
            let command = ["setpriv", "--pdeathsig", "KILL"] + arguments
            var identifier = isRealTime ? Self.spawn(command, descriptors: descriptors, errorPath: errorPath, policy: SCHED_RR) : -1
            if identifier < 0 { identifier = Self.spawn(command, descriptors: descriptors, errorPath: errorPath, policy: SCHED_OTHER) }
            started.set(identifier)
            guard identifier > 0 else { return }
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
            started.end(status)
        }
        processIdentifier = started.waitForIdentifier()
        guard processIdentifier > 0 else { throw Failure(.resource, "cannot start \(arguments[0])") }
    }

    deinit {
        kill()
        unlink(errorPath)
    }

    /// The status with which it ended; nil while it runs.
    var endStatus: Int32? { started.status }

    /// Waits for its end at most until the deadline; true where it has ended.
    func waitForEnd(untilNanoseconds deadline: Int64) -> Bool {
        while endStatus == nil {
            guard monotonicNanoseconds() < deadline else { return false }
            usleep(2000)
        }
        return true
    }

    func kill() {
        guard endStatus == nil, processIdentifier > 0 else { return }
        Glibc.kill(processIdentifier, SIGKILL)
        _ = waitForEnd(untilNanoseconds: monotonicNanoseconds() + 2_000_000_000)
    }

    /// The last line that it wrote on standard error.
    var lastError: String {
        (File.text(errorPath) ?? "").split(separator: "\n").last.map(String.init) ?? ""
    }

    private static func spawn(_ arguments: [String], descriptors: [Int32], errorPath: String, policy: Int32) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_APPEND, 0)
        // First out of the way of each other, then to their places: a place may be a descriptor that is still needed.
        for (index, descriptor) in descriptors.enumerated() { posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(500 + index)) }
        for index in descriptors.indices { posix_spawn_file_actions_adddup2(&actions, Int32(500 + index), Int32(3 + index)) }
        for index in descriptors.indices { posix_spawn_file_actions_addclose(&actions, Int32(500 + index)) }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        if policy != SCHED_OTHER {
            var parameters = sched_param(sched_priority: 1)
            posix_spawnattr_setschedpolicy(&attributes, policy)
            posix_spawnattr_setschedparam(&attributes, &parameters)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSCHEDULER))
        }
        var identifier: pid_t = 0
        return posix_spawnp(&identifier, arguments[0], &actions, &attributes, &words, environ) == 0 ? identifier : -1
    }
}

/// What the starting thread tells the others.
private final class Started {
    private let lock = Lock()
    private var identifier: pid_t?
    private var ended: Int32?

    var status: Int32? {
        lock.lock()
        defer { lock.unlock() }
        return ended
    }

    func set(_ value: pid_t) {
        lock.lock()
        identifier = value
        lock.wakeAll()
        lock.unlock()
    }

    func end(_ status: Int32) {
        lock.lock()
        ended = status
        lock.unlock()
    }

    func waitForIdentifier() -> pid_t {
        lock.lock()
        defer { lock.unlock() }
        while identifier == nil { lock.wait() }
        return identifier!
    }
}

/// Writes a file in the folder for temporary files and gives its path.
func temporaryFile(named name: String, _ bytes: [UInt8]) throws(Failure) -> String {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/virtual-board-\(name)-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw .system(.inputOutput, "cannot make a temporary file in \(folder)") }
    defer { close(descriptor) }
    let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
            let failure = Failure.system(.inputOutput, "cannot write \(path)")
            unlink(path)
            throw failure
        }
        done += count
    }
    return path
}
