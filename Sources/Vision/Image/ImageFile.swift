import CLinux
import Platform

/// Picture files: JPEG and PNG in, PNG out.
public enum ImageFile {
    /// Decodes the picture at `path` to RGB, upright (EXIF orientation applied).
    /// - Parameter atLeast: the size needed, in upright pixels: a JPEG is decoded at the smallest of its scales that
    ///   still covers it both ways. nil: full size.
    /// - Throws: one line that names the file: `.inputOutput`, `.badFormat` (damaged or cut short), `.unsupported`
    ///   (another format, or beyond `ImageLimits`), `.resource`.
    public static func decode(path: String, atLeast: (width: Int, height: Int)? = nil) throws(Failure) -> Image {
        let file = try FileContents(path: path, limit: ImageLimits.fileBytes)
        return try decode(UnsafeRawBufferPointer(start: file.bytes, count: file.count), name: path, atLeast: atLeast)
    }

    /// The same for a file that is already in memory; `name` is for messages.
    public static func decode(_ bytes: UnsafeRawBufferPointer, name: String, atLeast: (width: Int, height: Int)? = nil) throws(Failure)
        -> Image {
        if bytes.count >= 3, bytes[0] == 0xFF, bytes[1] == 0xD8, bytes[2] == 0xFF {
            return try JPEG.decode(bytes, name: name, atLeast: atLeast)
        }
        if bytes.count >= 8, bytes[0] == 0x89, bytes[1] == 0x50, bytes[2] == 0x4E, bytes[3] == 0x47 {
            return try PNG.decode(bytes, name: name)
        }
        throw Failure(.unsupported, "\(name): neither a JPEG nor a PNG picture")
    }

    /// Width and height of the upright picture, without decoding it.
    public static func size(_ bytes: UnsafeRawBufferPointer, name: String) throws(Failure) -> (width: Int, height: Int) {
        if bytes.count >= 24, bytes[0] == 0x89 {
            // IHDR is always first: width and height at 16, most significant byte first.
            func side(_ at: Int) -> Int { Int(bytes[at]) << 24 | Int(bytes[at + 1]) << 16 | Int(bytes[at + 2]) << 8 | Int(bytes[at + 3]) }
            return (side(16), side(20))
        }
        guard let decoder = JPEGDecoder() else { throw Failure(.resource, "\(name): no memory for a JPEG decoder") }
        return try decoder.size(bytes, name: name)
    }

    /// Writes `image` as a PNG.
    public static func writePNG(_ image: Image, path: String) throws(Failure) {
        try PNG.write(image, path: path)
    }
}
