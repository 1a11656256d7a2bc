/// Letters of any height, from cells of coverage (FontTable.swift). Every letter is as wide as every other.
enum Font {
    static let columns = 12
    static let rows = 22
    /// Most coverage of a pixel of a cell.
    private static let full = 15

    /// Width of a letter whose cell is so high.
    static func advance(height: Int) -> Int { max(1, (height * columns + rows / 2) / rows) }

    /// How much of a pixel of a letter is ink, 0 to 1, where its cell is drawn `width` wide and `height` high. Letters that are
    /// made smaller are averaged, larger ones interpolated.
    static func ink(_ character: UInt8, x: Int, y: Int, width: Int, height: Int) -> Float {
        let stepX = Float(columns) / Float(width), stepY = Float(rows) / Float(height)
        let centerX = (Float(x) + 0.5) * stepX, centerY = (Float(y) + 0.5) * stepY
        let reachX = max(1, stepX), reachY = max(1, stepY)
        var sum: Float = 0, weights: Float = 0
        for row in Int((centerY - reachY - 1).rounded(.down))...Int((centerY + reachY).rounded(.up)) {
            let down = 1 - abs(Float(row) + 0.5 - centerY) / reachY
            guard down > 0 else { continue }
            for column in Int((centerX - reachX - 1).rounded(.down))...Int((centerX + reachX).rounded(.up)) {
                let across = 1 - abs(Float(column) + 0.5 - centerX) / reachX
                guard across > 0 else { continue }
                weights += down * across
                sum += down * across * Float(coverage(character, row: row, column: column))
            }
        }
        return sum / (weights * Float(full))
    }

    /// Of a cell's pixel, 0 beyond its edges; an empty box for what the font hasn't.
    private static func coverage(_ character: UInt8, row: Int, column: Int) -> Int {
        guard row >= 0, row < rows, column >= 0, column < columns else { return 0 }
        guard character >= 32, character < 127 else {
            let isEdge = row == 2 || row == 16 || column == 1 || column == columns - 2
            return isEdge && row >= 2 && row <= 16 && column >= 1 && column <= columns - 2 ? full : 0
        }
        let line = fontTable[(Int(character) - 32) * rows + row]
        return Int(line >> UInt64((columns - 1 - column) * 4) & 15)
    }
}
