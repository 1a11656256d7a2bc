import Foundation
import Platform
import TestSupport
import Testing
import Vision

@Suite struct ImageFileTests {
    static let lossless = ["png-rgb", "png-grey", "png-palette", "png-bilevel", "png-alpha", "png-grey-alpha", "png-rgb16", "png-grey16",
                           "png-interlaced"]
    static let jpegs = ["jpeg-444", "jpeg-420", "jpeg-progressive", "jpeg-restarts", "jpeg-grey", "jpeg-cmyk"] + (1...8).map {
        "jpeg-orientation-\($0)"
    }

    @Test(arguments: lossless) func pngMatchesPillow(name: String) throws {
        let expected = try PPM(goldenFolder.appendingPathComponent(name + ".ppm"))
        let image = try ImageFile.decode(path: goldenFolder.appendingPathComponent(name + ".png").path)
        #expect(image.width == expected.width && image.height == expected.height)
        #expect(largestDifference(image.bytes, expected.pixels) == 0)
    }

    @Test(arguments: jpegs) func jpegMatchesPillow(name: String) throws {
        let expected = try PPM(goldenFolder.appendingPathComponent(name + ".ppm"))
        let image = try ImageFile.decode(path: goldenFolder.appendingPathComponent(name + ".jpg").path)
        #expect(image.width == expected.width && image.height == expected.height)
        // Versions of the decoder round chroma differently by a step or two.
        #expect(largestDifference(image.bytes, expected.pixels) <= 3)
    }

    @Test(arguments: [("half", 80, 60), ("quarter", 40, 30), ("eighth", 20, 15)])
    func scaledDecodingMatchesPillow(name: String, width: Int, height: Int) throws {
        let expected = try PPM(goldenFolder.appendingPathComponent("jpeg-\(name).ppm"))
        let data = try bytes(of: goldenFolder.appendingPathComponent("jpeg-\(name).jpg"))
        let image = try decode(data, atLeast: (width, height))
        #expect(image.width == expected.width && image.height == expected.height)
        #expect(largestDifference(image.bytes, expected.pixels) <= 3)
        // One pixel more takes the next larger scale.
        #expect(try decode(data, atLeast: (width + 1, height)).width == width * 2)
    }

    @Test func neededSizeFollowsOrientation() throws {
        let data = try bytes(of: goldenFolder.appendingPathComponent("jpeg-orientation-6.jpg"))
        // Stored 37x29, upright 29x37: a half is 15x19.
        let image = try decode(data, atLeast: (15, 19))
        #expect(image.width == 15 && image.height == 19)
        #expect(try decode(data, atLeast: (19, 15)).width == 29)
    }

    @Test func pngSurvivesWritingAndReading() throws {
        let image = try Image.random(width: 33, height: 7, seed: 1)
        let file = try TemporaryFile([], suffix: ".png")
        try ImageFile.writePNG(image, path: file.path)
        #expect(try ImageFile.decode(path: file.path).bytes == image.bytes)
    }

    @Test func errorsNameTheFile() throws {
        let cases: [([UInt8], Failure.Kind)] = [([], .badFormat), ([1, 2, 3], .unsupported), ([0xFF, 0xD8, 0xFF], .badFormat),
                                                ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .badFormat)]
        for (contents, kind) in cases {
            let file = try TemporaryFile(contents)
            do {
                _ = try ImageFile.decode(path: file.path)
                Issue.record("decoded \(contents)")
            } catch {
                #expect(error.kind == kind)
                #expect(error.description.hasPrefix(file.path) && !error.description.contains("\n"))
            }
        }
        for path in ["/nowhere/picture.jpg", "/tmp"] {
            do {
                _ = try ImageFile.decode(path: path)
                Issue.record("decoded \(path)")
            } catch {
                #expect(error.kind == .inputOutput && error.description.hasPrefix(path))
            }
        }
    }

    @Test func writingToNowhereFails() throws {
        let image = try Image.random(width: 2, height: 2, seed: 1)
        #expect(throws: Failure.self) { try ImageFile.writePNG(image, path: "/nowhere/out.png") }
    }
}

