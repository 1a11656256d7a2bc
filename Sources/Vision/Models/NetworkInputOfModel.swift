import Engine
import Nest
import Platform

extension NetworkInput {
    /// What a model's first input wants, from its shape, its quantisation and the nest's metadata.
    /// - Throws: `.unsupported` where the input isn't a picture's, `.badFormat` where metadata is wrong.
    public init(of model: Model) throws(Failure) {
        let record = model.inputRecord(0)
        let element: Element
        var mean: [Float] = [127.5, 127.5, 127.5], deviation = mean
        switch record.type {
        case .int8:
            element = .int8(scale: record.scale, zeroPoint: record.zeroPoint)
            // Without metadata the quantised range is the pixels' own: quantised = pixel - 128.
            mean = [Float](repeating: Float(record.zeroPoint + 128), count: 3)
            deviation = [Float](repeating: record.scale > 0 ? 1 / record.scale : 1, count: 3)
        case .float32: element = .float32
        default: throw Failure(.unsupported, "the model's input is neither int8 nor float32; pictures need one of them")
        }
        if let text = model.metadata("image.mean") { mean = try threeNumbers(text, key: "image.mean") }
        if let text = model.metadata("image.deviation") { deviation = try threeNumbers(text, key: "image.deviation") }
        var fit = ImageFit.stretch
        if let text = model.metadata("image.fit") {
            guard let known = ImageFit(name: text) else {
                throw Failure(.badFormat, "the model's image.fit is \"\(text)\"; crop, stretch or letterbox is expected")
            }
            fit = known
        }
        self.init(width: Int(record.width), height: Int(record.height), channels: Int(record.channels),
                  pixelStride: Int(record.pixelStride),
                  element: element, mean: mean, deviation: deviation, isBGR: model.metadata("image.order") == "bgr", fit: fit,
                  filter: fit == .letterbox ? .bilinear : .bicubic)
    }
}

extension TensorView {
    /// A model's output, or the part of it that belongs to one image of the batch.
    /// - Throws: `.unsupported` where it is neither int8 nor float32.
    public init(model: Model, output index: Int, image: Int = 0) throws(Failure) {
        let record = model.outputRecord(index)
        let element: Element
        switch record.type {
        case .int8: element = .int8(scale: record.scale, zeroPoint: record.zeroPoint)
        case .float32: element = .float32
        default: throw Failure(.unsupported, "the model's output \(index) is neither int8 nor float32")
        }
        let pixels = Int(record.height) * Int(record.width)
        let start = image * pixels * Int(record.pixelStride) * record.type.size
        self.init(base: model.output(index).baseAddress! + start, element: element, pixels: pixels, channels: Int(record.channels),
                  pixelStride: Int(record.pixelStride))
    }
}

/// "127,127,127" or one number for all.
func threeNumbers(_ text: String, key: String) throws(Failure) -> [Float] {
    var numbers: [Float] = []
    for part in split(text, at: ",") {
        guard let number = decimal(part) else { throw Failure(.badFormat, "the model's \(key) \"\(text)\" isn't a list of numbers") }
        numbers.append(number)
    }
    if numbers.count == 1 { numbers = [numbers[0], numbers[0], numbers[0]] }
    guard numbers.count == 3 else { throw Failure(.badFormat, "the model's \(key) \"\(text)\" isn't three numbers") }
    return numbers
}
