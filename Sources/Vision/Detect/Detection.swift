import Platform

/// One object found.
public struct Detection: Sendable, Equatable {
    /// In pixels: of the network's input as decoders give it, of the picture after mapping back.
    public var box: Rectangle
    public var index: Int
    /// 0...1.
    public var score: Float

    public init(box: Rectangle, index: Int, score: Float) {
        self.box = box
        self.index = index
        self.score = score
    }

    /// The detection in the picture that was placed, cut at its edges.
    public func inPicture(_ placement: Placement, width: Int, height: Int) -> Detection {
        let box = placement.toPicture(box)
        return Detection(box: Rectangle(left: max(0, min(Float(width), box.left)), top: max(0, min(Float(height), box.top)),
                                        right: max(0, min(Float(width), box.right)), bottom: max(0, min(Float(height), box.bottom))),
                         index: index, score: score)
    }
}

/// Overlap of two boxes: intersection over union, 0 for empty ones.
public func overlap(_ a: Rectangle, _ b: Rectangle) -> Float {
    let width = min(a.right, b.right) - max(a.left, b.left)
    let height = min(a.bottom, b.bottom) - max(a.top, b.top)
    guard width > 0, height > 0 else { return 0 }
    let shared = width * height
    let union = a.area + b.area - shared
    return union > 0 ? shared / union : 0
}

/// Greedy non-maximum suppression, class by class: keeps the best box and drops those of its class that overlap it by
/// more than `threshold`. Result best first, at most `limit`; of more than `candidates` boxes only the best are looked at.
public func suppressOverlaps(_ detections: [Detection], threshold: Float, limit: Int = 100, candidates: Int = 1000) -> [Detection] {
    var sorted = detections
    // Ties by place, so that the result doesn't depend on the sorting algorithm.
    sorted.order { a, b in
        if a.score != b.score { return a.score > b.score }
        if a.index != b.index { return a.index < b.index }
        return a.box.left != b.box.left ? a.box.left < b.box.left : a.box.top < b.box.top
    }
    var kept: [Detection] = []
    for detection in sorted.prefix(candidates) {
        var hidden = false
        for better in kept where better.index == detection.index && overlap(better.box, detection.box) > threshold {
            hidden = true
            break
        }
        if hidden { continue }
        kept.append(detection)
        if kept.count == limit { break }
    }
    return kept
}
