import Nest
import TestSupport

/// What a convolution means, one output at a time, from weights in their ordinary order (output channel, row, column,
/// input channel; depthwise: row, column, channel).
struct PlainConvolution {
    var batch = 1, height = 1, width = 1, channels = 1, outputChannels = 1
    var attributes = ConvolutionAttributes()
    var inputZeroPoint: Int32 = 0
    var isDepthwise = false

    var outputHeight: Int {
        (height + 2 * Int(attributes.padTop) - (Int(attributes.kernelHeight) - 1) * Int(attributes.dilationY) - 1) / Int(attributes.strideY)
            + 1
    }
    var outputWidth: Int {
        (width + 2 * Int(attributes.padLeft) - (Int(attributes.kernelWidth) - 1) * Int(attributes.dilationX) - 1) / Int(attributes.strideX)
            + 1
    }
    var window: Int { Int(attributes.kernelHeight * attributes.kernelWidth) * (isDepthwise ? 1 : channels) }

    /// Calls `add(output element, input element or nil outside, weight element)` for every product.
    func forEach(_ add: (Int, Int?, Int) -> Void) {
        let a = attributes, kh = Int(a.kernelHeight), kw = Int(a.kernelWidth)
        for b in 0..<batch { for oy in 0..<outputHeight { for ox in 0..<outputWidth { for oc in 0..<outputChannels {
            let output = ((b * outputHeight + oy) * outputWidth + ox) * outputChannels + oc
            for ky in 0..<kh { for kx in 0..<kw {
                let y = oy * Int(a.strideY) - Int(a.padTop) + ky * Int(a.dilationY),
                    x = ox * Int(a.strideX) - Int(a.padLeft) + kx * Int(a.dilationX)
                let inside = y >= 0 && y < height && x >= 0 && x < width
                let pixel = ((b * height + y) * width + x) * channels
                if isDepthwise {
                    add(output, inside ? pixel + oc : nil, (ky * kw + kx) * channels + oc)
                } else {
                    for ic in 0..<channels { add(output, inside ? pixel + ic : nil, ((oc * kh + ky) * kw + kx) * channels + ic) }
                }
            } }
        } } } }
    }

    func int8(_ input: [Int8], _ weights: [Int8], bias: [Int32], scales: [Float]) -> [Int8] {
        var sums = (0..<batch * outputHeight * outputWidth * outputChannels).map { bias[$0 % outputChannels] }
        forEach { output, from, weight in
            sums[output] += ((from.map { Int32(input[$0]) } ?? inputZeroPoint) - inputZeroPoint) * Int32(weights[weight])
        }
        return sums.enumerated().map { index, sum in
            let rounded = Int32((Float(sum) * scales[index % outputChannels]).rounded(.toNearestOrEven)) + attributes.resultZeroPoint
            return Int8(min(max(rounded, attributes.outputMinimum), attributes.outputMaximum))
        }
    }

    func float32(_ input: [Float], _ weights: [Float], bias: [Float]) -> [Float] {
        var sums = (0..<batch * outputHeight * outputWidth * outputChannels).map { Double(bias[$0 % outputChannels]) }
        forEach { output, from, weight in if let from { sums[output] += Double(input[from]) * Double(weights[weight]) } }
        return sums.map { Float($0) }
    }

    /// A random geometry whose sizes are seldom round.
    static func random(_ random: inout Random, depthwise: Bool = false) -> PlainConvolution {
        var plain = PlainConvolution()
        plain.isDepthwise = depthwise
        plain.batch = random.int(1...2)
        plain.height = random.int(1...9)
        plain.width = random.int(1...9)
        plain.channels = random.int(1...35)
        plain.outputChannels = depthwise ? plain.channels : random.int(1...37)
        var a = ConvolutionAttributes()
        repeat {
            a.kernelHeight = Int32(random.int(1...3))
            a.kernelWidth = Int32(random.int(1...3))
            a.strideY = Int32(random.int(1...2))
            a.strideX = Int32(random.int(1...2))
            a.dilationY = Int32(random.int(1...2))
            a.dilationX = Int32(random.int(1...2))
            a.padTop = Int32(random.int(0...(Int(a.kernelHeight) - 1) * Int(a.dilationY)))
            a.padLeft = Int32(random.int(0...(Int(a.kernelWidth) - 1) * Int(a.dilationX)))
            plain.attributes = a
        } while plain.height + 2 * Int(a.padTop) <= (Int(a.kernelHeight) - 1) * Int(a.dilationY)
            || plain.width + 2 * Int(a.padLeft) <= (Int(a.kernelWidth) - 1) * Int(a.dilationX)
        plain.attributes.runPerRow = !depthwise && a.dilationX == 1 && random.bool() ? 1 : 0
        plain.inputZeroPoint = Int32(random.int(-128...127))
        plain.attributes.resultZeroPoint = Int32(random.int(-20...20))
        plain.attributes.outputMinimum = Int32(random.int(-128 ... -100))
        plain.attributes.outputMaximum = Int32(random.int(100...127))
        return plain
    }

