/// For each input of a convolution, the mean over all output positions of what each kernel tap reads of each channel,
/// zeros beyond the border included: a convolution is linear, so its mean result is its weights applied to these.
struct TapMeans {
    let window: Window
    let inputSize: (height: Int, width: Int, channels: Int)
    private let outputSize: (height: Int, width: Int)
    /// The sum over all samples, an image.
    private var sums: [Double]
    private var count = 0.0

    init(window: Window, height: Int, width: Int, channels: Int) {
        self.window = window
        inputSize = (height, width, channels)
        outputSize = window.output(height: height, width: width)
        sums = [Double](repeating: 0, count: height * width * channels)
    }

    /// - Parameter values: one or more whole images.
    mutating func add(_ values: [Float]) {
        guard !sums.isEmpty, values.count % sums.count == 0 else { return }
        let size = sums.count
        sums.withUnsafeMutableBufferPointer { sums in
            values.withUnsafeBufferPointer { values in
                for first in stride(from: 0, to: values.count, by: size) {
                    for index in 0..<size { sums[index] += Double(values[first + index]) }
                }
            }
        }
        count += Double(values.count / size)
    }

    /// [tap][channel].
    func means() -> [Double] {
        let (height, width, channels) = inputSize
        var means = [Double](repeating: 0, count: window.kernel.0 * window.kernel.1 * channels)
        let positions = Double(outputSize.height * outputSize.width) * count
        guard positions > 0 else { return means }
        for ky in 0..<window.kernel.0 {
            for kx in 0..<window.kernel.1 {
                let base = (ky * window.kernel.1 + kx) * channels
                for oy in 0..<outputSize.height {
                    let y = oy * window.stride.0 + ky * window.dilation.0 - window.padding.top
                    guard (0..<height).contains(y) else { continue }
                    for ox in 0..<outputSize.width {
                        let x = ox * window.stride.1 + kx * window.dilation.1 - window.padding.left
                        guard (0..<width).contains(x) else { continue }
                        let pixel = (y * width + x) * channels
                        for c in 0..<channels { means[base + c] += sums[pixel + c] }
                    }
                }
            }
        }
        return means.map { $0 / positions }
    }
}
