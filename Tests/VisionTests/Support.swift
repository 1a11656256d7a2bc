import Foundation
import Platform
import TestSupport
import Vision

let goldenFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("golden/images")

func bytes(of url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }

/// A binary PPM of 8 bits.
struct PPM {
    var width, height: Int
    var pixels: [UInt8]

    init(_ url: URL) throws {
        let data = try bytes(of: url)
        var fields: [Int] = []
        var position = 2
        while fields.count < 3 {
            while data[position] <= 32 { position += 1 }
            var number = 0
            while data[position] > 32 { number = number * 10 + Int(data[position] - 48); position += 1 }
            fields.append(number)
        }
        width = fields[0]
        height = fields[1]
        pixels = Array(data[(position + 1)...])
    }
}

extension Image {
    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: pixels, count: byteCount)) }

    static func random(width: Int, height: Int, seed: UInt64) throws -> Image {
        let image = try Image(width: width, height: height)
        var generator = Random(seed)
        for index in 0..<image.byteCount { image.pixels[index] = UInt8.random(in: 0...255, using: &generator) }
        return image
    }
}

func decode(_ data: [UInt8], atLeast: (width: Int, height: Int)? = nil) throws -> Image {
    let file = try data.withUnsafeBytes { try FileContents(copying: $0) }
    return try ImageFile.decode(UnsafeRawBufferPointer(start: file.bytes, count: file.count), name: "test", atLeast: atLeast)
}

/// The largest difference of two arrays of bytes.
func largestDifference(_ a: [UInt8], _ b: [UInt8]) -> Int {
    zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0
}

/// A temporary file, removed with the value.
final class TemporaryFile {
    let path: String
    init(_ contents: [UInt8], suffix: String = "") throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-\(UUID().uuidString)\(suffix)").path
        try Data(contents).write(to: URL(fileURLWithPath: path))
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}
