/// The arithmetic every family shares, in its plainest form.

/// clamp(roundToNearestEven(float(accumulator) * scale) + zeroPoint, minimum, maximum), saturating where the
/// product leaves 32 bits.
func requantize(_ accumulator: Int32, scale: Float, zeroPoint: Int32, minimum: Int32, maximum: Int32) -> Int8 {
    quantizeRounded(Float(accumulator) * scale, zeroPoint: zeroPoint, minimum: minimum, maximum: maximum)
}

/// clamp(roundToNearestEven(x) + zeroPoint, minimum, maximum); NaN gives the zero point.
func quantizeRounded(_ x: Float, zeroPoint: Int32, minimum: Int32, maximum: Int32) -> Int8 {
    if x.isNaN { return Int8(truncatingIfNeeded: Swift.min(Swift.max(zeroPoint, minimum), maximum)) }
    // Both bounds are small integers, so clamping before rounding gives what clamping after it would.
    let bounded = Swift.min(Swift.max(x, Float(minimum - zeroPoint)), Float(maximum - zeroPoint))
    return Int8(truncatingIfNeeded: Int32(bounded.rounded(.toNearestOrEven)) + zeroPoint)
}

/// Row, column and image of a pixel of a flattened (batch, height, width) tensor.
struct PixelPosition {
    let image: Int, y: Int, x: Int

    init(_ pixel: Int, height: Int32, width: Int32) {
        let width = Int(width), height = Int(height)
        image = pixel / (height * width)
        y = pixel / width % height
        x = pixel % width
    }
}

/// The width of block `block` of an int8 convolution's weights: 16 channels, the last one rounded up to 4.
func convolutionBlockWidth(_ block: Int, outputChannels: Int) -> Int {
    Swift.min(16, (outputChannels - block * 16 + 3) / 4 * 4)
}