@Suite struct HostileImageTests {
    static func samples() throws -> [[UInt8]] {
        try ["jpeg-420.jpg", "jpeg-progressive.jpg", "jpeg-grey.jpg", "jpeg-cmyk.jpg", "jpeg-orientation-6.jpg", "jpeg-restarts.jpg",
             "png-rgb.png", "png-palette.png", "png-rgb16.png", "png-interlaced.png", "png-grey-alpha.png"].map {
                 try bytes(of: goldenFolder.appendingPathComponent($0))
             }
    }

    @Test func everyTruncationFails() throws {
        for sample in try Self.samples() {
            // Without a PNG's end chunk (12 bytes) the picture is still whole.
            for length in stride(from: 0, to: sample.count - (sample[0] == 0xFF ? 2 : 12), by: 3) {
                #expect(throws: Failure.self, "cut at \(length) of \(sample.count)") { try decode(Array(sample[0..<length])) }
            }
        }
    }

    /// Thousands of damaged files: each decodes or fails with one line; none may crash or run away.
    @Test func damagedFilesNeverCrash() throws {
        var generator = Random(2024)
        var failed = 0, total = 0
        for sample in try Self.samples() {
            for _ in 0..<400 {
                var data = sample
                for _ in 0..<Int.random(in: 1...8, using: &generator) {
                    let at = Int.random(in: 0..<data.count, using: &generator)
                    switch Int.random(in: 0...3, using: &generator) {
                    case 0: data[at] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                    case 1: data[at] = [0, 0xFF, 0x7F, 0x80].randomElement(using: &generator)!
                    case 2: data.removeSubrange(at..<min(data.count, at + Int.random(in: 1...9, using: &generator)))
                    default: data.insert(contentsOf: data[at..<min(data.count, at + 20)], at: at)
                    }
                    if data.isEmpty { data = [0] }
                }
                total += 1
                do {
                    let image = try decode(data, atLeast: Bool.random(using: &generator) ? (8, 8) : nil)
                    #expect(image.width <= ImageLimits.side && image.height <= ImageLimits.side)
                } catch let failure as Failure {
                    failed += 1
                    #expect(!failure.description.contains("\n"))
                }
            }
        }
        #expect(failed > total / 2)
    }

    @Test func claimedSizesAreRefusedBeforeMemoryIsTaken() throws {
        var jpeg = try bytes(of: goldenFolder.appendingPathComponent("jpeg-420.jpg"))
        let frame = try #require((0..<jpeg.count - 1).first { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xC0 })
        for offset in 5...8 { jpeg[frame + offset] = 0xFF }
        #expect(throws: Failure.self) { try decode(jpeg) }

        // IHDR of 60000x60000 with a correct checksum.
        var header: [UInt8] = Array("IHDR".utf8) + [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0]
        let sum = header.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
        } ^ UInt32.max
        header += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
        let emptyData: [UInt8] = [0, 0, 0, 0] + Array("IDAT".utf8) + [0x35, 0xAF, 0x06, 0x1E]
        do {
            _ = try decode(signature + header + emptyData)
            Issue.record("decoded a picture of 3.6 gigapixels")
        } catch let failure as Failure {
            #expect(failure.kind == .unsupported, "\(failure)")
        }
    }

    @Test func scansOfAProgressiveFileAreBounded() throws {
        let sample = try bytes(of: goldenFolder.appendingPathComponent("jpeg-progressive.jpg"))
        let first = try #require((0..<sample.count - 1).first { sample[$0] == 0xFF && sample[$0 + 1] == 0xDA })
        let second = try #require((first + 2..<sample.count - 1).first { sample[$0] == 0xFF
            && (sample[$0 + 1] == 0xDA || sample[$0 + 1] == 0xC4) })
        let scan = Array(sample[first..<second])
        var data = Array(sample[0..<second])
        for _ in 0..<5000 { data += scan }
        data += sample[second...]
        #expect(throws: Failure.self) { try decode(data) }
    }
}
