import Foundation
import Platform
import TestSupport
import Testing
import Vision

@Suite struct FrameTests {
    /// Reads every frame of a stream; throws what the stream throws.
    static func frames(_ contents: [UInt8], _ format: FrameFormat) throws -> (frames: [[UInt8]], endedWithinFrame: Bool) {
        let file = try TemporaryFile(contents)
        let stream = try FrameStream(path: file.path, format: format)
        let buffer = FrameBuffer()
        var frames: [[UInt8]] = []
        while try stream.next(into: buffer) { frames.append(Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))) }
        return (frames, stream.endedWithinFrame)
    }

    @Test func rawFramesAreCutBySize() throws {
        let format = FrameFormat(width: 4, height: 2, format: .yuyv)
        let contents = (0..<16 * 3).map { UInt8($0) }
        let whole = try Self.frames(contents, format)
        #expect(whole.frames == [Array(contents[0..<16]), Array(contents[16..<32]), Array(contents[32..<48])])
        #expect(!whole.endedWithinFrame)
        let cut = try Self.frames(Array(contents[0..<40]), format)
        #expect(cut.frames.count == 2 && cut.endedWithinFrame)
        let empty = try Self.frames([], format)
        #expect(empty.frames.isEmpty && !empty.endedWithinFrame)
    }

    @Test func jpegFramesAreCutByMarkers() throws {
        let names = ["jpeg-420.jpg", "jpeg-orientation-6.jpg", "jpeg-restarts.jpg", "jpeg-progressive.jpg"]
        let pictures = try names.map { try bytes(of: goldenFolder.appendingPathComponent($0)) }
        let format = FrameFormat(width: 37, height: 29, format: .mjpeg)
        // Bytes between frames are skipped, as in a multipart stream.
        let contents = pictures.reduce([UInt8]()) { $0 + Array("--boundary\r\n\r\n".utf8) + $1 }
        let result = try Self.frames(contents, format)
        #expect(result.frames == pictures && !result.endedWithinFrame)
        // However the stream is cut, whole frames before the cut come out.
        var ends: [Int] = [], position = 0
        for picture in pictures {
            position += 14 + picture.count
            ends.append(position)
        }
        for length in stride(from: 0, to: contents.count, by: 41) {
            let cut = try Self.frames(Array(contents[0..<length]), format)
            #expect(cut.frames.count == ends.filter { $0 <= length }.count)
        }
    }

    @Test func thumbnailDoesNotEndAFrame() throws {
        let picture = try bytes(of: goldenFolder.appendingPathComponent("jpeg-420.jpg"))
        let body = Array("Exif\0\0".utf8) + picture
        let segment: [UInt8] = [0xFF, 0xE1, UInt8((body.count + 2) >> 8), UInt8((body.count + 2) & 255)] + body
        let withThumbnail = Array(picture[0..<2]) + segment + Array(picture[2...])
        let result = try Self.frames(withThumbnail + picture, FrameFormat(width: 37, height: 29, format: .mjpeg))
        #expect(result.frames == [withThumbnail, picture])
    }

    @Test func damagedStreamsEnd() throws {
        let picture = try bytes(of: goldenFolder.appendingPathComponent("jpeg-420.jpg"))
        var generator = Random(7)
        for _ in 0..<300 {
            var contents = picture + picture + picture
            for _ in 0..<10 {
                contents[Int.random(in: 0..<contents.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let result = try Self.frames(contents, FrameFormat(width: 37, height: 29, format: .mjpeg))
            #expect(result.frames.count <= 30)
        }
    }

    @Test func endlessFrameIsRefused() throws {
        // A start marker, then data without an end.
        let contents: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDA, 0, 2] + [UInt8](repeating: 1, count: FrameStream.largestJPEG + 200_000)
        #expect(throws: Failure.self) { try Self.frames(contents, FrameFormat(width: 2, height: 2, format: .mjpeg)) }
    }

    @Test func impossibleFormatsAreRefused() {
        for format in [FrameFormat(width: 3, height: 2, format: .yuyv), FrameFormat(width: 4, height: 3, format: .nv12),
                       FrameFormat(width: 0, height: 2, format: .grey),
                       FrameFormat(width: 1 << 40, height: 1 << 40, format: .rgb24), FrameFormat(width: -2, height: 2, format: .i420)] {
            #expect(throws: Failure.self) { try FrameStream(path: "/dev/null", format: format) }
        }
        #expect(throws: Failure.self) { try FrameStream(path: "/nowhere", format: FrameFormat(width: 2, height: 2, format: .grey)) }
    }

    @Test func queueKeepsEveryFrameOfAFile() throws {
        let contents = (0..<200).flatMap { [UInt8](repeating: UInt8($0), count: 4) }
        let file = try TemporaryFile(contents)
        let queue = try FrameQueue(try FrameStream(path: file.path, format: FrameFormat(width: 2, height: 2, format: .grey)), depth: 2,
                                   dropsOldest: false)
        var seen: [UInt8] = []
        while let frame = try queue.next() {
            seen.append(frame.bytes[0])
            queue.recycle(frame)
        }
        #expect(seen == (0..<200).map { UInt8($0) } && queue.dropped == 0)
    }

    @Test func liveQueueDropsTheOldestAndCounts() throws {
        let contents = (0..<100).flatMap { [UInt8](repeating: UInt8($0), count: 4) }
        let file = try TemporaryFile(contents)
        let queue = try FrameQueue(try FrameStream(path: file.path, format: FrameFormat(width: 2, height: 2, format: .grey)), depth: 3,
                                   dropsOldest: true)
        var seen: [UInt8] = []
        while let frame = try queue.next() {
            seen.append(frame.bytes[0])
            queue.recycle(frame)
        }
        // Whatever the timing: in order, the newest is there, and nothing is lost without being counted.
        #expect(seen == seen.sorted() && seen.last == 99 && seen.count + queue.dropped == 100)
    }
}
