import CImage
import CLinux
import Platform

/// PNG through libpng's simplified interface, which turns every kind (grey, palette, alpha, 16 bits) into RGB.
enum PNG {
    /// Transparent pixels are laid over white, as on a page.
    static func decode(_ bytes: UnsafeRawBufferPointer, name: String) throws(Failure) -> Image {
        var header = png_image()
        header.version = png_uint_32(PNG_IMAGE_VERSION)
        defer { png_image_free(&header) }
        guard png_image_begin_read_from_memory(&header, bytes.baseAddress, bytes.count) != 0 else {
            throw Failure(.badFormat, "\(name): damaged PNG: \(message(of: header))")
        }
        try ImageLimits.check(width: Int(header.width), height: Int(header.height), name: name)
        header.format = formatRGB
        header.flags |= flagSixteenBitsAreSRGB
        let image = try Image(width: Int(header.width), height: Int(header.height))
        var background = png_color(red: 255, green: 255, blue: 255)
        guard png_image_finish_read(&header, &background, image.pixels, png_int_32(image.width * 3), nil) != 0 else {
            throw Failure(.badFormat, "\(name): damaged or truncated PNG: \(message(of: header))")
        }
        return image
    }

    static func write(_ image: Image, path: String) throws(Failure) {
        var header = png_image()
        header.version = png_uint_32(PNG_IMAGE_VERSION)
        header.width = png_uint_32(image.width)
        header.height = png_uint_32(image.height)
        header.format = formatRGB
        defer { png_image_free(&header) }
        // Made in memory: a picture that is there already stays until the new one is whole.
        var count = image_png_bound(&header)
        var isMade = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            isMade = png_image_write_to_memory(&header, buffer.baseAddress, &count, 0, image.pixels, png_int_32(image.width * 3), nil) != 0
            used = isMade ? count : 0
        }
        guard isMade else { throw Failure(.resource, "\(path): the picture can't be written: \(message(of: header))") }
        try File.writeAtomically(path, bytes)
    }

    // PNG_FORMAT_RGB and PNG_IMAGE_FLAG_16BIT_sRGB: macros that Swift does not import.
    private static let formatRGB: png_uint_32 = 2
    private static let flagSixteenBitsAreSRGB: png_uint_32 = 4

    private static func message(of header: png_image) -> String {
        var text = header.message
        return withUnsafeBytes(of: &text) { bytes in
            var end = 0
            while end < bytes.count, bytes[end] != 0 { end += 1 }
            return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[0..<end]), as: UTF8.self)
        }
    }
}
