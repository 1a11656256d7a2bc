/// Finds places for names on a picture with boxes, one after the other: the first where the name covers no earlier one.
struct LabelLayout {
    /// A patch with a text, which is cut where the picture is narrower.
    struct Label {
        var text: String
        var left: Int, top: Int, right: Int, bottom: Int
    }

    let width: Int, height: Int, textHeight: Int
    /// Between the edge of a patch and its text.
    let margin: Int
    private var placed: [Label] = []

    init(width: Int, height: Int, textHeight: Int) {
        (self.width, self.height, self.textHeight) = (width, height, textHeight)
        margin = max(1, textHeight / 8)
    }

    /// Nil where the picture has no room for a letter.
    mutating func place(_ text: String, at box: Rectangle) -> Label? {
        let advance = Font.advance(height: textHeight), patchHeight = textHeight + 2 * margin
        let most = (width - 2 * margin) / advance
        guard most > 0, patchHeight <= height else { return nil }
        var fitting = text
        if text.unicodeScalars.count > most {
            fitting = ""
            for scalar in text.unicodeScalars.prefix(most) { fitting.unicodeScalars.append(scalar) }
        }
        let patchWidth = fitting.unicodeScalars.count * advance + 2 * margin
        let left = nearestPixel(box.left, width), right = nearestPixel(box.right, width),
            top = nearestPixel(box.top, height), bottom = nearestPixel(box.bottom, height)
        // Above the box, inside it, below it; then the same at its right edge; then wherever down its left edge.
        var corners = [(left, top - patchHeight), (left, top), (left, bottom), (right - patchWidth, top - patchHeight),
                       (right - patchWidth, top), (right - patchWidth, bottom), (left, bottom - patchHeight)]
        for line in 1...max(1, height / patchHeight) {
            corners.append((left, top + line * patchHeight))
            corners.append((left, top - (line + 1) * patchHeight))
        }
        var best: Label?, least = Int.max
        for (x, y) in corners where y >= 0 && y + patchHeight <= height {
            let x = max(0, min(x, width - patchWidth))
            let label = Label(text: fitting, left: x, top: y, right: x + patchWidth, bottom: y + patchHeight)
            let covered = placed.reduce(0) { $0 + covers(label, $1) }
            if covered < least { (best, least) = (label, covered) }
            if covered == 0 { break }
        }
        if let best { placed.append(best) }
        return best
    }

    /// Pixels that two patches share.
    private func covers(_ a: Label, _ b: Label) -> Int {
        max(0, min(a.right, b.right) - max(a.left, b.left)) * max(0, min(a.bottom, b.bottom) - max(a.top, b.top))
    }
}
