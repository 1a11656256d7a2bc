/// A colour.
public struct Colour: Sendable, Equatable {
    public var red, green, blue: UInt8

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// Clearly different colours for neighbouring classes.
    public static func ofClass(_ index: Int) -> Colour { palette[index % palette.count] }

    private static let palette = [
        Colour(230, 57, 70), Colour(42, 157, 143), Colour(244, 162, 97), Colour(69, 123, 230), Colour(155, 93, 229), Colour(0, 187, 249),
        Colour(241, 91, 181), Colour(106, 176, 76), Colour(254, 228, 64), Colour(188, 108, 37),
    ]

    /// Black or white, whichever reads better on it.
    var ink: Colour { Int(red) * 77 + Int(green) * 150 + Int(blue) * 29 > 140 * 256 ? Colour(0, 0, 0) : Colour(255, 255, 255) }
}

extension Image {
    /// Draws boxes with their names, thick and large enough to read at the picture's size.
    public func draw(_ detections: [Detection], name: (Int) -> String) {
        let scale = max(min(width, height) < 200 ? 1 : 2, min(8, (min(width, height) + 150) / 300))
        // The best last, so that it lies on top.
        for place in stride(from: detections.count - 1, through: 0, by: -1) {
            let detection = detections[place]
            let colour = Colour.ofClass(detection.index)
            frame(detection.box, thickness: scale + 1, colour: colour)
            label(name(place), at: detection.box, scale: scale, colour: colour)
        }
    }

    /// The outline of a rectangle, drawn inwards and cut at the picture's edges.
    public func frame(_ box: Rectangle, thickness: Int, colour: Colour) {
        let left = pixel(box.left, width), right = pixel(box.right, width), top = pixel(box.top, height), bottom = pixel(box.bottom, height)
        fill(left, top, right, min(bottom, top + thickness), colour)
        fill(left, max(top, bottom - thickness), right, bottom, colour)
        fill(left, top, min(right, left + thickness), bottom, colour)
        fill(max(left, right - thickness), top, right, bottom, colour)
    }

    /// A text on a patch of `colour`: above the box where there is room, else inside it.
    public func label(_ text: String, at box: Rectangle, scale: Int, colour: Colour) {
        let margin = scale * 2
        let patchHeight = Font.rows * scale + margin * 2
        let patchWidth = text.unicodeScalars.count * Font.advance * scale + margin * 2 - scale
        let boxTop = pixel(box.top, height)
        let top = boxTop >= patchHeight ? boxTop - patchHeight : boxTop
        let left = max(0, min(pixel(box.left, width), width - patchWidth))
        fill(left, top, left + patchWidth, top + patchHeight, colour)
        write(text, x: left + margin, y: top + margin, scale: scale, colour: colour.ink)
    }

    /// Text from its top left corner; characters beyond ASCII show as a box.
    public func write(_ text: String, x: Int, y: Int, scale: Int, colour: Colour) {
        var left = x
        for scalar in text.unicodeScalars {
            let glyph = Font.glyph(scalar.value < 127 ? UInt8(scalar.value) : 127)
            for row in 0..<Font.rows {
                let line = glyph >> UInt64((Font.rows - 1 - row) * 8) & 0xFF
                for column in 0..<Font.columns where line >> UInt64(Font.columns - 1 - column) & 1 == 1 {
                    fill(left + column * scale, y + row * scale, left + (column + 1) * scale, y + (row + 1) * scale, colour)
                }
            }
            left += Font.advance * scale
            if left >= width { return }
        }
    }

    /// A filled rectangle, cut at the edges.
    public func fill(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ colour: Colour) {
        let left = max(0, left), right = min(width, right)
        guard left < right, top < height, bottom > 0 else { return }
        for y in max(0, top)..<max(max(0, top), min(height, bottom)) {
            for x in left..<right {
                let at = pixels + (y * width + x) * 3
                at[0] = colour.red
                at[1] = colour.green
                at[2] = colour.blue
            }
        }
    }

    private func pixel(_ value: Float, _ limit: Int) -> Int { value.isFinite ? Int(max(0, min(Float(limit), value.rounded()))) : 0 }
}
