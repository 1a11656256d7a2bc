@testable import BoardLinux
import CLinux
import Foundation
import Platform
import Testing

@Suite struct WatchdogTests {
    @Test func noDeviceIsNoWatchdog() throws {
        #expect(try KernelWatchdog.open("/nowhere/watchdog", timeoutSeconds: 10) == nil)
    }

    @Test func feedingAndDisarmingReachTheDevice() throws {
        let folder = TemporaryFolder()
        folder.write("watchdog", "")
        let watchdog = try #require(try KernelWatchdog.open(folder.path + "/watchdog", timeoutSeconds: 10))
        #expect(watchdog.timeoutSeconds == 10)
        watchdog.feed()
        watchdog.feed()
        #expect(File.text(folder.path + "/watchdog") == "\n\n")
        watchdog.disarm()
        watchdog.feed()
        watchdog.disarm()
        #expect(File.text(folder.path + "/watchdog") == "\n\nV")
    }

    @Test func dyingWithoutDisarmingSaysNothingToTheDevice() throws {
        let folder = TemporaryFolder()
        folder.write("watchdog", "")
        do { _ = try KernelWatchdog.open(folder.path + "/watchdog", timeoutSeconds: 10) }
        #expect(File.text(folder.path + "/watchdog") == "")
    }
}

/// Serialised: they change the environment.
@Suite(.serialized) struct WatchdogServiceTests {
    @Test(arguments: [false, true])
    func theManagerHears(isAbstract: Bool) throws {
        let folder = TemporaryFolder()
        let address = isAbstract ? "@swiftlet-test-\(getpid())" : folder.path + "/notify"
        let socket = try listen(address)
        defer { close(socket) }
        setenv("NOTIFY_SOCKET", address, 1)
        setenv("WATCHDOG_USEC", "2500000", 1)
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        defer { for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) } }

        let manager = try #require(ServiceManager.fromEnvironment())
        #expect(manager.timeoutSeconds == 2)
        manager.ready()
        manager.status("3 sensors")
        manager.feed()
        manager.disarm()
        #expect((0..<4).map { _ in receive(socket) } == ["READY=1", "STATUS=3 sensors", "WATCHDOG=1", "STOPPING=1"])
        // The board's watchdog is the manager's.
        let watchdog = try HardwareBoard().openWatchdog(timeoutSeconds: 9)
        #expect(watchdog?.timeoutSeconds == 2)
        // Its first sign of life says that the service is ready.
        watchdog?.feed()
        watchdog?.feed()
        #expect((0..<3).map { _ in receive(socket) } == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"])
        // Meant for another process: it is not ours to feed.
        setenv("WATCHDOG_PID", "1", 1)
        #expect(ServiceManager.fromEnvironment()?.timeoutSeconds == 0)
    }

    @Test(arguments: ["", "relative", "/nowhere/socket", "@", String(repeating: "/x", count: 200)])
    func anAddressWithoutAManagerIsNone(_ address: String) {
        setenv("NOTIFY_SOCKET", address, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        #expect(ServiceManager.fromEnvironment() == nil)
    }

    @Test func withoutManagerAndDeviceThereIsNone() throws {
        var paths = HardwarePaths()
        paths.watchdog = "/nowhere/watchdog"
        let none = try HardwareBoard(paths: paths).openWatchdog(timeoutSeconds: 5)
        #expect(none == nil)
    }

    @Test func aManagerThatDoesNotReadBlocksNobody() throws {
        let folder = TemporaryFolder()
        let socket = try listen(folder.path + "/notify")
        defer { close(socket) }
        setenv("NOTIFY_SOCKET", folder.path + "/notify", 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        let manager = try #require(ServiceManager.fromEnvironment())
        // Far more than a socket's queue holds: without the non-blocking send the test would never end.
        for _ in 0..<5000 { manager.feed() }
    }

    private func listen(_ address: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(address.utf8)
        withUnsafeMutableBytes(of: &target.sun_path) { path in
            for (index, byte) in bytes.enumerated() { path[index] = index == 0 && byte == UInt8(ascii: "@") ? 0 : byte }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let result = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(result == 0)
        return descriptor
    }

    private func receive(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
