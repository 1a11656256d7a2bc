import CImage
import CLinux
import Platform

/// JPEG through libjpeg-turbo's decoder.
enum JPEG {
    static func decode(_ bytes: UnsafeRawBufferPointer, name: String, atLeast: (width: Int, height: Int)?) throws(Failure) -> Image {
        guard let decoder = JPEGDecoder() else { throw Failure(.resource, "\(name): no memory for a JPEG decoder") }
        return try decoder.decode(bytes, name: name, atLeast: atLeast)
    }
}

/// One decompressor, for one thread at a time; video keeps one and its picture from frame to frame.
public final class JPEGDecoder {
    private let reader: OpaquePointer

    /// nil without memory.
    public init?() {
        guard let reader = jpeg_reader_create() else { return nil }
        self.reader = reader
    }

    deinit { jpeg_reader_destroy(reader) }

    /// Decodes to RGB. `reuse` takes the pixels where its size is right, so that video allocates nothing.
    public func decode(_ bytes: UnsafeRawBufferPointer, name: String, atLeast: (width: Int, height: Int)?,
                       reuse: Image? = nil) throws(Failure) -> Image {
        let (width, height, components) = try header(bytes, name: name)
        let markers = JPEGMarkers(bytes)
        let pixels = width * height
        let fourComponents = components == 4
        if markers.keepsCoefficients {
            guard pixels * (fourComponents ? 8 : 6) <= ImageLimits.coefficientBytes,
                  Int64(pixels) * Int64(markers.scans) <= Int64(ImageLimits.scannedPixels) else {
                throw Failure(.unsupported,
                    "\(name): a progressive JPEG of \(width)x\(height) with \(markers.scans) scans needs too much memory or time; save it "
                        + "as a baseline JPEG")
            }
        }
        let scale = JPEGScale.smallest(width: width, height: height, atLeast: atLeast, turned: markers.orientation >= 5)
        let scaledWidth = scale.of(width), scaledHeight = scale.of(height)
        let image: Image
        if let reuse, reuse.width == scaledWidth, reuse.height == scaledHeight, markers.orientation == 1 {
            image = reuse
        } else {
            image = try Image(width: scaledWidth, height: scaledHeight)
        }
        if fourComponents {
            try decodeFourComponents(bytes, into: image, scale: scale, name: name)
        } else {
            try decompress(bytes, into: image.pixels, image: image, scale: scale, name: name)
        }
        return try image.upright(orientation: markers.orientation)
    }

    /// Width and height of the upright picture.
    func size(_ bytes: UnsafeRawBufferPointer, name: String) throws(Failure) -> (width: Int, height: Int) {
        let (width, height, _) = try header(bytes, name: name)
        return JPEGMarkers(bytes).orientation >= 5 ? (height, width) : (width, height)
    }

    private func header(_ bytes: UnsafeRawBufferPointer, name: String) throws(Failure) -> (width: Int, height: Int, components: Int32) {
        var width: Int32 = 0, height: Int32 = 0, components: Int32 = 0
        guard jpeg_reader_header(reader, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &width, &height, &components)
              == 0 else {
            throw Failure(.badFormat, "\(name): damaged JPEG: \(message)")
        }
        try ImageLimits.check(width: Int(width), height: Int(height), name: name)
        return (Int(width), Int(height), components)
    }

    private func decompress(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<UInt8>, image: Image, scale: JPEGScale,
                            name: String) throws(Failure) {
        let source = bytes.bindMemory(to: UInt8.self).baseAddress
        guard jpeg_reader_decode(reader, source, bytes.count, Int32(scale.eighths), target, Int32(image.width), Int32(image.height))
              == 0 else {
            throw Failure(.badFormat, "\(name): damaged or truncated JPEG: \(message)")
        }
    }

    /// CMYK as printers' programs store it (Adobe: inverted, so a channel is ink * black / 255).
    private func decodeFourComponents(_ bytes: UnsafeRawBufferPointer, into image: Image, scale: JPEGScale, name: String) throws(Failure) {
        let count = image.width * image.height
        guard let inks = malloc(count * 4)?.bindMemory(to: UInt8.self, capacity: count * 4) else {
            throw Failure(.resource, "\(name): no memory for a picture of \(image.width)x\(image.height)")
        }
        defer { free(inks) }
        try decompress(bytes, into: inks, image: image, scale: scale, name: name)
        for pixel in 0..<count {
            let black = Int(inks[pixel * 4 + 3])
            for channel in 0..<3 {
                image.pixels[pixel * 3 + channel] = UInt8(truncatingIfNeeded: (Int(inks[pixel * 4 + channel]) * black + 127) / 255)
            }
        }
    }

    private var message: String { String(cString: jpeg_reader_message(reader)) }
}

/// The scales at which a JPEG is decoded: an eighth, a quarter, half, whole. The decoder offers every eighth, but
/// those between have no vector code: 6/8 takes longer than the whole.
struct JPEGScale {
    var eighths: Int

    /// As the decoder rounds: up.
    func of(_ side: Int) -> Int { (side * eighths + 7) / 8 }

    static func smallest(width: Int, height: Int, atLeast: (width: Int, height: Int)?, turned: Bool) -> JPEGScale {
        guard let atLeast else { return JPEGScale(eighths: 8) }
        let neededWidth = turned ? atLeast.height : atLeast.width
        let neededHeight = turned ? atLeast.width : atLeast.height
        for eighths in [1, 2, 4] {
            let scale = JPEGScale(eighths: eighths)
            if scale.of(width) >= neededWidth && scale.of(height) >= neededHeight { return scale }
        }
        return JPEGScale(eighths: 8)
    }
}
