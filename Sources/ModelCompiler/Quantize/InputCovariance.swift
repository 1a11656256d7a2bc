import Nest

/// How the values that a convolution multiplies with its weights go together: their covariance over sampled windows, for a
/// depthwise convolution channel by channel. Rounding errors of weights on values that go together can cancel out.
struct InputCovariance {
    /// Values of a window: taps times channels; of a depthwise one, taps.
    let size: Int
    /// 1, or the channels of a depthwise convolution.
    let groups: Int
    private let window: Window
    private let shape: (height: Int, width: Int, channels: Int)
    private var sums: [Double]
    /// [group][row][column], lower triangle.
    private var products: [Float]
    private var count = 0

    /// Windows of an image that are looked at, spread evenly.
    private static let windowsPerImage = 192
    /// Larger windows aren't worth their memory and time; their weights are rounded to the nearest.
    private static let largest = 1536

    /// Nil for what is no convolution, or too large a one.
    init?(_ node: Node, _ graph: Graph) {
        let input = Lowering.shape4(graph.tensors[node.inputs[0]].shape)
        switch node.operation {
        case .convolution(let window, _):
            self.window = window
            shape = (input[1], input[2], input[3])
            groups = 1
            size = window.kernel.0 * window.kernel.1 * input[3]
        case .depthwiseConvolution(let window, 1, _):
            self.window = window
            shape = (input[1], input[2], input[3])
            groups = input[3]
            size = window.kernel.0 * window.kernel.1
        case .fullyConnected:
            guard let inner = graph.tensors[node.inputs[1]].shape.last else { return nil }
            window = Window(kernel: (1, 1))
            shape = (1, 1, inner)
            groups = 1
            size = inner
        default: return nil
        }
        guard size > 0, size <= Self.largest, groups * size <= 1 << 16 else { return nil }
        sums = [Double](repeating: 0, count: groups * size)
        products = [Float](repeating: 0, count: groups * size * size)
    }

    /// - Parameter values: one or more whole images.
    mutating func add(_ values: [Float]) {
        let image = shape.height * shape.width * shape.channels
        guard image > 0 else { return }
        let output = window.output(height: shape.height, width: shape.width), positions = output.height * output.width
        var patch = [Float](repeating: 0, count: groups * size)
        for first in stride(from: 0, to: values.count - image + 1, by: image) {
            let taken = min(positions, Self.windowsPerImage)
            for index in 0..<taken {
                // An odd offset, so that samples don't all lie in the same columns.
                let position = (index * positions / taken + index * 7 % max(1, positions / taken)) % positions
                gather(values, first, position / output.width, position % output.width, into: &patch)
                accumulate(patch)
            }
        }
    }

    private func gather(_ values: [Float], _ first: Int, _ oy: Int, _ ox: Int, into patch: inout [Float]) {
        for ky in 0..<window.kernel.0 {
            let y = oy * window.stride.0 + ky * window.dilation.0 - window.padding.top
            for kx in 0..<window.kernel.1 {
                let x = ox * window.stride.1 + kx * window.dilation.1 - window.padding.left
                let tap = ky * window.kernel.1 + kx, isInside = (0..<shape.height).contains(y) && (0..<shape.width).contains(x)
                for channel in 0..<shape.channels {
                    let value = isInside ? values[first + (y * shape.width + x) * shape.channels + channel] : 0
                    patch[groups == 1 ? tap * shape.channels + channel : channel * size + tap] = value.isFinite ? value : 0
                }
            }
        }
    }

    private mutating func accumulate(_ patch: [Float]) {
        count += 1
        for index in patch.indices { sums[index] += Double(patch[index]) }
        products.withUnsafeMutableBufferPointer { products in
            patch.withUnsafeBufferPointer { patch in
                for group in 0..<groups {
                    for row in 0..<size {
                        let factor = patch[group * size + row], target = (group * size + row) * size
                        if factor == 0 { continue }
                        for column in 0...row { products[target + column] += factor * patch[group * size + column] }
                    }
                }
            }
        }
    }

    /// The lower Cholesky factor of a group's covariance, damped by a hundredth of its mean variance; nil without samples.
    ///
    /// - Parameter factors: what each value of the window is divided by before it meets the weights.
    func factor(_ group: Int, dividedBy factors: [Float]) -> [Double]? {
        guard count > 0, factors.count == size else { return nil }
        var matrix = [Double](repeating: 0, count: size * size), trace = 0.0
        let base = group * size
        for row in 0..<size {
            for column in 0...row {
                let mean = sums[base + row] / Double(count) * sums[base + column] / Double(count)
                let covariance = Double(products[(base + row) * size + column]) / Double(count) - mean
                matrix[row * size + column] = covariance / (Double(factors[row]) * Double(factors[column]))
            }
            matrix[row * size + row] = max(0, matrix[row * size + row])
            trace += matrix[row * size + row]
        }
        let damping = 0.01 * trace / Double(size) + 1e-12
        for index in 0..<size { matrix[index * size + index] += damping }
        return choleskyFactor(matrix, size: size)
    }
}

/// The lower triangle L with L Lᵀ = matrix; nil for what isn't positive definite.
func choleskyFactor(_ matrix: [Double], size: Int) -> [Double]? {
    var factor = matrix
    let isDefinite = factor.withUnsafeMutableBufferPointer { l in
        for row in 0..<size {
            for column in 0...row {
                var sum = l[row * size + column]
                for k in 0..<column { sum -= l[row * size + k] * l[column * size + k] }
                if column < row {
                    l[row * size + column] = sum / l[column * size + column]
                } else {
                    guard sum > 0 else { return false }
                    l[row * size + row] = sum.squareRoot()
                }
            }
        }
        return true
    }
    return isDefinite ? factor : nil
}
