import CLinux
import Foundation
import Platform
import Testing

/// What is put back when a process dies of a signal: with a process of its own for each, because signals and what is
/// remembered for them belong to the whole process.
@Suite struct PowerRescueTests {
    private static let compiler = ["/usr/bin/cc", "/usr/bin/clang", "/usr/bin/gcc"].first { File.exists($0) }

    @Test(.enabled(if: compiler != nil, "no C compiler for the process that dies"))
    func everyEndingSignalPutsBack() throws {
        let folder = TemporaryFolder()
        folder.write("main.c", """
            #include "Rescue.h"
            #include <signal.h>
            #include <stdlib.h>
            int main(int count, char **values) {
                (void)count;
                // The launching thread may block some, and a child inherits that.
                sigset_t none;
                sigemptyset(&none);
                sigprocmask(SIG_SETMASK, &none, NULL);
                // And it may ignore this one.
                signal(SIGPIPE, SIG_DFL);
                board_rescue_add(values[1], "ondemand");
                board_rescue_add(values[1], "performance");
                board_rescue_add(values[2], "600000");
                board_rescue_remove_at_end(values[3]);
                int number = atoi(values[4]);
                if (number > 0) raise(number);
                exit(7);
            }
            """)
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/Sources/CBoard"
        let program = folder.path + "/dies"
        #expect(try run(Self.compiler!, ["-pthread", "-I", sources + "/include", "-o", program, folder.path + "/main.c",
                                         sources + "/Rescue.c"]) == 0)
        for signal in [0, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGFPE, SIGPIPE] {
            folder.write("governor", "performance")
            folder.write("speed", "1500000")
            folder.write("saved", "")
            let end = try run(program, ["governor", "speed", "saved"].map { folder.path + "/" + $0 } + ["\(signal)"])
            #expect(end == (signal == 0 ? 7 : -signal), "signal \(signal)")
            #expect(folder.read("governor") == "ondemand", "signal \(signal)")
            #expect(folder.read("speed") == "600000", "signal \(signal)")
            #expect(folder.read("saved") == nil, "signal \(signal)")
        }
        // What can't be put back keeps its file for a later process.
        folder.write("saved", "")
        #expect(try run(program, [folder.path + "/gone", folder.path + "/speed", folder.path + "/saved", "\(SIGTERM)"]) == -SIGTERM)
        #expect(folder.read("saved") == "")
    }

    /// The exit status, or minus the signal that ended it.
    private func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
}
