/// A rectangle in pixels, edges as real numbers.
public struct Rectangle: Sendable, Equatable {
    public var left, top, right, bottom: Float

    public init(left: Float, top: Float, right: Float, bottom: Float) {
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    /// Pixels from edge to edge; negative where the edges are swapped.
    public var width: Float { right - left }
    public var height: Float { bottom - top }
    /// Square pixels; 0 where a side is negative.
    public var area: Float { max(0, width) * max(0, height) }
}

/// Where the picture went in the network's input: the source rectangle and the input's columns and rows it fills,
/// from the top left.
public struct Placement: Sendable, Equatable {
    public var source: Rectangle
    public var columns: Int
    public var rows: Int

    /// Fits `region` of a picture into an input of `width` x `height`.
    init(fit: ImageFit, region: Rectangle, width: Int, height: Int) {
        source = region
        columns = width
        rows = height
        switch fit {
        case .stretch: break
        case .crop:
            // The largest rectangle of the input's shape, times 0.875, in the middle.
            let scale = min(region.width / Float(width), region.height / Float(height)) * 0.875
            let centerX = (region.left + region.right) / 2, centerY = (region.top + region.bottom) / 2
            let halfWidth = Float(width) * scale / 2, halfHeight = Float(height) * scale / 2
            source = Rectangle(left: centerX - halfWidth, top: centerY - halfHeight, right: centerX + halfWidth,
                               bottom: centerY + halfHeight)
        case .letterbox:
            let scale = min(Float(width) / region.width, Float(height) / region.height)
            columns = max(1, min(width, Int((region.width * scale).rounded())))
            rows = max(1, min(height, Int((region.height * scale).rounded())))
        }
    }

    /// A rectangle in the input's pixels, in the picture's.
    public func toPicture(_ box: Rectangle) -> Rectangle {
        let scaleX = source.width / Float(columns), scaleY = source.height / Float(rows)
        return Rectangle(left: source.left + box.left * scaleX, top: source.top + box.top * scaleY,
                         right: source.left + box.right * scaleX, bottom: source.top + box.bottom * scaleY)
    }
}
