import Board
@testable import BoardLinux
import CBoard
import CLinux
import Foundation
import Platform
import Testing
import TestSupport
import VirtualBoard

/// A driver of V4L2 made of the offsets that the kernel's documentation gives (64-bit), over a file in place of the device: its
/// buffers are the file's pages.
private struct FakeDriver {
    /// "YUYV" as the kernel writes it.
    var encodings: [String] = ["MJPG", "NV12"]
    var width: UInt32 = 32, height: UInt32 = 16, rowBytes: UInt32 = 48, imageBytes: UInt32 = 48 * 24
    /// Frames that wait: buffer, bytes, sequence, flags.
    var ready: [(UInt32, UInt32, UInt32, UInt32)] = []
    var queued: [UInt32] = []
    var isStreaming = false
    var isGone = false
    /// Without it, as a microphone's device would be.
    var capabilities: UInt32 = 0x0400_0001
    var chosen = ""
}

nonisolated(unsafe) private var driver = FakeDriver()

private func code(_ text: String) -> UInt32 { text.utf8.reversed().reduce(0) { $0 << 8 | UInt32($1) } }

private func name(_ code: UInt32) -> String { String(decoding: (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) }, as: UTF8.self) }

/// Numbers of the requests as in videodev2.h.
private let answer: board_camera_call = { _, request, argument in
    func fail(_ code: Int32) -> Int32 {
        errno = code
        return -1
    }
    if driver.isGone { return fail(ENODEV) }
    guard let bytes = argument else { return fail(EFAULT) }
    func get(_ offset: Int) -> UInt32 { bytes.load(fromByteOffset: offset, as: UInt32.self) }
    func set(_ offset: Int, _ value: UInt32) { bytes.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
    switch request & 0xFF {
    case 0:
        for (index, byte) in "Fake camera".utf8.enumerated() { (bytes + 16 + index).storeBytes(of: byte, as: UInt8.self) }
        set(84, 0x8000_0000)
        set(88, driver.capabilities)
    case 2:
        guard Int(get(0)) < driver.encodings.count else { return fail(EINVAL) }
        set(44, code(driver.encodings[Int(get(0))]))
    case 5:
        driver.chosen = name(get(16))
        set(8, driver.width)
        set(12, driver.height)
        set(24, driver.rowBytes)
        set(28, driver.imageBytes)
    case 8: driver.queued = []
    case 9:
        set(64, get(0) * 4096)
        set(72, 4096)
    case 15: driver.queued.append(get(0))
    case 17:
        guard !driver.ready.isEmpty else { return fail(EAGAIN) }
        let (buffer, used, sequence, flags) = driver.ready.removeFirst()
        driver.queued.removeAll { $0 == buffer }
        set(0, buffer)
        set(8, used)
        set(12, flags)
        bytes.storeBytes(of: Int64(5), toByteOffset: 24, as: Int64.self)
        bytes.storeBytes(of: Int64(250_000), toByteOffset: 32, as: Int64.self)
        set(56, sequence)
    case 18: driver.isStreaming = true
    case 19: driver.isStreaming = false
    case 21, 22:
        // 25 frames a second, whatever was wanted.
        set(12, 1)
        set(16, 25)
    default: return fail(EINVAL)
    }
    return 0
}

/// Cameras: what is agreed with a driver, how frames lie, what a simulated one does.
@Suite(.serialized) struct CameraTests {
    private static let monotonic: UInt32 = 0x2000

    /// Four pages; in page p, byte b is p * 16 + b % 16.
    private func withDevice(_ body: (Scratch) throws -> Void) throws {
        let scratch = Scratch()
        defer {
            scratch.remove()
            board_camera_use(nil)
            driver = FakeDriver()
        }
        var pages: [UInt8] = []
        for index in 0..<4 * 4096 { pages.append(UInt8(index / 4096 * 16 + index % 16)) }
        try Data(pages).write(to: URL(fileURLWithPath: scratch("video0")))
        board_camera_use(answer)
        try body(scratch)
    }

    private func request(_ encoding: CameraEncoding) -> CameraRequest {
        var request = CameraRequest()
        request.encoding = encoding
        return request
    }

    @Test func anEncodingIsChosen() {
        func bits(_ encodings: [CameraEncoding]) -> UInt32 { encodings.reduce(0) { $0 | 1 << UInt32($1.rawValue) } }
        #expect(CameraChoice.encoding(.nv12, offered: bits([.yuyv, .nv12])) == .nv12)
        #expect(CameraChoice.encoding(.grey, offered: bits([.mjpeg, .nv12])) == .nv12)
        #expect(CameraChoice.encoding(.yuyv, offered: bits([.mjpeg])) == .mjpeg)
        #expect(CameraChoice.encoding(.yuyv, offered: 0) == nil && CameraChoice.encoding(.yuyv, offered: 1 << 31) == nil)
    }

    @Test func gapsBetweenRowsAreLeftOut() {
        let source = (0..<200).map { UInt8($0) }
        func copy(_ encoding: CameraEncoding, stride: Int, count: Int = 200) -> [UInt8]? {
            let format = CameraFormat(width: 4, height: 2, encoding: encoding, rateHertz: 0)
            var target = [UInt8](repeating: 255, count: encoding.frameBytes(width: 4, height: 2))
            let isWhole = source.withUnsafeBytes { bytes in
                target.withUnsafeMutableBytes {
                    FrameRows.copy(UnsafeRawBufferPointer(rebasing: bytes[..<count]), stride: stride, format, into: $0)
                }
            }
            return isWhole ? target : nil
        }
        #expect(copy(.grey, stride: 6) == [0, 1, 2, 3, 6, 7, 8, 9])
        #expect(copy(.grey, stride: 4) == [0, 1, 2, 3, 4, 5, 6, 7])
        #expect(copy(.yuyv, stride: 10) == [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17])
        #expect(copy(.nv12, stride: 6) == [0, 1, 2, 3, 6, 7, 8, 9, 12, 13, 14, 15])
        #expect(copy(.i420, stride: 8) == [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 20, 21])
        // The last row may come without its gap; a frame that ends before it is none.
        #expect(copy(.grey, stride: 6, count: 10) != nil)
        #expect(copy(.grey, stride: 6, count: 9) == nil && copy(.grey, stride: 6, count: 0) == nil)
        // A driver that says no stride at all.
        #expect(copy(.grey, stride: 0) == [0, 1, 2, 3, 4, 5, 6, 7])
    }

    @Test func framesComeAsTheDriverHasThem() throws {
        try withDevice { scratch in
            let camera = try LinuxCamera(request(.yuyv), folder: scratch.path)
            #expect(driver.chosen == "NV12" && driver.isStreaming && driver.queued == [0, 1, 2, 3])
            #expect(camera.name == "Fake camera" && camera.format == CameraFormat(width: 32, height: 16, encoding: .nv12, rateHertz: 25))
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: camera.largestFrameBytes, alignment: 16)
            defer { room.deallocate() }
            #expect(try camera.read(into: room, withinNanoseconds: 1_000_000) == nil)
            // The newest of three is taken, all go back, and two count as lost.
            driver.ready = [(0, 48 * 24, 7, Self.monotonic), (1, 48 * 24, 8, Self.monotonic), (2, 48 * 24, 9, Self.monotonic)]
            let frame = try #require(try camera.read(into: room, withinNanoseconds: 1_000_000))
            #expect(frame == CameraFrame(byteCount: 32 * 24, timestampNanoseconds: 5_250_000_000) && camera.lost == 2)
            #expect(driver.queued.sorted() == [0, 1, 2, 3])
            // Row 1 begins 48 bytes on: at 0 of the pattern again.
            #expect(room[0] == 32 && room[31] == 32 + 15 && room[32] == 32 && room[33] == 33)
            driver.ready = [(3, 48 * 24, 12, 0)]
            let late = try #require(try camera.read(into: room, withinNanoseconds: 1_000_000))
            #expect(camera.lost == 4 && abs(late.timestampNanoseconds - monotonicNanoseconds()) < 60_000_000_000)
            // Damaged by its own word, or too short.
            driver.ready = [(0, 48 * 24, 13, 0x40)]
            #expect(try camera.read(into: room, withinNanoseconds: 1_000_000)?.isDamaged == true)
            driver.ready = [(0, 100, 14, 0)]
            #expect(try camera.read(into: room, withinNanoseconds: 1_000_000)?.isDamaged == true)
            driver.isGone = true
            #expect(throws: Failure.self) { try camera.read(into: room, withinNanoseconds: 1_000_000) }
        }
    }

    @Test func whatIsNoCameraIsRefused() throws {
        try withDevice { scratch in
            driver.capabilities = 0x0500_0000
            #expect(throws: Failure.self) { try LinuxCamera(request(.yuyv), folder: scratch.path) }
            driver.capabilities = 0x0400_0001
            driver.encodings = ["H264"]
            #expect(throws: Failure.self) { try LinuxCamera(request(.yuyv), folder: scratch.path) }
            driver.encodings = ["GREY"]
            (driver.width, driver.height) = (100_000, 16)
            #expect(throws: Failure.self) { try LinuxCamera(request(.yuyv), folder: scratch.path) }
            (driver.width, driver.height) = (32, 16)
            // A buffer's number beyond those that there are.
            let camera = try LinuxCamera(request(.grey), folder: scratch.path)
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: camera.largestFrameBytes, alignment: 16)
            defer { room.deallocate() }
            driver.ready = [(9, 10, 0, 0)]
            #expect(throws: Failure.self) { try camera.read(into: room, withinNanoseconds: 1_000_000) }
            board_camera_use(nil)
            #expect(throws: Failure.self) { try LinuxCamera(request(.grey), folder: scratch.path) }
        }
    }

    @Test func theSimulatedCameraIsTheSameEveryTime() throws {
        var time: Int64 = 0
        var wanted = CameraRequest()
        (wanted.device, wanted.width, wanted.height, wanted.encoding, wanted.rateHertz) = ("simulated", 64, 32, .nv12, 10)
        func frame(at now: Int64) throws -> ([UInt8], CameraFrame?, UInt32) {
            time = 0
            let camera = try SimulatedCamera(wanted, now: { time })
            var bytes = [UInt8](repeating: 0, count: camera.largestFrameBytes)
            time = now
            let frame = try bytes.withUnsafeMutableBytes { try camera.read(into: $0, withinNanoseconds: 0) }
            return (bytes, frame, camera.lost)
        }
        let (first, taken, lost) = try frame(at: 350_000_000)
        #expect(taken == CameraFrame(byteCount: 64 * 48, timestampNanoseconds: 300_000_000) && lost == 2)
        #expect(try frame(at: 399_000_000).0 == first && frame(at: 400_000_000).0 != first)
        #expect(first.max() == 235)
        #expect(first.dropFirst(2048).allSatisfy { $0 == 128 })
        #expect(try frame(at: 90_000_000).1 == nil)
        wanted.encoding = .mjpeg
        #expect(throws: Failure.self) { try SimulatedCamera(wanted, now: { 0 }) }
    }
}
