import CLinux
import Platform

/// A picture in memory: packed RGB, one byte a channel, rows without gaps.
public final class Image: @unchecked Sendable {
    public let width: Int
    public let height: Int
    /// width * height * 3 bytes: red, green, blue.
    public let pixels: UnsafeMutablePointer<UInt8>

    /// Bytes of `pixels`.
    public var byteCount: Int { width * height * 3 }

    /// A picture of undefined contents.
    /// - Throws: `.resource` where the system refuses the memory.
    public init(width: Int, height: Int) throws(Failure) {
        precondition(width > 0 && height > 0 && width <= ImageLimits.side * 2 && height <= ImageLimits.side * 2)
        guard let memory = malloc(width * height * 3) else {
            throw Failure(.resource, "no memory for a picture of \(width)x\(height); close other programs or use a smaller picture")
        }
        self.width = width
        self.height = height
        pixels = memory.bindMemory(to: UInt8.self, capacity: width * height * 3)
    }

    deinit { free(pixels) }

    /// Sets every pixel to one colour.
    public func fill(red: UInt8, green: UInt8, blue: UInt8) {
        for pixel in 0..<width * height {
            pixels[pixel * 3] = red
            pixels[pixel * 3 + 1] = green
            pixels[pixel * 3 + 2] = blue
        }
    }
}

/// What a picture may be before it is decoded: a few bytes of header can claim gigabytes.
public enum ImageLimits {
    /// Pixels a side.
    public static let side = 16384
    /// Pixels in all.
    public static let pixels = 64 << 20
    /// Bytes of a file.
    public static let fileBytes = 128 << 20
    /// Bytes of coefficients that a progressive JPEG's decoder keeps.
    public static let coefficientBytes = 256 << 20
    /// Pixels times scans of a progressive JPEG: each scan goes through the whole picture.
    public static let scannedPixels = 1 << 30

    static func check(width: Int, height: Int, name: String) throws(Failure) {
        guard width > 0, height > 0 else {
            throw Failure(.badFormat, "\(name): says it is \(width)x\(height) pixels; the file is damaged")
        }
        guard width <= side, height <= side, width * height <= pixels else {
            throw Failure(.unsupported,
                "\(name): \(width)x\(height) is larger than the limit of \(side) pixels a side and \(pixels >> 20) megapixels; shrink it "
                    + "first")
        }
    }
}
