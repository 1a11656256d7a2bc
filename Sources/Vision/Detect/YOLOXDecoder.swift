import CLinux
import Platform

/// Boxes of YOLOX (Ge et al. 2021): for every stride a grid of cells, row by row; a cell gives x, y offsets and
/// logarithms of width and height in strides, objectness, and one score a class (both after the sigmoid).
public struct YOLOXDecoder: Sendable {
    public var inputWidth: Int
    public var inputHeight: Int
    public var strides: [Int]
    public var scoreThreshold: Float

    public init(inputWidth: Int, inputHeight: Int, strides: [Int] = [8, 16, 32], scoreThreshold: Float = 0.3) {
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.strides = strides
        self.scoreThreshold = scoreThreshold
    }

    /// Cells of all strides.
    public var cells: Int {
        var count = 0
        for stride in strides { count += (inputWidth / stride) * (inputHeight / stride) }
        return count
    }

    /// Boxes in the input's pixels, not yet suppressed.
    /// - Parameter outputs: one tensor of all cells, or one a stride in the order of `strides`.
    /// - Throws: `.badFormat` where the outputs aren't as many cells as the strides say.
    public func decode(_ outputs: [TensorView]) throws(Failure) -> [Detection] {
        var found: [Detection] = []
        try decode(outputs) { found.append($0) }
        return found
    }

    /// The same, one by one; allocates nothing.
    func decode(_ outputs: [TensorView], take: (Detection) -> Void) throws(Failure) {
        var total = 0
        for output in outputs { total += output.pixels }
        guard total == cells, let channels = outputs.first?.channels, channels > 5 else {
            throw Failure(.badFormat, "the detector's output has \(total) cells where \(cells) are expected; is detect.strides right?")
        }
        for output in outputs where output.channels != channels {
            throw Failure(.badFormat, "the detector's outputs have different numbers of channels")
        }
        var part = 0, cell = 0
        for stride in strides {
            let columns = inputWidth / stride
            for place in 0..<columns * (inputHeight / stride) {
                while cell == outputs[part].pixels {
                    part += 1
                    cell = 0
                }
                if let detection = read(outputs[part], cell, column: place % columns, row: place / columns, stride: Float(stride)) {
                    take(detection)
                }
                cell += 1
            }
        }
    }

    private func read(_ output: TensorView, _ cell: Int, column: Int, row: Int, stride: Float) -> Detection? {
        let objectness = output[cell, 4]
        // Class scores are at most 1, so the product can't reach the threshold either.
        guard objectness >= scoreThreshold else { return nil }
        var best = 0
        var bestScore = -Float.infinity
        for index in 5..<output.channels where output[cell, index] > bestScore {
            bestScore = output[cell, index]
            best = index - 5
        }
        let score = min(1, objectness * bestScore)
        guard score >= scoreThreshold else { return nil }
        let centerX = (output[cell, 0] + Float(column)) * stride, centerY = (output[cell, 1] + Float(row)) * stride
        let halfWidth = expf(output[cell, 2]) * stride / 2, halfHeight = expf(output[cell, 3]) * stride / 2
        guard centerX.isFinite, centerY.isFinite, halfWidth.isFinite, halfHeight.isFinite else { return nil }
        return Detection(box: Rectangle(left: centerX - halfWidth, top: centerY - halfHeight, right: centerX + halfWidth,
                                        bottom: centerY + halfHeight),
                         index: best, score: score)
    }
}

/// Boxes of SSD after its post-processing operator: boxes (top, left, bottom, right as fractions of the input),
/// classes, scores and their count.
public struct SSDReader: Sendable {
    public var inputWidth: Int
    public var inputHeight: Int
    public var scoreThreshold: Float

    public init(inputWidth: Int, inputHeight: Int, scoreThreshold: Float = 0.3) {
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.scoreThreshold = scoreThreshold
    }

    /// - Parameter outputs: boxes, classes, scores, count.
    /// - Throws: `.badFormat` where they aren't these four.
    public func read(_ outputs: [TensorView]) throws(Failure) -> [Detection] {
        var found: [Detection] = []
        try read(outputs) { found.append($0) }
        return found
    }

    /// The same, one by one; allocates nothing.
    func read(_ outputs: [TensorView], take: (Detection) -> Void) throws(Failure) {
        guard outputs.count >= 4, outputs[3].count >= 1 else {
            throw Failure(.badFormat, "an SSD detector has four outputs (boxes, classes, scores, count), this one \(outputs.count)")
        }
        let said = outputs[3][0]
        let rows = min(outputs[0].count / 4, outputs[1].count, outputs[2].count)
        guard said.isFinite, said >= 0 else { throw Failure(.badFormat, "the detector's count isn't a number of boxes") }
        for row in 0..<min(rows, Int(min(said, 10000))) {
            let score = outputs[2][row], index = outputs[1][row]
            guard score >= scoreThreshold, index.isFinite, index >= 0, index < 1e6 else { continue }
            let top = outputs[0][row * 4], left = outputs[0][row * 4 + 1], bottom = outputs[0][row * 4 + 2], right = outputs[0][row * 4 + 3]
            guard top.isFinite, left.isFinite, bottom.isFinite, right.isFinite else { continue }
            take(Detection(box: Rectangle(left: left * Float(inputWidth), top: top * Float(inputHeight),
                                          right: right * Float(inputWidth), bottom: bottom * Float(inputHeight)),
                           index: Int(index), score: min(1, score)))
        }
    }
}
