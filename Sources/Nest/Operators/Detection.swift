import Platform

/// SSD post-processing (the TFLite custom operator): anchors (y, x, height, width as float32) at the blob's start.
/// Outputs: boxes (1, 1, detections, 4: ymin, xmin, ymax, xmax), classes, scores, count; float32.
public struct DetectionAttributes: AttributeFields, Equatable {
    public var maximumDetections: Int32 = 10, maximumClassesPerDetection: Int32 = 1, detectionsPerClass: Int32 = 100
    public var classes: Int32 = 0, useRegularSuppression: Int32 = 0
    public var scoreThreshold: Float = 0, overlapThreshold: Float = 0.6
    public var scaleY: Float = 10, scaleX: Float = 10, scaleHeight: Float = 5, scaleWidth: Float = 5

    public init() {}

    public mutating func fields(_ codec: inout FieldCodec) {
        codec.integer("maximumDetections", &maximumDetections)
        codec.integer("maximumClassesPerDetection", &maximumClassesPerDetection)
        codec.integer("detectionsPerClass", &detectionsPerClass)
        codec.integer("classes", &classes)
        codec.integer("useRegularSuppression", &useRegularSuppression)
        codec.float("scoreThreshold", &scoreThreshold)
        codec.float("overlapThreshold", &overlapThreshold)
        codec.float("scaleY", &scaleY)
        codec.float("scaleX", &scaleX)
        codec.float("scaleHeight", &scaleHeight)
        codec.float("scaleWidth", &scaleWidth)
    }
}

extension Operator {
    static let detectionPostprocess = Operator("detection", .detection, DetectionAttributes.self) { (checker, a) throws(Failure) in
        try checker.checkDetection(a)
    }
}

extension InstructionChecker {
    func checkDetection(_ a: DetectionAttributes) throws(Failure) {
        let boxes = try tensor(instruction.inputs.0), scores = try tensor(instruction.inputs.1)
        try require(boxes.batch == 1 && scores.batch == 1 && boxes.pixels == scores.pixels && boxes.channels >= 4
                    && boxes.pixels <= 1 << 20,
                    "its boxes and scores do not fit each other")
        for tensor in [boxes, scores] {
            try require(tensor.type == .float32 || tensor.type == .int8, "only int8 and float32 are supported")
            if tensor.type == .int8 { try requireQuantised(tensor) }
        }
        try require(a.classes >= 1 && (scores.channels == a.classes || scores.channels - 1 == a.classes),
                    "its scores do not fit its classes")
        for value in [a.maximumDetections, a.maximumClassesPerDetection, a.detectionsPerClass] {
            try require(value >= 1 && value <= 1 << 14, "impossible number of detections \(value)")
        }
        try require(a.maximumClassesPerDetection <= a.classes, "more classes a detection than classes")
        for value in [a.scoreThreshold, a.overlapThreshold] { try require(value.isFinite, "impossible threshold") }
        for value in [a.scaleY, a.scaleX, a.scaleHeight, a.scaleWidth] { try requireScale(value) }
        try requirePart(0, boxes.pixels * 16, "anchors")
        let most = Int(a.maximumDetections) * Int(a.maximumClassesPerDetection)
        for (index, elements) in [(instruction.outputs.0, most * 4), (instruction.outputs.1, most), (instruction.outputs.2, most),
                                  (instruction.outputs.3, 1)] {
            let output = try tensor(index)
            try require(output.type == .float32, "its outputs must be float32")
            try requireDense(output)
            try require(output.elements >= elements, "its outputs are too small")
        }
    }
}
