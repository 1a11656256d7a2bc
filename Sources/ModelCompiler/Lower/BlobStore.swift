/// The weights of a nest: blobs in the order of first use, equal ones kept once, cut into chunks at the end.
struct BlobStore {
    struct Place {
        var chunk: Int32
        var offset: Int64
    }

    /// Chunks close to this size: large enough to read at full speed, small enough to stream under a budget.
    static let chunkBytes = 256 << 10
    /// Kernels may read this far past the end of what they need.
    static let slack = 64

    private var blobs: [[UInt8]] = []
    private var known: [[UInt8]: Int] = [:]

    /// Gives the blob's index.
    mutating func add(_ bytes: [UInt8]) -> Int {
        if let index = known[bytes] { return index }
        blobs.append(bytes)
        known[bytes] = blobs.count - 1
        return blobs.count - 1
    }

    func length(_ blob: Int) -> Int { blobs[blob].count }

    /// Lays the blobs out: never split, each at a multiple of 64, slack after the last of a chunk.
    func chunks() -> (chunks: [[UInt8]], places: [Place]) {
        var chunks: [[UInt8]] = [], places: [Place] = []
        for blob in blobs {
            let used = chunks.last.map { ($0.count + 63) / 64 * 64 } ?? 0
            if chunks.isEmpty || (used > 0 && used + blob.count + Self.slack > Self.chunkBytes) {
                chunks.append([])
            } else {
                chunks[chunks.count - 1] += [UInt8](repeating: 0, count: used - chunks[chunks.count - 1].count)
            }
            places.append(Place(chunk: Int32(chunks.count - 1), offset: Int64(chunks[chunks.count - 1].count)))
            chunks[chunks.count - 1] += blob
        }
        for index in chunks.indices { chunks[index] += [UInt8](repeating: 0, count: Self.slack) }
        return (chunks, places)
    }
}

/// One blob put together from parts, each at a multiple of 64.
struct BlobBuilder {
    private(set) var bytes: [UInt8] = []

    /// Gives the offset of the part.
    @discardableResult
    mutating func append<T: BitwiseCopyable>(_ elements: [T]) -> Int32 {
        bytes += [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64)
        let offset = Int32(bytes.count)
        bytes += elements.littleEndianBytes
        return offset
    }
}
