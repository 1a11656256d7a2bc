import TestSupport
import Testing
import Vision

/// The preprocessor written plainly: everything in Double, straight from the definitions.
struct PlainPreprocessor {
    static func weight(_ filter: ResampleFilter, _ distance: Double) -> Double {
        let x = abs(distance)
        switch filter {
        case .bilinear: return max(0, 1 - x)
        case .bicubic:
            if x < 1 { return 1.5 * x * x * x - 2.5 * x * x + 1 }
            return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
        }
    }

    /// One plane of samples, resampled.
    static func resample(_ plane: [[Double]], left: Double, top: Double, width: Double, height: Double,
                         columns: Int, rows: Int, filter: ResampleFilter) -> [[Double]] {
        func axis(_ size: Int, _ origin: Double, _ extent: Double, _ outputs: Int) -> [[(Int, Double)]] {
            let scale = extent / Double(outputs), widening = max(1, scale)
            return (0..<outputs).map { output in
                let center = origin + (Double(output) + 0.5) * scale
                let all = (0..<size).map { ($0, weight(filter, (Double($0) + 0.5 - center) / widening)) }.filter { $0.1 != 0 }
                let sum = all.reduce(0) { $0 + $1.1 }
                return all.map { ($0.0, $0.1 / sum) }
            }
        }
        let horizontal = axis(plane[0].count, left, width, columns), vertical = axis(plane.count, top, height, rows)
        let narrow = plane.map { row in horizontal.map { $0.reduce(0) { $0 + row[$1.0] * $1.1 } } }
        return vertical.map { window in (0..<columns).map { x in window.reduce(0) { $0 + narrow[$1.0][x] * $1.1 } } }
    }

    /// RGB of a frame as three planes of reals, from the format's definition.
    static func planes(_ frame: [UInt8], _ format: FrameFormat) -> (y: [[Double]], u: [[Double]], v: [[Double]]) {
        let width = format.width, height = format.height, half = width / 2, pixels = width * height
        func plane(_ rows: Int, _ columns: Int, _ at: (Int, Int) -> Int) -> [[Double]] {
            (0..<rows).map { y in (0..<columns).map { x in Double(frame[at(y, x)]) } }
        }
        switch format.format {
        case .yuyv:
            return (plane(height, width) { $0 * width * 2 + $1 * 2 }, plane(height, half) { $0 * width * 2 + $1 * 4 + 1 },
                    plane(height, half) { $0 * width * 2 + $1 * 4 + 3 })
        case .uyvy:
            return (plane(height, width) { $0 * width * 2 + $1 * 2 + 1 }, plane(height, half) { $0 * width * 2 + $1 * 4 },
                    plane(height, half) { $0 * width * 2 + $1 * 4 + 2 })
        case .nv12:
            return (plane(height, width) { $0 * width + $1 }, plane(height / 2, half) { pixels + $0 * width + $1 * 2 },
                    plane(height / 2, half) { pixels + $0 * width + $1 * 2 + 1 })
        case .i420:
            return (plane(height, width) { $0 * width + $1 }, plane(height / 2, half) { pixels + $0 * half + $1 },
                    plane(height / 2, half) { pixels + pixels / 4 + $0 * half + $1 })
        case .rgb24, .mjpeg:
            return (plane(height, width) { ($0 * width + $1) * 3 }, plane(height, width) { ($0 * width + $1) * 3 + 1 },
                    plane(height, width) { ($0 * width + $1) * 3 + 2 })
        case .grey:
            let grey = plane(height, width) { $0 * width + $1 }
            return (grey, grey, grey)
        }
    }

    static func rgb(_ y: Double, _ u: Double, _ v: Double, _ matrix: ColourMatrix) -> [Double] {
        // ITU-R BT.601 / BT.709: E'R = E'Y + 2(1-Kr) E'Cr, and so on.
        let (kr, kb) = matrix == .bt709Limited ? (0.2126, 0.0722) : (0.299, 0.114)
        let luma = matrix == .bt601Full ? y / 255 : (y - 16) / 219
        let cb = (u - 128) / (matrix == .bt601Full ? 255 : 224), cr = (v - 128) / (matrix == .bt601Full ? 255 : 224)
        let red = luma + 2 * (1 - kr) * cr, blue = luma + 2 * (1 - kb) * cb
        return [red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue].map { $0 * 255 }
    }

