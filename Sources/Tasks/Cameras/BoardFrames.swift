import Board
import Platform
import Vision

/// Frames of a camera of the board, or of the simulated one.
final class BoardFrames: FrameSource {
    private let camera: any Camera
    private let format: FrameFormat?
    private(set) var damaged: UInt32 = 0

    /// - Throws: where its frames have a size that no model takes.
    init(_ camera: any Camera) throws(Failure) {
        self.camera = camera
        let own = camera.format
        var format: FrameFormat?
        if own.encoding != .mjpeg, let pixels = PixelFormat(name: own.encoding.name) {
            let raw = FrameFormat(width: own.width, height: own.height, format: pixels)
            try raw.check()
            format = raw
        }
        self.format = format
    }

    var title: String {
        let own = camera.format
        let rate = own.rateHertz > 0 ? ", \(fixed(own.rateHertz, decimals: 1)) frames/s" : ""
        return "\(camera.name), \(own.width)x\(own.height) \(own.encoding.name)" + rate
    }

    var lost: UInt32 { camera.lost }

    func next(into frame: TaskFrame, withinNanoseconds nanoseconds: Int64) throws(Failure) -> FrameArrival {
        try frame.buffer.reserve(camera.largestFrameBytes)
        let room = UnsafeMutableRawBufferPointer(start: frame.buffer.bytes, count: camera.largestFrameBytes)
        guard let taken = try camera.read(into: room, withinNanoseconds: nanoseconds) else { return .nothing }
        guard !taken.isDamaged, format == nil || taken.byteCount >= format!.frameBytes else {
            damaged &+= 1
            return .nothing
        }
        frame.buffer.count = taken.byteCount
        frame.time = taken.timestampNanoseconds
        frame.format = format
        return .frame
    }
}
