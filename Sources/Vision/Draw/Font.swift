/// Letters of any height, from cells of coverage (FontTable.swift). Every letter is as wide as every other.
enum Font {
    static let columns = 12
    static let rows = 22
    /// Most coverage of a pixel of a cell.
    fileprivate static let full = 15

    /// Width of a letter whose cell is so high.
    static func advance(height: Int) -> Int { max(1, (height * columns + rows / 2) / rows) }

    /// Of a cell's pixel, 0 to `full`; an empty box for what the font hasn't.
    fileprivate static func coverage(_ character: UInt8, row: Int, column: Int) -> Int {
        guard character >= 32, character < 127 else {
            let isEdge = row == 2 || row == 16 || column == 1 || column == columns - 2
            return isEdge && row >= 2 && row <= 16 && column >= 1 && column <= columns - 2 ? full : 0
        }
        let line = fontTable[(Int(character) - 32) * rows + row]
        return Int(line >> UInt64((columns - 1 - column) * 4) & 15)
    }
}

/// Letters of one height: the cells resampled as pictures are.
struct Lettering {
    let width: Int, height: Int
    private var across = ResampleAxis(), down = ResampleAxis()

    init(height: Int) {
        self.height = height
        width = Font.advance(height: height)
        across.plan(size: Font.columns, origin: 0, extent: Float(Font.columns), outputs: width, filter: .bilinear)
        down.plan(size: Font.rows, origin: 0, extent: Float(Font.rows), outputs: height, filter: .bilinear)
    }

    /// How much of a pixel of a letter's cell is ink, 0 to 1.
    func ink(_ character: UInt8, x: Int, y: Int) -> Float {
        var sum = 0
        for tap in 0..<down.taps {
            var line = 0
            for other in 0..<across.taps {
                line += Int(across.weights[x * across.taps + other])
                    * Font.coverage(character, row: Int(down.first[y]) + tap, column: Int(across.first[x]) + other)
            }
            sum += Int(down.weights[y * down.taps + tap]) * line
        }
        return Float(sum) / Float(Font.full << (2 * ResampleAxis.weightBits))
    }
}
