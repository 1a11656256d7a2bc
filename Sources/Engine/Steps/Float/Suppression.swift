/// Greedy non-maximum suppression over boxes (ymin, xmin, ymax, xmax) in memory that was given once.
struct Suppression {
    let order: UnsafeMutablePointer<Int32>
    let active: UnsafeMutablePointer<Int32>
    /// The result: indices of boxes, best first.
    let selected: UnsafeMutablePointer<Int32>

    /// The number of boxes selected: scores at least `threshold`, overlap with a better one at most `overlap`, `most`
    /// of them at most. Equal scores: the lower index first.
    func run(_ boxes: UnsafePointer<Float>, _ scores: UnsafePointer<Float>, _ count: Int, threshold: Float, overlap: Float, most: Int)
        -> Int {
        var candidates = 0
        for i in 0..<count where scores[i] >= threshold {
            order[candidates] = Int32(i)
            active[candidates] = 1
            candidates += 1
        }
        sort(scores, candidates)
        var found = 0
        for i in 0..<candidates where active[i] != 0 {
            if found == most { break }
            selected[found] = order[i]
            found += 1
            for j in (i + 1)..<max(candidates, i + 1) where active[j] != 0 {
                if intersectionOverUnion(boxes + Int(order[i]) * 4, boxes + Int(order[j]) * 4) > overlap { active[j] = 0 }
            }
        }
        return found
    }

    private func intersectionOverUnion(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
        let areaA = (a[2] - a[0]) * (a[3] - a[1]), areaB = (b[2] - b[0]) * (b[3] - b[1])
        if areaA <= 0 || areaB <= 0 { return 0 }
        let height = max(min(a[2], b[2]) - max(a[0], b[0]), 0), width = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
        return height * width / (areaA + areaB - height * width)
    }

    /// Heap sort of `order`, best score first: the standard library's sort would allocate. Total order by index where
    /// scores are equal, so the result is that of a stable sort.
    private func sort(_ scores: UnsafePointer<Float>, _ count: Int) {
        func after(_ a: Int32, _ b: Int32) -> Bool {
            let p = scores[Int(a)], q = scores[Int(b)]
            return p != q ? p < q : a > b
        }
        func sink(_ start: Int, _ end: Int) {
            var root = start
            while 2 * root + 1 < end {
                var child = 2 * root + 1
                if child + 1 < end, after(order[child + 1], order[child]) { child += 1 }
                if !after(order[child], order[root]) { return }
                (order[root], order[child]) = (order[child], order[root])
                root = child
            }
        }
        var start = count / 2
        while start > 0 {
            start -= 1
            sink(start, count)
        }
        var end = count
        while end > 1 {
            end -= 1
            (order[0], order[end]) = (order[end], order[0])
            sink(0, end)
        }
    }
}
