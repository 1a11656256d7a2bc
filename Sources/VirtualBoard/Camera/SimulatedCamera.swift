import Board
import CLinux
import Platform

/// A camera without a lens: a bright square that walks over a gradient, grey, one step a frame, the same for every run. Frames
/// come at the request's rate by the clock it is given; who doesn't take one before the next loses it.
public final class SimulatedCamera: Camera {
    public let name = "Simulated camera"
    public let format: CameraFormat
    public private(set) var lost: UInt32 = 0
    private let now: () -> Int64
    private let start: Int64
    private let interval: Int64
    private var taken: Int64 = 0

    /// - Parameter now: monotonic nanoseconds.
    /// - Throws: `.inputOutput` where the size or the encoding is none that it has.
    public init(_ request: CameraRequest, now: @escaping () -> Int64) throws(Failure) {
        guard (16...4096).contains(request.width), (16...4096).contains(request.height), request.encoding != .mjpeg else {
            throw Failure(.inputOutput, "the simulated camera has frames from 16x16 to 4096x4096, all encodings but mjpeg")
        }
        format = CameraFormat(width: request.width & ~1, height: request.height & ~1, encoding: request.encoding,
                              rateHertz: max(0.1, min(1000, request.rateHertz)))
        self.now = now
        start = now()
        interval = Int64(1e9 / Double(format.rateHertz))
    }

    public var largestFrameBytes: Int { format.encoding.frameBytes(width: format.width, height: format.height) }

    public func read(into frame: UnsafeMutableRawBufferPointer, withinNanoseconds nanoseconds: Int64) throws(Failure) -> CameraFrame? {
        guard frame.count >= largestFrameBytes else { return nil }
        let deadline = now() + nanoseconds
        while true {
            let time = now(), newest = (time - start) / interval
            if newest > taken {
                lost &+= UInt32(truncatingIfNeeded: newest - taken - 1)
                taken = newest
                draw(number: Int(newest), into: frame.bindMemory(to: UInt8.self))
                return CameraFrame(byteCount: largestFrameBytes, timestampNanoseconds: start + newest * interval)
            }
            guard time < deadline else { return nil }
            let wait = min(deadline, start + (taken + 1) * interval) - time
            usleep(UInt32(clamping: max(50, min(10_000_000, wait) / 1000)))
        }
    }

    /// One brightness for the whole picture but the square; chroma is neutral.
    private func draw(number: Int, into bytes: UnsafeMutableBufferPointer<UInt8>) {
        let side = min(format.width, format.height) / 4
        let left = number * 4 % (format.width - side), top = number * 2 % (format.height - side)
        func brightness(_ x: Int, _ y: Int) -> UInt8 {
            if x >= left, x < left + side, y >= top, y < top + side { return 235 }
            return UInt8(truncatingIfNeeded: 16 + 128 * (x + y) / (format.width + format.height))
        }
        let pixels = format.width * format.height
        for y in 0..<format.height {
            for x in 0..<format.width {
                let place = y * format.width + x, value = brightness(x, y)
                switch format.encoding {
                case .yuyv: (bytes[place * 2], bytes[place * 2 + 1]) = (value, 128)
                case .uyvy: (bytes[place * 2], bytes[place * 2 + 1]) = (128, value)
                case .rgb24: (bytes[place * 3], bytes[place * 3 + 1], bytes[place * 3 + 2]) = (value, value, value)
                case .nv12, .i420, .grey, .mjpeg: bytes[place] = value
                }
            }
        }
        if format.encoding == .nv12 || format.encoding == .i420 {
            for index in pixels..<largestFrameBytes { bytes[index] = 128 }
        }
    }
}
