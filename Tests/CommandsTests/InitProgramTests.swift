@testable import Commands
import Testing

/// `swiftlet` as a system's first process.
@Suite struct InitProgramTests {
    @Test func consolesOfTheKernelsCommandLine() {
        #expect(InitProgram.ports("quiet swiftlet.console=ttyS0,ttyAMA0:115200 console=tty1\n")?.map { $0.path }
                == ["/dev/ttyS0", "/dev/ttyAMA0"])
        #expect(InitProgram.ports("console=ttyAMA0,115200n8 panic=1")?.map { $0.path } == ["/dev/ttyAMA0"])
        #expect(InitProgram.ports("panic=1") == nil)
    }
}