    /// Weights, bias and scales packed as the kernels want them; offsets go into the attributes.
    mutating func blob(_ weights: [Int8], bias: [Int32], scales: [Float], lookup: [Int8]? = nil) -> Blob {
        var blob = Blob()
        append(&blob, weights, bias: bias, scales: scales, lookup: lookup)
        return blob
    }

    @discardableResult
    mutating func append(_ blob: inout Blob, _ weights: [Int8], bias: [Int32], scales: [Float], lookup: [Int8]? = nil) -> Int32 {
        let start = blob.add(packed(weights))
        let rounded = roundUp(outputChannels, to: 16)
        var sums = [Int32](repeating: 0, count: outputChannels)
        for (index, weight) in weights.enumerated() { sums[isDepthwise ? index % channels : index / window] += Int32(weight) }
        var folded = [Int32](repeating: 0, count: rounded), padded = [Float](repeating: 0, count: rounded)
        for c in 0..<outputChannels {
            folded[c] = bias[c] - inputZeroPoint * sums[c]
            padded[c] = scales[c]
        }
        attributes.biasOffset = blob.add(folded)
        attributes.scaleOffset = blob.add(padded)
        if let lookup { attributes.lookupOffset = blob.add(lookup) }
        return start
    }

    private func packed(_ weights: [Int8]) -> [Int8] {
        let kh = Int(attributes.kernelHeight), kw = Int(attributes.kernelWidth)
        if isDepthwise {
            let rounded = roundUp(channels, to: 16)
            var result = [Int8](repeating: 0, count: kh * kw * rounded)
            for tap in 0..<kh * kw { for c in 0..<channels { result[tap * rounded + c] = weights[tap * channels + c] } }
            return result
        }
        let perRow = attributes.runPerRow != 0, runs = perRow ? kh : kh * kw, length = channels * (perRow ? kw : 1),
            groups = (length + 3) / 4
        var result: [Int8] = []
        for block in stride(from: 0, to: outputChannels, by: 16) {
            let wide = min(16, roundUp(outputChannels - block, to: 4))
            for run in 0..<runs { for group in 0..<groups { for c in 0..<wide { for k in 0..<4 {
                let element = group * 4 + k, oc = block + c
                result.append(element < length && oc < outputChannels ? weights[(oc * runs + run) * length + element] : 0)
            } } } }
        }
        return result
    }

    mutating func blob(_ weights: [Float], bias: [Float]) -> Blob {
        let rounded = roundUp(outputChannels, to: 16), kh = Int(attributes.kernelHeight), kw = Int(attributes.kernelWidth)
        var result: [Float] = []
        if isDepthwise {
            result = [Float](repeating: 0, count: kh * kw * rounded)
            for tap in 0..<kh * kw { for c in 0..<channels { result[tap * rounded + c] = weights[tap * channels + c] } }
        } else {
            let perRow = attributes.runPerRow != 0, runs = perRow ? kh : kh * kw, length = channels * (perRow ? kw : 1)
            for block in stride(from: 0, to: outputChannels, by: 16) {
                for run in 0..<runs { for element in 0..<length { for c in 0..<16 {
                    result.append(block + c < outputChannels ? weights[((block + c) * runs + run) * length + element] : 0)
                } } }
            }
        }
        var blob = Blob()
        blob.add(result)
        attributes.biasOffset = blob.add(bias + [Float](repeating: 0, count: rounded - bias.count))
        return blob
    }
}
