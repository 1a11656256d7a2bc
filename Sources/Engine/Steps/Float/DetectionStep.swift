import CLinux
import Nest
import Platform

/// SSD boxes: decode centre-size encodings against anchors, suppress overlapping ones, keep the best; TensorFlow Lite's
/// detection post-processing, fast (classes together) or regular (class by class).
final class DetectionStep: Step {
    private let encodings: View, scores: View
    private let outputs: [View]
    private let anchors: UnsafePointer<Float>
    private let a: DetectionAttributes
    private let count: Int, labelOffset: Int
    private let memory: PageMemory
    private let boxes: UnsafeMutablePointer<Float>
    private let values: UnsafeMutablePointer<Float>
    private let suppression: Suppression
    /// Best classes of an anchor, for the fast form.
    private let best: UnsafeMutablePointer<Int32>
    /// Merged detections of the regular form: anchor, class, score; kept sorted.
    private let kept: UnsafeMutablePointer<Detection>

    struct Detection {
        var anchor: Int32, category: Int32
        var score: Float
    }

    init(_ context: StepContext) throws(Failure) {
        encodings = context.view(context.instruction.inputs.0)
        scores = context.view(context.instruction.inputs.1)
        outputs = [context.view(context.instruction.outputs.0), context.view(context.instruction.outputs.1),
                   context.view(context.instruction.outputs.2), context.view(context.instruction.outputs.3)]
        anchors = context.blob.assumingMemoryBound(to: Float.self)
        a = DetectionAttributes(words: context.words)!
        count = encodings.pixels
        labelOffset = scores.channels - Int(a.classes)
        let most = Int(max(a.maximumDetections, a.detectionsPerClass))
        let bytes = count * (16 + 4 + 4 + 4) + most * 4 + Int(a.maximumClassesPerDetection) * 4 + (Int(a.maximumDetections) + 1) * 12 + 7
            * 64
        memory = try PageMemory(count: bytes)
        var used = 0
        func part<T>(_ type: T.Type, _ count: Int, _ memory: PageMemory) -> UnsafeMutablePointer<T> {
            let start = memory.baseAddress + used
            used = roundUp(used + count * MemoryLayout<T>.stride, to: 64)
            return start.bindMemory(to: T.self, capacity: count)
        }
        boxes = part(Float.self, count * 4, memory)
        values = part(Float.self, count, memory)
        suppression = Suppression(order: part(Int32.self, count, memory), active: part(Int32.self, count, memory),
                                  selected: part(Int32.self, most, memory))
        best = part(Int32.self, Int(a.maximumClassesPerDetection), memory)
        kept = part(Detection.self, Int(a.maximumDetections) + 1, memory)
        super.init(index: context.index)
    }

    override var ownBytes: Int { memory.bytes.count }

    override func checkWeights() throws(Failure) {
        for i in 0..<count * 4 where !anchors[i].isFinite { throw Failure(.badFormat, "anchor \(i / 4) is no number") }
    }

    override func execute(_ slice: Int, worker: Int) {
        for output in outputs { output.floats.update(repeating: 0, count: output.record.elements) }
        decode()
        let found = a.useRegularSuppression != 0 ? regular() : fast()
        outputs[3].floats[0] = Float(found)
    }

    @inline(__always)
    private func value(_ view: View, _ pixel: Int, _ channel: Int) -> Float {
        view.type == .float32 ? view.floats[pixel * view.stride + channel]
            : Float(Int32(view.bytes[pixel * view.stride + channel]) - view.record.zeroPoint) * view.record.scale
    }

    private func decode() {
        for i in 0..<count {
            let anchor = anchors + i * 4, box = boxes + i * 4
            let y = value(encodings, i, 0) / a.scaleY * anchor[2] + anchor[0]
            let x = value(encodings, i, 1) / a.scaleX * anchor[3] + anchor[1]
            let halfHeight = 0.5 * expf(value(encodings, i, 2) / a.scaleHeight) * anchor[2]
            let halfWidth = 0.5 * expf(value(encodings, i, 3) / a.scaleWidth) * anchor[3]
            box[0] = y - halfHeight
            box[1] = x - halfWidth
            box[2] = y + halfHeight
            box[3] = x + halfWidth
        }
    }

    private func put(_ position: Int, _ detection: Detection) {
        (outputs[0].floats + position * 4).update(from: boxes + Int(detection.anchor) * 4, count: 4)
        outputs[1].floats[position] = Float(detection.category)
        outputs[2].floats[position] = detection.score
    }

    /// Anchors compete by their best class; each survivor is reported with its best classes.
    private func fast() -> Int {
        let perAnchor = Int(a.maximumClassesPerDetection)
        for i in 0..<count {
            var most = value(scores, i, labelOffset)
            for category in 1..<max(Int(a.classes), 1) { most = max(most, value(scores, i, labelOffset + category)) }
            values[i] = most
        }
        let selected = suppression.run(boxes, values, count, threshold: a.scoreThreshold, overlap: a.overlapThreshold,
                                       most: Int(a.maximumDetections))
        for position in 0..<selected {
            let anchor = Int(suppression.selected[position])
            sortClasses(anchor, perAnchor)
            for rank in 0..<perAnchor {
                put(position * perAnchor + rank, Detection(anchor: Int32(anchor), category: best[rank],
                                                           score: value(scores, anchor, labelOffset + Int(best[rank]))))
            }
        }
        return selected * perAnchor
    }

    /// The `most` best classes of an anchor, best first, equal ones in order.
    private func sortClasses(_ anchor: Int, _ most: Int) {
        var used = 0
        for category in 0..<Int(a.classes) {
            let score = value(scores, anchor, labelOffset + category)
            var place = used
            while place > 0, value(scores, anchor, labelOffset + Int(best[place - 1])) < score { place -= 1 }
            if place >= most { continue }
            var last = min(used, most - 1)
            while last > place {
                best[last] = best[last - 1]
                last -= 1
            }
            best[place] = Int32(category)
            used = min(used + 1, most)
        }
    }

    /// Every class by itself; the best of all classes are merged.
    private func regular() -> Int {
        let most = Int(a.maximumDetections)
        var used = 0
        for category in 0..<Int(a.classes) {
            for i in 0..<count { values[i] = value(scores, i, labelOffset + category) }
            let selected = suppression.run(boxes, values, count, threshold: a.scoreThreshold, overlap: a.overlapThreshold,
                                           most: Int(a.detectionsPerClass))
            for position in 0..<selected {
                let anchor = suppression.selected[position]
                let score = values[Int(anchor)]
                var place = used
                while place > 0, kept[place - 1].score < score { place -= 1 }
                // Selected ones come best first: once one is too late, so are the rest.
                if place >= most { break }
                var last = min(used, most - 1)
                while last > place {
                    kept[last] = kept[last - 1]
                    last -= 1
                }
                kept[place] = Detection(anchor: anchor, category: Int32(category), score: score)
                used = min(used + 1, most)
            }
        }
        for position in 0..<used { put(position, kept[position]) }
        return used
    }
}
