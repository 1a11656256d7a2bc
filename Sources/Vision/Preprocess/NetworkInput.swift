import Platform

/// How a picture is fitted to a network's input.
public enum ImageFit: UInt8, Sendable {
    /// The middle square of 0.875 of the short side, as the EfficientNet family is evaluated.
    case crop
    /// Both sides scaled to the input's.
    case stretch
    /// Scaled to fit, at the top left; the rest is 114, as YOLOX is trained.
    case letterbox

    /// By the name that a nest's metadata gives the fit; nil: not known.
    public init?(name: String) {
        switch name {
        case "crop": self = .crop
        case "stretch": self = .stretch
        case "letterbox": self = .letterbox
        default: return nil
        }
    }
}

/// What a network wants at its input: geometry, element type, and the numbers that turn a pixel into an element.
public struct NetworkInput: Sendable {
    public enum Element: Sendable, Equatable {
        case float32
        /// real = scale * (quantised - zeroPoint)
        case int8(scale: Float, zeroPoint: Int32)
    }

    public var width: Int
    public var height: Int
    /// 3, or 1 for a network that wants grey.
    public var channels: Int
    /// Elements from one pixel to the next.
    public var pixelStride: Int
    public var element: Element
    /// real = (pixel - mean) / deviation, in the order of the network's channels.
    public var mean: [Float]
    public var deviation: [Float]
    /// The network's first channel is blue.
    public var isBGR: Bool
    public var fit: ImageFit
    public var filter: ResampleFilter

    /// An input without gaps between pixels unless `pixelStride` is given; nothing is checked yet.
    public init(width: Int, height: Int, channels: Int = 3, pixelStride: Int? = nil, element: Element, mean: [Float] = [0, 0, 0],
                deviation: [Float] = [1, 1, 1], isBGR: Bool = false, fit: ImageFit = .crop, filter: ResampleFilter = .bicubic) {
        self.width = width
        self.height = height
        self.channels = channels
        self.pixelStride = pixelStride ?? channels
        self.element = element
        self.mean = mean
        self.deviation = deviation
        self.isBGR = isBGR
        self.fit = fit
        self.filter = filter
    }

    /// The size a photo should at least be decoded at.
    public var decodeSize: (width: Int, height: Int) {
        fit == .crop ? (width * 8 / 7, height * 8 / 7) : (width, height)
    }

    /// Bytes from the first element of an image to the next image's.
    public var byteCount: Int { width * height * pixelStride * (element == .float32 ? 4 : 1) }

    func check() throws(Failure) {
        guard width > 0, height > 0, width <= 4096, height <= 4096, channels == 1 || channels == 3, pixelStride >= channels else {
            throw Failure(.unsupported,
                "a network input of \(width)x\(height)x\(channels) isn't a picture: 1 or 3 channels and at most 4096 a side are expected")
        }
        guard mean.count >= channels, deviation.count >= channels else {
            throw Failure(.badFormat, "image.mean and image.deviation need \(channels) numbers")
        }
        for channel in 0..<channels {
            guard mean[channel].isFinite, deviation[channel].isFinite, deviation[channel] != 0 else {
                throw Failure(.badFormat, "image.mean and image.deviation must be finite and a deviation not 0")
            }
        }
        if case .int8(let scale, _) = element {
            guard scale > 0, scale.isFinite else { throw Failure(.badFormat, "the network's input has no quantisation scale") }
        }
    }

    /// The element of each pixel value: 256 a channel.
    func floatTable(channel: Int) -> [Float] {
        var table = [Float](repeating: 0, count: 256)
        for value in 0..<256 { table[value] = (Float(value) - mean[channel]) / deviation[channel] }
        return table
    }

    func int8Table(channel: Int, scale: Float, zeroPoint: Int32) -> [Int8] {
        var table = [Int8](repeating: 0, count: 256)
        for (value, real) in floatTable(channel: channel).enumerated() {
            let quantised = (real / scale).rounded(.toNearestOrEven) + Float(zeroPoint)
            table[value] = Int8(max(-128, min(127, quantised)))
        }
        return table
    }
}
