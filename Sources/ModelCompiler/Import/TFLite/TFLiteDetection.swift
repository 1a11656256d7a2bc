import Nest
import Platform

/// The custom operator at the end of SSD models.
extension TFLiteImporter {
    mutating func detectionPostprocess(_ item: TFLiteOperator) throws {
        guard item.inputs.count == 3, item.outputs.count == 4 else {
            throw Failure(.badFormat, "\(item.inputs.count) inputs and \(item.outputs.count) outputs, not 3 and 4")
        }
        let attributes = try DetectionAttributes(FlexMap(item.customOptions, what: item.operation))
        let boxes = try real(item, 0), scores = try real(item, 1)
        var anchors = graph.tensors[try input(item, 2)]
        if anchors.type != .float32 { anchors = try tensors.dequantized(anchors) }
        guard anchors.constant != nil else { throw Failure(.unsupported, "its anchors aren't constant") }
        let inputs = [boxes, scores, graph.addTensor(anchors)]
        // Old converters leave these outputs without shapes; they follow from the options.
        let operation = Operation.detectionPostprocess(attributes)
        let shapes = try ShapeRules.outputs(of: operation, inputs: inputs.map { shape($0) }, declared: [])
        let outputs = try zip(item.outputs, shapes).map { index, shape in
            let id = try tensor(index)
            guard graph.tensors[id].type == .float32, graph.tensors[id].constant == nil else {
                throw Failure(.badFormat, "its outputs aren't float32")
            }
            graph.tensors[id].shape = shape
            return id
        }
        add(item, operation, inputs: inputs, outputs: outputs)
    }

    /// The input as float32, through a dequantisation where it is quantised.
    mutating func real(_ item: TFLiteOperator, _ position: Int) throws -> TensorID {
        let id = try input(item, position)
        guard graph.tensors[id].type != .float32 else { return id }
        let name = graph.tensors[id].name + "/real"
        return graph.addNode(name, .quantize, inputs: [id], output: GraphTensor(name: name, shape: shape(id), type: .float32))
    }
}

extension DetectionAttributes {
    /// The options as the converter wrote them, with the defaults of the operator.
    fileprivate init(_ options: FlexMap) throws {
        self.init()
        func integer(_ key: String, _ value: Int32) throws -> Int32 {
            guard let found = options.values[key] else { return value }
            guard let exact = Int32(exactly: found) else { throw Failure(.badFormat, "\(key) is \(found)") }
            return exact
        }
        func float(_ key: String, _ value: Float) -> Float { options.values[key].map { Float($0) } ?? value }
        maximumDetections = try integer("max_detections", maximumDetections)
        maximumClassesPerDetection = try integer("max_classes_per_detection", maximumClassesPerDetection)
        detectionsPerClass = try integer("detections_per_class", detectionsPerClass)
        classes = try integer("num_classes", classes)
        useRegularSuppression = try integer("use_regular_nms", useRegularSuppression)
        scoreThreshold = float("nms_score_threshold", 0)
        overlapThreshold = float("nms_iou_threshold", overlapThreshold)
        scaleY = float("y_scale", scaleY)
        scaleX = float("x_scale", scaleX)
        scaleHeight = float("h_scale", scaleHeight)
        scaleWidth = float("w_scale", scaleWidth)
    }
}
