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
    /// Draws boxes with their names, thick and large enough to read at the picture's size. No name covers another while there is
    /// room elsewhere.
    public func draw(_ detections: [Detection], name: (Int) -> String) {
        let side = min(width, height)
        let textHeight = side < 200 ? 12 : max(16, min(64, side / 40 + 6))
        // The best last, so that it lies on top.
        for place in stride(from: detections.count - 1, through: 0, by: -1) {
            frame(detections[place].box, thickness: max(2, textHeight / 6), colour: Colour.ofClass(detections[place].index))
        }
        var layout = LabelLayout(width: width, height: height, textHeight: textHeight)
        let letters = Lettering(height: textHeight)
        for (place, detection) in detections.enumerated() {
            guard let label = layout.place(name(place), at: detection.box) else { continue }
            let colour = Colour.ofClass(detection.index)
            fill(label.left, label.top, label.right, label.bottom, colour)
            write(label.text, x: label.left + layout.margin, y: label.top + layout.margin, letters: letters, colour: colour.ink)
        }
    }

    /// The outline of a rectangle, drawn inwards and cut at the picture's edges.
    public func frame(_ box: Rectangle, thickness: Int, colour: Colour) {
        let left = nearestPixel(box.left, width), right = nearestPixel(box.right, width)
        let top = nearestPixel(box.top, height), bottom = nearestPixel(box.bottom, height)
        fill(left, top, right, min(bottom, top + thickness), colour)
        fill(left, max(top, bottom - thickness), right, bottom, colour)
        fill(left, top, min(right, left + thickness), bottom, colour)
        fill(max(left, right - thickness), top, right, bottom, colour)
    }

    /// Text from its top left corner, blended with what is there; characters beyond ASCII show as a box.
    func write(_ text: String, x: Int, y: Int, letters: Lettering, colour: Colour) {
        var left = x
        for scalar in text.unicodeScalars {
            let character = scalar.value < 127 ? UInt8(scalar.value) : 127
            for row in max(0, -y)..<max(max(0, -y), min(letters.height, height - y)) {
                for column in max(0, -left)..<max(max(0, -left), min(letters.width, width - left)) {
                    blend(left + column, y + row, colour, letters.ink(character, x: column, y: row))
                }
            }
            left += letters.width
            if left >= width { return }
        }
    }

    /// A pixel that is a part `colour`; it lies in the picture.
    private func blend(_ x: Int, _ y: Int, _ colour: Colour, _ part: Float) {
        let at = pixels + (y * width + x) * 3
        func mixed(_ old: UInt8, _ new: UInt8) -> UInt8 { UInt8(Float(old) + (Float(new) - Float(old)) * part + 0.5) }
        at[0] = mixed(at[0], colour.red)
        at[1] = mixed(at[1], colour.green)
        at[2] = mixed(at[2], colour.blue)
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
}

/// A coordinate as a pixel's edge between 0 and `limit`; 0 for what is no number.
func nearestPixel(_ value: Float, _ limit: Int) -> Int { value.isFinite ? Int(max(0, min(Float(limit), value.rounded()))) : 0 }
