import Platform
import Vision

/// A camera's frames as one task's input.
final class CameraInput: TaskInput {
    private let camera: CameraLoop
    private let decoder: JPEGDecoder?
    private var decoded: Image?

    init(_ camera: CameraLoop) {
        self.camera = camera
        decoder = JPEGDecoder()
    }

    func release(_ number: Int) { camera.release(number) }

    func load(_ number: Int, into model: TaskModel) -> Bool {
        guard case .picture(let picture) = model else { return false }
        let frame = camera.frame(number)
        if let format = frame.format {
            picture.load(frame: frame.buffer.bytes, format: format)
            return true
        }
        let bytes = UnsafeRawBufferPointer(start: frame.buffer.bytes, count: frame.buffer.count)
        guard let image = decode(bytes, atLeast: picture.input.decodeSize) else { return false }
        picture.load(frame: image.pixels, format: FrameFormat(width: image.width, height: image.height, format: .rgb24))
        return true
    }

    private func decode(_ bytes: UnsafeRawBufferPointer, atLeast size: (width: Int, height: Int)) -> Image? {
        guard bytes.count > 3 else { return nil }
        if bytes[0] == 0xFF {
            decoded = try? decoder?.decode(bytes, name: "frame", atLeast: size, reuse: decoded)
            return decoded
        }
        return try? ImageFile.decode(bytes, name: "frame")
    }
}
