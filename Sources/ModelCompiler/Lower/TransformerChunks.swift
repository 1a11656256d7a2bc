import Nest
import Platform

/// Weights that are made when they are written, so that a model of any size needs no more memory than its largest chunk.
struct LazyChunk {
    var length = 0
    private var parts: [(offset: Int, make: () throws(Failure) -> [UInt8])] = []

    /// Gives the offset of the part.
    mutating func append(bytes: Int, _ make: @escaping () throws(Failure) -> [UInt8]) -> Int64 {
        let offset = roundUp(length, to: NestLayout.blobAlignment)
        parts.append((offset, make))
        length = offset + bytes
        return Int64(offset)
    }

    func contents() throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        for part in parts {
            let made = try part.make()
            bytes.replaceSubrange(part.offset..<part.offset + made.count, with: made)
        }
        return bytes
    }
}

/// A language model that is ready to be written.
public struct LanguageNest {
    public var metadata: [(key: String, value: String)]
    public var strings: [String]
    public var program: Program
    var chunks: [LazyChunk]

    /// Writes it chunk by chunk.
    public func write(to path: String) throws(Failure) {
        try NestWriter.write(NestContents(metadata: metadata, strings: strings, programs: [program], chunks: []),
                             chunkLengths: chunks.map(\.length), to: path) { (index) throws(Failure) in try chunks[index].contents() }
    }

    /// All of it in memory: for small models and tests.
    public func contents() throws(Failure) -> NestContents {
        var made: [[UInt8]] = []
        for chunk in chunks { made.append(try chunk.contents()) }
        return NestContents(metadata: metadata, strings: strings, programs: [program], chunks: made)
    }
}
