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
    public static func decode(_ bytes: UnsafeRawBufferPointer, name: String, atLeast: (width: Int, height: Int)? = nil) throws(Failure) -> Image {
        if bytes.count >= 3, bytes[0] == 0xFF, bytes[1] == 0xD8, bytes[2] == 0xFF {
            return try JPEG.decode(bytes, name: name, atLeast: atLeast)
        }
        if bytes.count >= 8, bytes[0] == 0x89, bytes[1] == 0x50, bytes[2] == 0x4E, bytes[3] == 0x47 {
            return try PNG.decode(bytes, name: name)
        }
        throw Failure(.unsupported, "\(name): neither a JPEG nor a PNG picture")
    }

    /// Writes `image` as a PNG.
    public static func writePNG(_ image: Image, path: String) throws(Failure) {
        try PNG.write(image, path: path)
    }
}
