import Platform

extension InstructionChecker {
    func checkRecurrent(gates: Int) throws(Failure) {
        let a = try attributes(RecurrentAttributes(words: words))
        let x = try tensor(instruction.inputs.0)
        try require(a.hidden >= 1 && a.hidden <= 1 << 14 && a.inputs >= 1 && a.inputs <= 1 << 14, "impossible sizes")
        try require(x.type == .float32 && x.channels == a.inputs && x.height == 1, "its input does not fit")
        let hidden = Int(a.hidden), rows = gates * hidden
        // The bytes of a float convolution's weights: rows rounded up to 16.
        let width = roundUp(rows, to: 16) * 4
        func matrixBytes(_ columns: Int, _ format: Int32) throws(Failure) -> Int {
            try require(format == 0 || format == RecurrentAttributes.int8, "unknown format \(format) of its weights")
            return format == 0 ? Int(clamping: Int64(columns) * Int64(width)) : MatrixBlocks.bytes(format: format, outputs: rows, inputs: roundUp(columns, to: 32))
        }
        try requirePart(0, try matrixBytes(Int(a.inputs), a.inputFormat), "weights")
        try requirePart(a.recurrentOffset, try matrixBytes(hidden, a.recurrentFormat), "recurrent weights")
        try requirePart(a.inputBiasOffset, width, "biases")
        try requirePart(a.recurrentBiasOffset, width, "recurrent biases")
        func state(_ index: Int32) throws(Failure) {
            guard let state = try optional(index) else { return }
            try require(state.type == .float32 && Int64(state.elements) == Int64(x.batch) * Int64(hidden) && Int(state.channels) == hidden, "its state does not fit")
        }
        try state(instruction.inputs.1)
        try state(instruction.outputs.1)
        if gates == 4 {
            try state(instruction.inputs.2)
            try state(instruction.outputs.2)
        }
        if let y = try optional(instruction.outputs.0) {
            try require(y.type == .float32 && Int(y.channels) == hidden && y.batch == x.batch && y.height == 1 && y.width == x.width, "its output does not fit")
        }
    }

    func checkDetection() throws(Failure) {
        let a = try attributes(DetectionAttributes(words: words))
        let boxes = try tensor(instruction.inputs.0), scores = try tensor(instruction.inputs.1)
        try require(boxes.batch == 1 && scores.batch == 1 && boxes.pixels == scores.pixels && boxes.channels >= 4 && boxes.pixels <= 1 << 20,
                    "its boxes and scores do not fit each other")
        for tensor in [boxes, scores] {
            try require(tensor.type == .float32 || tensor.type == .int8, "only int8 and float32 are supported")
            if tensor.type == .int8 { try requireQuantised(tensor) }
        }
        try require(a.classes >= 1 && (scores.channels == a.classes || scores.channels - 1 == a.classes), "its scores do not fit its classes")
        for value in [a.maximumDetections, a.maximumClassesPerDetection, a.detectionsPerClass] {
            try require(value >= 1 && value <= 1 << 14, "impossible number of detections \(value)")
        }
        try require(a.maximumClassesPerDetection <= a.classes, "more classes a detection than classes")
        for value in [a.scoreThreshold, a.overlapThreshold] { try require(value.isFinite, "impossible threshold") }
        for value in [a.scaleY, a.scaleX, a.scaleHeight, a.scaleWidth] { try requireScale(value) }
        try requirePart(0, boxes.pixels * 16, "anchors")
        let most = Int(a.maximumDetections) * Int(a.maximumClassesPerDetection)
        for (index, elements) in [(instruction.outputs.0, most * 4), (instruction.outputs.1, most), (instruction.outputs.2, most), (instruction.outputs.3, 1)] {
            let output = try tensor(index)
            try require(output.type == .float32, "its outputs must be float32")
            try requireDense(output)
            try require(output.elements >= elements, "its outputs are too small")
        }
    }
}
