import Platform
import Vision

/// Pictures as a detector may meet their contents elsewhere: whole, in parts that fill the view, several in one. Twenty
/// pictures make few of a detector's channels go as far as other pictures will; their views make many more do so.
struct PictureViews {
    private enum View {
        case whole
        /// A part with this share of width and height.
        case part(Float)
        /// So many pictures in a row and in a column.
        case mosaic(Int)
    }

    private static let views: [View] = [.whole, .part(0.7), .part(0.5), .part(0.5), .part(0.35), .part(0.25), .mosaic(2), .mosaic(2),
                                        .mosaic(3)]
    /// A mosaic's pixels a side, divisible by its rows.
    private static let mosaicSide = 828

    let paths: [String]

    /// All views of all pictures, whole pictures first.
    var count: Int { paths.count * Self.views.count }

    /// Writes a view into a model's input.
    func run(_ index: Int, _ preprocessor: ImagePreprocessor, into output: UnsafeMutableRawPointer) throws {
        let picture = index % paths.count, number = index / paths.count
        switch Self.views[number] {
        case .whole: preprocessor.run(try image(picture, preprocessor), into: output)
        case .part(let share):
            let image = try ImageFile.decode(path: paths[picture])
            let left = Self.spread(picture, number, 0.618034) * (1 - share), top = Self.spread(picture, number, 0.754878) * (1 - share)
            let region = Rectangle(left: left * Float(image.width), top: top * Float(image.height),
                                   right: (left + share) * Float(image.width), bottom: (top + share) * Float(image.height))
            preprocessor.run(image, region: region, into: output)
        case .mosaic(let side):
            let mosaic = try Image(width: Self.mosaicSide, height: Self.mosaicSide)
            for tile in 0..<side * side {
                let source = try image((picture + tile * (2 * number + 1)) % paths.count, preprocessor)
                Self.draw(source, into: mosaic, tile: tile, side: side)
            }
            preprocessor.run(mosaic, into: output)
        }
    }

    private func image(_ picture: Int, _ preprocessor: ImagePreprocessor) throws -> Image {
        try ImageFile.decode(path: paths[picture], atLeast: preprocessor.input.decodeSize)
    }

    /// Places between 0 and 1 that lie apart for neighbouring numbers.
    private static func spread(_ picture: Int, _ view: Int, _ step: Float) -> Float {
        (Float(picture * 7 + view) * step).truncatingRemainder(dividingBy: 1)
    }

    /// A whole picture, stretched, into a square of the mosaic.
    private static func draw(_ source: Image, into mosaic: Image, tile: Int, side: Int) {
        let length = mosaic.width / side, firstX = tile % side * length, firstY = tile / side * length
        for y in 0..<length {
            for x in 0..<length {
                let from = (y * source.height / length * source.width + x * source.width / length) * 3
                let to = ((firstY + y) * mosaic.width + firstX + x) * 3
                for colour in 0..<3 { mosaic.pixels[to + colour] = source.pixels[from + colour] }
            }
        }
    }
}
