import Platform

/// How a frame's bytes are laid out. Sizes are even except for RGB and grey.
public enum PixelFormat: UInt8, Sendable, CaseIterable {
    /// Packed 4:2:2: Y U Y V.
    case yuyv
    /// Packed 4:2:2: U Y V Y.
    case uyvy
    /// 4:2:0: a plane of Y, then a plane of U V pairs.
    case nv12
    /// 4:2:0: planes of Y, U and V.
    case i420
    /// Packed red, green, blue.
    case rgb24
    case grey
    /// A stream of JPEG pictures.
    case mjpeg

    public var name: String { PixelFormat.names[Int(rawValue)] }

    /// By one of `names`; nil: not known.
    public init?(name: String) {
        guard let index = PixelFormat.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt8(index))
    }

    public static let names = ["yuyv", "uyvy", "nv12", "i420", "rgb24", "grey", "mjpeg"]
}

/// The standard that relates YUV to RGB.
public enum ColourMatrix: UInt8, Sendable {
    /// Standard definition and most USB cameras: limited range (Y 16...235).
    case bt601Limited
    /// JPEG and cameras in full-range mode.
    case bt601Full
    /// High-definition video, limited range.
    case bt709Limited
}

/// What a frame is: enough to read it.
public struct FrameFormat: Sendable, Equatable {
    public var width: Int
    public var height: Int
    public var format: PixelFormat
    public var matrix: ColourMatrix

    public init(width: Int, height: Int, format: PixelFormat, matrix: ColourMatrix = .bt601Limited) {
        self.width = width
        self.height = height
        self.format = format
        self.matrix = matrix
    }

    /// Bytes of one frame; 0 for MJPEG, whose pictures say themselves.
    public var frameBytes: Int {
        let pixels = width * height
        switch format {
        case .yuyv, .uyvy: return pixels * 2
        case .nv12, .i420: return pixels * 3 / 2
        case .rgb24: return pixels * 3
        case .grey: return pixels
        case .mjpeg: return 0
        }
    }

    /// - Throws: `.usage` where the size is out of limits or odd where the format needs it even.
    public func check() throws(Failure) {
        guard width > 0, height > 0, width <= ImageLimits.side, height <= ImageLimits.side, width * height <= ImageLimits.pixels else {
            throw Failure(.usage, "frames of \(width)x\(height) are outside the limit of \(ImageLimits.side) pixels a side")
        }
        switch format {
        case .yuyv, .uyvy, .nv12, .i420:
            guard width % 2 == 0, height % 2 == 0 else {
                throw Failure(.usage, "frames of \(width)x\(height): \(format.name) needs an even width and height")
            }
        case .rgb24, .grey, .mjpeg: break
        }
    }

    /// Rows of bytes that hold one or more components: what the resampler reads.
    var planes: [FramePlane] {
        let half = width / 2, pixels = width * height
        switch format {
        case .yuyv:
            return [FramePlane(offset: 0, rowBytes: width * 2, rows: height, components: [
                .init(slot: 0, offset: 0, step: 2, count: width), .init(slot: 1, offset: 1, step: 4, count: half),
                    .init(slot: 2, offset: 3, step: 4, count: half),
            ])]
        case .uyvy:
            return [FramePlane(offset: 0, rowBytes: width * 2, rows: height, components: [
                .init(slot: 0, offset: 1, step: 2, count: width), .init(slot: 1, offset: 0, step: 4, count: half),
                    .init(slot: 2, offset: 2, step: 4, count: half),
            ])]
        case .nv12:
            return [FramePlane(offset: 0, rowBytes: width, rows: height, components: [.init(slot: 0, offset: 0, step: 1, count: width)]),
                    FramePlane(offset: pixels, rowBytes: width, rows: height / 2, components: [
                        .init(slot: 1, offset: 0, step: 2, count: half), .init(slot: 2, offset: 1, step: 2, count: half),
                    ])]
        case .i420:
            return [FramePlane(offset: 0, rowBytes: width, rows: height, components: [.init(slot: 0, offset: 0, step: 1, count: width)]),
                    FramePlane(offset: pixels, rowBytes: half, rows: height / 2,
                               components: [.init(slot: 1, offset: 0, step: 1, count: half)]),
                    FramePlane(offset: pixels + pixels / 4, rowBytes: half, rows: height / 2,
                               components: [.init(slot: 2, offset: 0, step: 1, count: half)])]
        case .rgb24, .mjpeg:
            return [FramePlane(offset: 0, rowBytes: width * 3, rows: height, components: [
                .init(slot: 0, offset: 0, step: 3, count: width), .init(slot: 1, offset: 1, step: 3, count: width),
                    .init(slot: 2, offset: 2, step: 3, count: width),
            ])]
        case .grey:
            return [FramePlane(offset: 0, rowBytes: width, rows: height, components: [.init(slot: 0, offset: 0, step: 1, count: width)])]
        }
    }
}

/// A run of rows in a frame.
struct FramePlane {
    var offset, rowBytes, rows: Int
    var components: [Component]

    /// One component in a row: byte `offset + index * step` for index in 0..<count. `slot` 0 is Y or red, 1 U or
    /// green, 2 V or blue.
    struct Component {
        var slot, offset, step, count: Int
    }
}
