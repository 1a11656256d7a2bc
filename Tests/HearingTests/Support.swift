import Foundation
import Hearing
import Platform

/// Reference values by name (goldens/hearing.py).
func golden(_ name: String) throws -> [UInt8] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: folder.appendingPathComponent("golden/hearing").appendingPathComponent(name)))
}

func floats(_ bytes: some Collection<UInt8>) -> [Float] {
    Array(bytes).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
}

/// All samples of a sound; throws what reading it throws.
func samples(_ bytes: [UInt8], takesRaw: Bool = false) throws -> (samples: [Float], reader: AudioReader) {
    let reader = try AudioReader(MemoryStream(bytes, name: "clip"), takesRaw: takesRaw)
    var all: [Float] = [], piece = [Float](repeating: 0, count: 333)
    while true {
        let count = try piece.withUnsafeMutableBufferPointer { try reader.read(into: $0) }
        if count == 0 { return (all, reader) }
        all += piece[..<count]
    }
}

/// A WAV file, field by field, so that each may lie.
struct WaveFile {
    var tag = 1, channels = 1, rate = 16000, bits = 16
    var align: Int?
    var dataBytes: UInt32?
    var wholeBytes: UInt32?
    /// Before "fmt ", whole chunks.
    var before: [UInt8] = []
    var data: [UInt8] = []
    var isExtensible = false

    var bytes: [UInt8] {
        var format: [UInt8] = little(isExtensible ? 0xFFFE : tag, 2) + little(channels, 2) + little(rate, 4)
        let frame = align ?? channels * ((bits + 7) / 8)
        format += little(rate &* frame & 0xFFFF_FFFF, 4) + little(frame, 2) + little(bits, 2)
        if isExtensible { format += little(22, 2) + little(bits, 2) + little(0, 4) + little(tag, 2) + [UInt8](repeating: 7, count: 14) }
        var body = Array("WAVE".utf8) + before + Array("fmt ".utf8) + little(format.count, 4) + format
        body += Array("data".utf8) + little(Int(dataBytes ?? UInt32(data.count)), 4) + data
        return Array("RIFF".utf8) + little(Int(wholeBytes ?? UInt32(body.count)), 4) + body
    }
}

/// A number, least significant byte first.
func little(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
