import Platform

/// How a camera's frames lie in memory, rows without gaps.
public enum CameraEncoding: UInt8, Sendable, CaseIterable {
    /// Packed 4:2:2, two bytes a pixel.
    case yuyv, uyvy
    /// 4:2:0: a plane of Y, then U and V in pairs, or a plane each.
    case nv12, i420
    /// Packed red, green, blue.
    case rgb24
    case grey
    /// A JPEG picture each.
    case mjpeg

    /// As configurations have it: "yuyv".
    public var name: String {
        switch self {
        case .yuyv: "yuyv"
        case .uyvy: "uyvy"
        case .nv12: "nv12"
        case .i420: "i420"
        case .rgb24: "rgb24"
        case .grey: "grey"
        case .mjpeg: "mjpeg"
        }
    }

    /// By its `name`; nil: not known.
    public init?(name: String) {
        for encoding in CameraEncoding.allCases where encoding.name == name {
            self = encoding
            return
        }
        return nil
    }

    /// Bytes of a frame without gaps; 0 for `mjpeg`, whose pictures say themselves.
    public func frameBytes(width: Int, height: Int) -> Int {
        switch self {
        case .yuyv, .uyvy: width * height * 2
        case .nv12, .i420: width * height * 3 / 2
        case .rgb24: width * height * 3
        case .grey: width * height
        case .mjpeg: 0
        }
    }
}

/// What is asked for when a camera is opened.
public struct CameraRequest: Sendable {
    /// "video0", "/dev/video0"; "simulated".
    public var device = "video0"
    public var width = 640
    public var height = 480
    /// Preferred; a camera that hasn't it gives another.
    public var encoding = CameraEncoding.yuyv
    /// Frames a second, at most.
    public var rateHertz: Float = 30

    public init() {}
}

/// What a camera and its driver agreed to.
public struct CameraFormat: Sendable, Equatable {
    public var width: Int
    public var height: Int
    public var encoding: CameraEncoding
    /// Frames a second; 0 where the driver doesn't say.
    public var rateHertz: Float

    public init(width: Int, height: Int, encoding: CameraEncoding, rateHertz: Float) {
        self.width = width
        self.height = height
        self.encoding = encoding
        self.rateHertz = rateHertz
    }
}

/// A frame that was read.
public struct CameraFrame: Sendable, Equatable {
    public var byteCount: Int
    /// When it was taken, monotonic nanoseconds.
    public var timestampNanoseconds: Int64
    /// The driver says that its data are damaged.
    public var isDamaged: Bool

    public init(byteCount: Int, timestampNanoseconds: Int64, isDamaged: Bool = false) {
        self.byteCount = byteCount
        self.timestampNanoseconds = timestampNanoseconds
        self.isDamaged = isDamaged
    }
}

/// An open camera. One thread reads it.
public protocol Camera: AnyObject {
    /// For people.
    var name: String { get }
    var format: CameraFormat { get }
    /// What a frame may take at most; room for it is handed to `read`.
    var largestFrameBytes: Int { get }
    /// Frames that were lost because nobody took them in time.
    var lost: UInt32 { get }
    /// Waits for a frame, no longer than `nanoseconds`, and copies the newest one; nil where none came. Allocates nothing
    /// unless it fails.
    /// - Throws: `.inputOutput` where the device is gone or broken; only opening it again helps then.
    func read(into frame: UnsafeMutableRawBufferPointer, withinNanoseconds nanoseconds: Int64) throws(Failure) -> CameraFrame?
}
