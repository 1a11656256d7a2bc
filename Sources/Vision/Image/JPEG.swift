import CImage
import CLinux
import Platform

/// JPEG through libjpeg-turbo's TurboJPEG interface.
enum JPEG {
    static func decode(_ bytes: UnsafeRawBufferPointer, name: String, atLeast: (width: Int, height: Int)?) throws(Failure) -> Image {
        guard let decoder = JPEGDecoder() else { throw Failure(.resource, "\(name): no memory for a JPEG decoder") }
        return try decoder.decode(bytes, name: name, atLeast: atLeast)
    }
}

/// One decompressor, for one thread at a time; video keeps one and its picture from frame to frame.
public final class JPEGDecoder {
    private let handle: tjhandle

    /// nil without memory.
    public init?() {
        guard let handle = tjInitDecompress() else { return nil }
        self.handle = handle
    }

    deinit { tjDestroy(handle) }

    /// Decodes to RGB. `reuse` takes the pixels where its size is right, so that video allocates nothing.
    public func decode(_ bytes: UnsafeRawBufferPointer, name: String, atLeast: (width: Int, height: Int)?, reuse: Image? = nil) throws(Failure) -> Image {
        let (width, height, colourSpace) = try header(bytes, name: name)
        let markers = JPEGMarkers(bytes)
        let pixels = width * height
        let fourComponents = colourSpace == Int32(TJCS_CMYK.rawValue) || colourSpace == Int32(TJCS_YCCK.rawValue)
        if markers.keepsCoefficients {
            guard pixels * (fourComponents ? 8 : 6) <= ImageLimits.coefficientBytes, pixels * markers.scans <= ImageLimits.scannedPixels else {
                throw Failure(.unsupported, "\(name): a progressive JPEG of \(width)x\(height) with \(markers.scans) scans needs too much memory or time; save it as a baseline JPEG")
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
            try decodeFourComponents(bytes, into: image, name: name)
        } else {
            try decompress(bytes, into: image.pixels, image: image, format: TJPF_RGB, name: name)
        }
        return try image.upright(orientation: markers.orientation)
    }

    /// Width and height of the upright picture.
    func size(_ bytes: UnsafeRawBufferPointer, name: String) throws(Failure) -> (width: Int, height: Int) {
        let (width, height, _) = try header(bytes, name: name)
        return JPEGMarkers(bytes).orientation >= 5 ? (height, width) : (width, height)
    }

    private func header(_ bytes: UnsafeRawBufferPointer, name: String) throws(Failure) -> (width: Int, height: Int, colourSpace: Int32) {
        var width: Int32 = 0, height: Int32 = 0, subsampling: Int32 = 0, colourSpace: Int32 = 0
        guard tjDecompressHeader3(handle, bytes.bindMemory(to: UInt8.self).baseAddress, CUnsignedLong(bytes.count), &width, &height, &subsampling, &colourSpace) == 0 else {
            throw Failure(.badFormat, "\(name): damaged JPEG: \(message)")
        }
        try ImageLimits.check(width: Int(width), height: Int(height), name: name)
        return (Int(width), Int(height), colourSpace)
    }

    private func decompress(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<UInt8>, image: Image, format: TJPF, name: String) throws(Failure) {
        let source = bytes.bindMemory(to: UInt8.self).baseAddress
        let status = tjDecompress2(handle, source, CUnsignedLong(bytes.count), target, Int32(image.width), 0, Int32(image.height),
                                   Int32(format.rawValue), TJFLAG_LIMITSCANS)
        if status == 0 { return }
        // Stray bytes between segments are common in cameras' files and harmless. Any other warning means that a
        // part of the picture is missing or wrong, and a wrong picture gives wrong names: an error.
        if tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue), contains(message, "extraneous bytes") { return }
        throw Failure(.badFormat, "\(name): damaged or truncated JPEG: \(message)")
    }

    /// CMYK as printers' programs store it (Adobe: inverted, so a channel is ink * black / 255).
    private func decodeFourComponents(_ bytes: UnsafeRawBufferPointer, into image: Image, name: String) throws(Failure) {
        let count = image.width * image.height
        guard let inks = malloc(count * 4)?.bindMemory(to: UInt8.self, capacity: count * 4) else {
            throw Failure(.resource, "\(name): no memory for a picture of \(image.width)x\(image.height)")
        }
        defer { free(inks) }
        try decompress(bytes, into: inks, image: image, format: TJPF_CMYK, name: name)
        for pixel in 0..<count {
            let black = Int(inks[pixel * 4 + 3])
            for channel in 0..<3 {
                image.pixels[pixel * 3 + channel] = UInt8(truncatingIfNeeded: (Int(inks[pixel * 4 + channel]) * black + 127) / 255)
            }
        }
    }

    private var message: String {
        guard let text = tjGetErrorStr2(handle) else { return "unknown error" }
        return String(cString: text)
    }
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

/// Whether `text` contains `part`; Embedded Swift has no string search.
func contains(_ text: String, _ part: String) -> Bool {
    let text = Array(text.utf8), part = Array(part.utf8)
    guard text.count >= part.count else { return false }
    search: for start in 0...text.count - part.count {
        for index in 0..<part.count where text[start + index] != part[index] { continue search }
        return true
    }
    return false
}