    /// The input's pixels before normalisation; nil where the letterbox shows.
    static func pixels(_ frame: [UInt8], _ format: FrameFormat, fit: ImageFit, filter: ResampleFilter, width: Int, height: Int)
        -> [[Double]?] {
        var left = 0.0, top = 0.0, extentX = Double(format.width), extentY = Double(format.height)
        var columns = width, rows = height
        if fit == .crop {
            let scale = min(extentX / Double(width), extentY / Double(height)) * 0.875
            left = (extentX - Double(width) * scale) / 2
            top = (extentY - Double(height) * scale) / 2
            extentX = Double(width) * scale
            extentY = Double(height) * scale
        } else if fit == .letterbox {
            let scale = min(Double(width) / extentX, Double(height) / extentY)
            columns = Int((extentX * scale).rounded())
            rows = Int((extentY * scale).rounded())
        }
        let source = planes(frame, format)
        func scaled(_ plane: [[Double]]) -> [[Double]] {
            let x = Double(plane[0].count) / Double(format.width), y = Double(plane.count) / Double(format.height)
            return resample(plane, left: left * x, top: top * y, width: extentX * x, height: extentY * y, columns: columns, rows: rows,
                            filter: filter)
        }
        let first = scaled(source.y), second = scaled(source.u), third = scaled(source.v)
        let isYUV = [.yuyv, .uyvy, .nv12, .i420].contains(format.format)
        return (0..<width * height).map { index in
            let x = index % width, y = index / width
            guard x < columns, y < rows else { return nil }
            return isYUV ? rgb(first[y][x], second[y][x], third[y][x], format.matrix) : [first[y][x], second[y][x], third[y][x]]
        }
    }
}

@Suite struct PreprocessorTests {
    /// Slow changes and noise: noise alone averages out and would hide mistakes in geometry.
    static func frame(_ format: FrameFormat, seed: UInt64) -> [UInt8] {
        var generator = Random(seed)
        return (0..<format.frameBytes).map { index in
            let slow = 100 + 80 * (((index / 40) % 2) + ((index / (format.width * 9)) % 2)) / 2
            return UInt8(clamping: slow + Int.random(in: -40...40, using: &generator))
        }
    }

    static let cases: [(FrameFormat, ImageFit, ResampleFilter, Int, Int)] = {
        var result: [(FrameFormat, ImageFit, ResampleFilter, Int, Int)] = []
        for format in PixelFormat.allCases where format != .mjpeg {
            for (width, height, inputWidth, inputHeight) in [(62, 46, 16, 16), (30, 100, 24, 16), (8, 6, 20, 20), (2, 2, 5, 3),
                                                             (64, 64, 64, 64)] {
                for fit in [ImageFit.crop, .stretch, .letterbox] {
                    for filter in [ResampleFilter.bilinear, .bicubic] {
                        let matrix = [ColourMatrix.bt601Limited, .bt601Full, .bt709Limited][result.count % 3]
                        result.append((FrameFormat(width: width, height: height, format: format, matrix: matrix), fit, filter, inputWidth,
                                       inputHeight))
                    }
                }
            }
        }
        return result
    }()

    @Test func matchesThePlainVersion() throws {
        var seed: UInt64 = 0
        for (format, fit, filter, width, height) in Self.cases {
            seed += 1
            let frame = Self.frame(format, seed: seed)
            let expected = PlainPreprocessor.pixels(frame, format, fit: fit, filter: filter, width: width, height: height)
            let input = NetworkInput(width: width, height: height, element: .float32, fit: fit, filter: filter)
            let preprocessor = try ImagePreprocessor(input)
            var output = [Float](repeating: -1, count: width * height * 3)
            output.withUnsafeMutableBytes { _ = preprocessor.run(frame: frame, format: format, into: $0.baseAddress!) }
            var worst = 0.0
            for (index, pixel) in expected.enumerated() {
                for channel in 0..<3 {
                    let want = pixel.map { max(0, min(255, $0[channel])) } ?? 114
                    worst = max(worst, abs(want - Double(output[index * 3 + channel])))
                }
            }
            // Half a step of rounding, and the fixed-point arithmetic's own.
            #expect(worst < 0.75, "\(format) \(fit) \(filter) \(width)x\(height)")
        }
    }

