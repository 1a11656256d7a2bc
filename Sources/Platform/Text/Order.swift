extension Array {
    /// Puts the elements in order; those of which neither comes first stay as they stand. Bottom-up merging: n log n
    /// comparisons, and room for two copies.
    ///
    /// The standard library's `sort` makes about five kilobytes of code for each kind of element that is sorted, this a
    /// tenth: what runs on boards orders short lists.
    @inline(never)
    public mutating func order(by isBefore: (Element, Element) -> Bool) {
        var from = self, to = self
        var width = 1
        while width < count {
            var start = 0
            while start < count {
                let middle = Swift.min(start + width, count), end = Swift.min(start + 2 * width, count)
                var left = start, right = middle
                for position in start..<end {
                    if left < middle, right == end || !isBefore(from[right], from[left]) {
                        to[position] = from[left]
                        left += 1
                    } else {
                        to[position] = from[right]
                        right += 1
                    }
                }
                start = end
            }
            swap(&from, &to)
            width *= 2
        }
        self = from
    }
}
