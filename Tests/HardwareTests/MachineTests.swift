import Platform
import Testing
@testable import Rig

@Suite struct MachineFailureTests {
    @Test func missingImageSaysWhatMakesIt() {
        do {
            _ = try RigImage(folder: "/nonexistent")
            Issue.record("an image out of nothing")
        } catch {
            #expect(error.description == "no rig image in /nonexistent; board/rig-image.sh makes it")
        }
    }

    @Test func programThatIsNotThereIsAFailure() {
        do {
            let child = try ChildProcess(["/nonexistent/qemu"], descriptors: [])
            #expect(child.waitForEnd(untilNanoseconds: monotonicNanoseconds() + 10_000_000_000))
            #expect(child.endStatus != 0)
            #expect(child.lastError.contains("/nonexistent/qemu"))
        } catch {
            #expect(error.kind == .resource)
        }
    }

    @Test func childEndsWithItsObject() throws {
        var child: ChildProcess? = try ChildProcess(["sleep", "1000"], descriptors: [])
        let identifier = try #require(child?.processIdentifier)
        child = nil
        #expect(!File.exists("/proc/\(identifier)"))
    }
}
