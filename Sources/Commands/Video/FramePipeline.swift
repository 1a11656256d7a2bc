import Platform
import Vision

/// A network at work on frames: `batch` frames are loaded, then run together, then finished one by one.
struct FrameWork {
    var batch: Int
    /// Pixels that a JPEG frame should at least be decoded at.
    var decodeSize: (width: Int, height: Int)
    /// Frame, its format, slot.
    var load: (UnsafePointer<UInt8>, FrameFormat, Int) -> Void
    var run: () throws(Failure) -> Void
    /// Slot, number of the frame in the stream's order, the format that was loaded.
    var finish: (Int, Int, FrameFormat) throws(Failure) -> Void
}

/// Takes frames from a queue through a network. Where several wait and a program for a larger batch is there, they are
/// run together.
final class FramePipeline {
    private let format: FrameFormat
    private let works: [FrameWork]
    private let decoder: JPEGDecoder?
    private var picture: Image?
    private var statistics = FrameStatistics()

    /// - Parameter works: one for each batch size; one of batch 1 must be among them.
    init(format: FrameFormat, works: [FrameWork]) throws(Failure) {
        self.format = format
        var works = works
        works.order { $0.batch > $1.batch }
        self.works = works
        decoder = format.format == .mjpeg ? JPEGDecoder() : nil
    }

    func process(_ queue: FrameQueue, isCancelled: () -> Bool) throws(Failure) -> FrameStatistics {
        let begin = monotonicNanoseconds()
        var waiting: [FrameBuffer] = []
        while let first = try queue.next() {
            waiting.append(first)
            while waiting.count < works[0].batch, let more = try queue.nextIfWaiting() { waiting.append(more) }
            while !waiting.isEmpty {
                guard let work = works.first(where: { $0.batch <= waiting.count }) else {
                    throw Failure(.unsupported, "the model has no program for one image at a time")
                }
                try run(work, waiting[0..<work.batch])
                for _ in 0..<work.batch { queue.recycle(waiting.removeFirst()) }
            }
            if isCancelled() { break }
        }
        statistics.wallNanoseconds = monotonicNanoseconds() - begin
        statistics.dropped = queue.dropped
        return statistics
    }

    private func run(_ work: FrameWork, _ frames: ArraySlice<FrameBuffer>) throws(Failure) {
        let start = monotonicNanoseconds()
        // Formats as loaded: a JPEG frame has been decoded, and may be smaller. nil for a damaged one.
        var loaded: [FrameFormat?] = []
        for (slot, buffer) in frames.enumerated() {
            statistics.readNanoseconds += buffer.readNanoseconds
            loaded.append(load(work, buffer, slot))
        }
        let converted = monotonicNanoseconds()
        try work.run()
        let computed = monotonicNanoseconds()
        for (slot, format) in loaded.enumerated() {
            if let format { try work.finish(slot, statistics.frames, format) } else { statistics.damaged += 1 }
            statistics.frames += 1
        }
        statistics.runs += 1
        statistics.convertNanoseconds += converted - start
        statistics.networkNanoseconds += computed - converted
        statistics.postNanoseconds += monotonicNanoseconds() - computed
    }

    private func load(_ work: FrameWork, _ buffer: FrameBuffer, _ slot: Int) -> FrameFormat? {
        guard format.format == .mjpeg else {
            work.load(buffer.bytes, format, slot)
            return format
        }
        let bytes = UnsafeRawBufferPointer(start: buffer.bytes, count: buffer.count)
        guard let image = try? decoder?.decode(bytes, name: "frame", atLeast: work.decodeSize, reuse: picture) else { return nil }
        picture = image
        let decoded = FrameFormat(width: image.width, height: image.height, format: .rgb24)
        work.load(image.pixels, decoded, slot)
        return decoded
    }
}
