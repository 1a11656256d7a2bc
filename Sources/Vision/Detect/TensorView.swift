/// A network's output as numbers, whatever its element type.
public struct TensorView {
    public enum Element: Sendable, Equatable {
        case float32
        case int8(scale: Float, zeroPoint: Int32)
    }

    public var base: UnsafeRawPointer
    public var element: Element
    public var pixels: Int
    public var channels: Int
    /// Elements from one pixel to the next.
    public var pixelStride: Int

    /// A view of memory that must live longer; pixels are dense where `pixelStride` is nil.
    public init(base: UnsafeRawPointer, element: Element, pixels: Int, channels: Int, pixelStride: Int? = nil) {
        self.base = base
        self.element = element
        self.pixels = pixels
        self.channels = channels
        self.pixelStride = pixelStride ?? channels
    }

    /// Elements in all, in order.
    public var count: Int { pixels * channels }

    public subscript(_ pixel: Int, _ channel: Int) -> Float {
        let index = pixel * pixelStride + channel
        switch element {
        case .float32: return base.load(fromByteOffset: index * 4, as: Float.self)
        case .int8(let scale, let zeroPoint): return scale * Float(Int32(base.load(fromByteOffset: index, as: Int8.self)) - zeroPoint)
        }
    }

    /// Element `index` of all, row by row.
    public subscript(_ index: Int) -> Float { self[index / channels, index % channels] }
}
