import Foundation
import Platform
import Testing
import TestSupport

private let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first { FileManager.default.isExecutableFile(atPath: $0) }
private let isBuilt = FileManager.default.isExecutableFile(atPath: productPath)

/// Counts every call of the allocator in the running firmware, from outside.
@Suite(.serialized, .enabled(if: isBuilt && compiler != nil, "swiftlet or a C compiler is missing")) struct AllocationTests {
    private static let counter = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stddef.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        extern void *__libc_malloc(size_t); extern void *__libc_calloc(size_t, size_t); extern void *__libc_realloc(void *, size_t);
        static unsigned long own, *count = &own;
        __attribute__((constructor)) static void begin(void) {
            int file = open(getenv("ALLOCATION_COUNT"), O_RDWR);
            void *page = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (page != MAP_FAILED) count = page;
        }
        static void one(void) { __atomic_fetch_add(count, 1, __ATOMIC_RELAXED); }
        void *malloc(size_t n) { one(); return __libc_malloc(n); }
        void *calloc(size_t n, size_t m) { one(); return __libc_calloc(n, m); }
        void *realloc(void *p, size_t n) { one(); return __libc_realloc(p, n); }
        extern void *__libc_memalign(size_t, size_t);
        int posix_memalign(void **p, size_t a, size_t n) { one(); *p = __libc_memalign(a, n); return *p ? 0 : 12; }
        void *aligned_alloc(size_t a, size_t n) { one(); return __libc_memalign(a, n); }
        """

    /// How often the threads of a process gave their processor away.
    private func turns(_ process: Process) -> Int {
        let folder = "/proc/\(process.processIdentifier)/task"
        var sum = 0
        for thread in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            for line in (try? String(contentsOfFile: "\(folder)/\(thread)/status", encoding: .utf8))?.split(separator: "\n") ?? []
            where line.hasPrefix("voluntary_ctxt_switches:") { sum += Int(line.split(separator: "\t").last ?? "") ?? 0 }
        }
        return sum
    }

    private static let hasModel = FileManager.default.fileExists(atPath: modelPath("efficientnet-lite0"))

    /// Nothing to say: a line of the log is text, and text is allocated, below the sensors.
    private static let sensors = """
        [firmware]
        log = error
        watchdog = 10
        governor = deadlines
        [imu main]
        bus = i2c-1
        rate = 1000
        data-ready = gpiochip0/4
        [imu second]
        bus = i2c-2
        rate = 208
        [meter board]
        bus = i2c-2
        shunt = 0.01 ohm
        rate = 50
        [input button]
        line = button
        [microphone]
        """

    /// Three tasks of one camera, all of which fit whatever else the machine does, by whose deadlines the frequency is chosen.
    private static var tasks: String {
        guard hasModel else { return "" }
        var text = "\n[camera front]\ndevice = simulated\nframes = 320x240:yuyv\nrate = 4\n"
        for (name, rate, deadline) in [("watch", "2", 20), ("second", "1", 30), ("third", "0.5", 40)] {
            text += "[task \(name)]\ninput = front\nmodels = \(modelPath("efficientnet-lite0"))\nrate = \(rate)\n"
                + "deadline = \(deadline) s\non tabby cat > 0.9 for 1 s = log, record 1 s\n"
        }
        return text
    }

    /// And one of the first motion sensor's windows.
    private func motionTask(_ scratch: Scratch) throws -> String {
        guard FileManager.default.isExecutableFile(atPath: compilerPath), let nest = try compiledMotionModel(scratch) else { return "" }
        return "\n[task activity]\ninput = main\nmodels = \(nest)\nrate = 10\ndeadline = 20 s\non moving > 0.6 for 1 s = log, record 1 s\n"
    }

    /// And two of the microphone's, one of which makes features of it.
    private func soundTasks(_ scratch: Scratch) throws -> String {
        guard FileManager.default.isExecutableFile(atPath: compilerPath), let tones = try SoundModels.tones(scratch),
              let hum = try SoundModels.hum(scratch) else { return "" }
        return "\n[task ears]\ninput = microphone\nmodels = \(tones)\ndeadline = 20 s\non noise > 0.6 for 1 s = log\n"
            + "\n[task hum]\ninput = microphone\nmodels = \(hum)\ndeadline = 20 s\n"
    }

    @Test func steadyStateAllocatesNothing() throws {
        let said = try steadyState(of: nil)
        // It counted a firmware at work, not one that hung.
        #expect(said.text.contains("running") && said.status == 0, "\(said)")
        #expect(!Self.hasModel || (said.text.contains("task third  running") && !said.text.contains(" 0 answers")), "\(said)")
    }

    /// A quiet room, and in every second of it a hundred pieces of sound that are looked at.
    @Test(.enabled(if: File.exists(modelPath("whisper-base")), "`make models` makes the speech model"))
    func listeningToSilenceAllocatesNothing() throws {
        let said = try steadyState(of: "listen --model \(modelPath("whisper-base")) --seconds 3600")
        #expect(said.text.contains("> listen"), "\(said)")
    }

    private func buildCounter(_ scratch: Scratch) throws {
        try Data(Self.counter.utf8).write(to: URL(fileURLWithPath: scratch("count.c")))
        let build = Process()
        build.executableURL = URL(fileURLWithPath: try #require(compiler))
        build.arguments = ["-shared", "-fPIC", "-O1", "-o", scratch("count.so"), scratch("count.c")]
        try build.run()
        build.waitUntilExit()
        try #require(build.terminationStatus == 0)
    }

    /// Counts until a window has no allocation; what the firmware said, and its status.
    /// - Parameter command: runs meanwhile, and is ended from outside.
    private func steadyState(of command: String?) throws -> (text: String, status: Int32) {
        let scratch = Scratch()
        defer { scratch.remove() }
        try buildCounter(scratch)
        try Data(count: 8).write(to: URL(fileURLWithPath: scratch("count")))
        try WaveBytes.file(WaveBytes.room(10)).write(to: URL(fileURLWithPath: scratch("room.wav")))
        // A client that pings and has nothing to tell: what is told is text, as the log's.
        let broker = Broker.isThere ? try Broker(scratch) : nil
        defer { broker?.stop() }
        let publishing = broker.map { "\n[mqtt]\nbroker = 127.0.0.1:\($0.port)\nkeep-alive = 5\ninterval = 86400\n" } ?? ""
        // Rings of what was before an event, filled all the time.
        let records = "\n[records]\nfolder = \(scratch.path)\nbefore = 1 s\n"
        let configuration = Self.sensors + records + Self.tasks + (try motionTask(scratch) + soundTasks(scratch)) + publishing
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: scratch("c.conf")))
        let process = Process(), input = Pipe(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: productPath)
        process.arguments = ["run", "--simulate", "--config", scratch("c.conf")]
        process.environment = ["LD_PRELOAD": scratch("count.so"), "ALLOCATION_COUNT": scratch("count"), "PATH": "/usr/bin:/bin",
                               "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? ""]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        if let command { input.fileHandleForWriting.write(Data("fault microphone play \(scratch("room.wav")) loop\n\(command)\n".utf8)) }
        func count() throws -> UInt64 {
            try Data(contentsOf: URL(fileURLWithPath: scratch("count"))).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        }
        // The desktop's Swift runtime fills caches of types as each code is first reached, seconds into the run. What is
        // allocated in the steady state is in every window, so one without any decides.
        let seconds = Double(ProcessInfo.processInfo.environment["SWIFTLET_STEADY_SECONDS"] ?? "") ?? 5
        var grown = UInt64.max, windows = 0
        while grown != 0, windows < 40, process.isRunning {
            let before = try count(), turnsBefore = turns(process), start = DispatchTime.now()
            // A window in which the firmware worked: its threads slept and woke, however little of the machine they got.
            repeat { usleep(50_000) } while process.isRunning
                && (turns(process) < turnsBefore + 500 || DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds
                    < UInt64(seconds * 1e9))
            grown = try count() - before
            windows += 1
        }
        let total = try count()
        // One that refused its configuration has closed the pipe, and writing there would end all tests.
        try #require(process.isRunning, "the firmware ended by itself")
        let ask = "sensors\nstatus\n" + (Self.hasModel ? "tasks\n" : "")
        if command == nil { input.fileHandleForWriting.write(Data(ask.utf8)) } else { process.terminate() }
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(command != nil || broker == nil || said.contains("connected for"), "\(said)")
        #expect(total > 100 && grown == 0, "\(grown) allocations in the last of \(windows) windows of \(seconds) s")
        return (said, process.terminationStatus)
    }
}
