@testable import BoardLinux
import Platform
import Testing

@Suite struct InitProcessTests {
    @Test func testsAreNotTheFirstProcess() { #expect(!InitProcess.isNeeded) }

    @Test func noListIsNothingToLoad() { #expect(InitProcess.loadModules(list: "/nowhere/order").isEmpty) }

    /// Loading is refused whoever runs the test: none of these is a module.
    @Test func everyModuleThatFailsGetsItsLine() {
        let folder = TemporaryFolder()
        folder.write("order", "# a comment\n\nmissing.ko\n  text.ko debug=1\n")
        folder.write("text.ko", "this is no module")
        let complaints = InitProcess.loadModules(list: folder.path + "/order")
        #expect(complaints.count == 2)
        #expect(complaints.first == "module \(folder.path)/missing.ko: No such file or directory")
        #expect(complaints.last?.hasPrefix("module \(folder.path)/text.ko: ") == true)
    }
}
