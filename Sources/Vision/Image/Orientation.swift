import Platform

extension Image {
    /// The picture turned upright. `orientation` is EXIF's: 1 as it is, 2 mirrored, 3 half turn, 4 flipped,
    /// 5 transposed, 6 quarter turn clockwise, 7 transversed, 8 quarter turn counter-clockwise.
    func upright(orientation: Int) throws(Failure) -> Image {
        guard (2...8).contains(orientation) else { return self }
        let transposed = orientation >= 5
        let result = try Image(width: transposed ? height : width, height: transposed ? width : height)
        // Stored column and row of result (0, 0), and the steps in the stored picture along the result's x and y.
        let fromRight = [2, 3, 7, 8].contains(orientation)
        let fromBottom = [3, 4, 6, 7].contains(orientation)
        let columnStep = (fromRight ? -1 : 1) * 3
        let rowStep = (fromBottom ? -1 : 1) * width * 3
        let start = (fromBottom ? height - 1 : 0) * width * 3 + (fromRight ? width - 1 : 0) * 3
        let stepX = transposed ? rowStep : columnStep
        let stepY = transposed ? columnStep : rowStep
        var target = result.pixels
        for y in 0..<result.height {
            var source = pixels + (start + y * stepY)
            for _ in 0..<result.width {
                target[0] = source[0]
                target[1] = source[1]
                target[2] = source[2]
                target += 3
                source += stepX
            }
        }
        return result
    }
}