    @Test func quantisesAsTheFormulaSays() throws {
        let image = try Image.random(width: 20, height: 20, seed: 3)
        for isBGR in [false, true] {
            var input = NetworkInput(width: 20, height: 20, element: .float32, isBGR: isBGR, fit: .stretch, filter: .bilinear)
            input.mean = [127, 100, 90]
            input.deviation = [128, 50, 60]
            var reals = [Float](repeating: 0, count: 1200)
            let floats = try ImagePreprocessor(input)
            reals.withUnsafeMutableBytes { _ = floats.run(image, into: $0.baseAddress!) }
            for pixel in 0..<400 {
                for channel in 0..<3 {
                    let byte = Float(image.pixels[pixel * 3 + (isBGR ? 2 - channel : channel)])
                    #expect(reals[pixel * 3 + channel] == (byte - input.mean[channel]) / input.deviation[channel])
                }
            }
            input.element = .int8(scale: 0.0123, zeroPoint: -7)
            input.pixelStride = 4
            var quantised = [Int8](repeating: 99, count: 1600)
            let bytes = try ImagePreprocessor(input)
            quantised.withUnsafeMutableBytes { _ = bytes.run(image, into: $0.baseAddress!) }
            for pixel in 0..<400 {
                #expect(quantised[pixel * 4 + 3] == 99)
                for channel in 0..<3 {
                    let want = max(-128, min(127, (reals[pixel * 3 + channel] / 0.0123).rounded(.toNearestOrEven) - 7))
                    #expect(Float(quantised[pixel * 4 + channel]) == want)
                }
            }
        }
    }

    @Test func boxesComeBackToThePicture() throws {
        let image = try Image.random(width: 200, height: 100, seed: 4)
        for fit in [ImageFit.crop, .stretch, .letterbox] {
            let preprocessor = try ImagePreprocessor(NetworkInput(width: 50, height: 50, element: .float32, fit: fit))
            var output = [Float](repeating: 0, count: 7500)
            let placement = output.withUnsafeMutableBytes { preprocessor.run(image, into: $0.baseAddress!) }
            let back = placement.toPicture(Rectangle(left: 0, top: 0, right: Float(placement.columns), bottom: Float(placement.rows)))
            switch fit {
            case .crop: #expect(back == Rectangle(left: 56.25, top: 6.25, right: 143.75, bottom: 93.75))
            case .stretch, .letterbox: #expect(back == Rectangle(left: 0, top: 0, right: 200, bottom: 100))
            }
            #expect(placement.rows == (fit == .letterbox ? 25 : 50))
        }
    }

    @Test func regionsAreCropsOfThePicture() throws {
        let image = try Image.random(width: 40, height: 30, seed: 5)
        let part = try Image(width: 10, height: 8)
        for y in 0..<8 { for x in 0..<30 { part.pixels[y * 30 + x] = image.pixels[((y + 7) * 40 + 12) * 3 + x] } }
        // At scale 1 no filter reads outside the region.
        let preprocessor = try ImagePreprocessor(NetworkInput(width: 10, height: 8, element: .float32, fit: .stretch, filter: .bilinear))
        var whole = [Float](repeating: 0, count: 240), cut = whole
        whole.withUnsafeMutableBytes {
            _ = preprocessor.run(image, region: Rectangle(left: 12, top: 7, right: 22, bottom: 15), into: $0.baseAddress!)
        }
        cut.withUnsafeMutableBytes { _ = preprocessor.run(part, into: $0.baseAddress!) }
        #expect(whole == cut)
        // Wild regions are brought into the picture.
        for region in [Rectangle(left: -50, top: -50, right: 900, bottom: 900), Rectangle(left: 39.9, top: 29.9, right: 40, bottom: 30),
                       Rectangle(left: 500, top: 500, right: 600, bottom: 600), Rectangle(left: 10, top: 10, right: 10, bottom: 10)] {
            whole.withUnsafeMutableBytes { _ = preprocessor.run(image, region: region, into: $0.baseAddress!) }
        }
    }

    @Test func badInputsAreRefused() {
        for input in [NetworkInput(width: 0, height: 5, element: .float32),
                      NetworkInput(width: 5, height: 5, channels: 2, element: .float32),
                      NetworkInput(width: 5, height: 5, element: .int8(scale: 0, zeroPoint: 0)),
                          NetworkInput(width: 5, height: 5, element: .float32, deviation: [1, 0, 1]),
                      NetworkInput(width: 5, height: 5, element: .float32, mean: [1])] {
            #expect((try? ImagePreprocessor(input)) == nil)
        }
    }
}
