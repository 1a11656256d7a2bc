/// Byte-pair encoding of one word: symbols in a linked list, adjacent pairs in a queue by rank and place. The best
/// pair is merged until none is left: O(n log n). Memory is kept from word to word.
struct PairMerger {
    struct Symbol {
        /// The symbol's bytes in the text; `end` moves as it takes in its neighbours.
        var start: Int32, end: Int32
        /// -1: no piece (SentencePiece: characters outside the vocabulary).
        var id: Int32
        var previous: Int32, next: Int32
        /// Of the pair with the next symbol, as it was queued; `noRank`: none.
        var rank: UInt32 = PairMerger.noRank
        var merged: Int32 = -1

        init(start: Int, end: Int, id: Int32) {
            self.start = Int32(start)
            self.end = Int32(end)
            self.id = id
            previous = -1
            next = -1
        }
    }

    static let noRank = UInt32.max
    /// Below this many symbols, looking through all pairs beats a queue.
    private static let short = 20

    private(set) var symbols: [Symbol] = []
    /// A binary heap of rank << 32 | index of the left symbol.
    private var heap: [UInt64] = []

    mutating func begin() { symbols.removeAll(keepingCapacity: true) }
    mutating func append(_ symbol: Symbol) { symbols.append(symbol) }

    /// Merges what was appended. `pair` gives rank and result for two neighbours. Then `forEach` walks what is left.
    @inline(__always)
    mutating func merge(_ pair: (Symbol, Symbol) -> (rank: UInt32, result: Int32)?) {
        let count = symbols.count
        guard count > 1 else { return }
        for index in 0..<count {
            symbols[index].previous = Int32(index - 1)
            symbols[index].next = index + 1 < count ? Int32(index + 1) : -1
        }
        heap.removeAll(keepingCapacity: true)
        let queues = count > Self.short
        for index in 0..<count - 1 { look(index, queues, pair) }
        while let index = queues ? popValid() : best() {
            join(index)
            let previous = Int(symbols[index].previous)
            look(index, queues, pair)
            if previous >= 0 { look(previous, queues, pair) }
        }
    }

    /// What is left after `merge`, in order.
    @inline(__always)
    func forEach(_ body: (Symbol) -> Void) {
        var index = symbols.isEmpty ? -1 : 0
        while index >= 0 {
            body(symbols[index])
            index = Int(symbols[index].next)
        }
    }

    @inline(__always)
    private mutating func look(_ index: Int, _ queues: Bool, _ pair: (Symbol, Symbol) -> (rank: UInt32, result: Int32)?) {
        let next = Int(symbols[index].next)
        guard next >= 0, let found = pair(symbols[index], symbols[next]) else {
            symbols[index].rank = Self.noRank
            return
        }
        symbols[index].rank = found.rank
        symbols[index].merged = found.result
        if queues { push(UInt64(found.rank) << 32 | UInt64(index)) }
    }

    private mutating func join(_ index: Int) {
        let next = Int(symbols[index].next), after = Int(symbols[next].next)
        symbols[index].id = symbols[index].merged
        symbols[index].end = symbols[next].end
        symbols[index].next = Int32(after)
        if after >= 0 { symbols[after].previous = Int32(index) }
        symbols[next].rank = Self.noRank
    }

    /// The leftmost of the best pairs.
    private func best() -> Int? {
        var index = 0, found = -1, least = Self.noRank
        while index >= 0 {
            if symbols[index].rank < least {
                least = symbols[index].rank
                found = index
            }
            index = Int(symbols[index].next)
        }
        return found < 0 ? nil : found
    }

    /// Takes from the heap until an entry still says what its symbol says: others were overtaken by merges.
    private mutating func popValid() -> Int? {
        while let entry = pop() {
            let index = Int(entry & 0xffff_ffff)
            if symbols[index].rank == UInt32(entry >> 32) { return index }
        }
        return nil
    }

    private mutating func push(_ entry: UInt64) {
        var place = heap.count
        heap.append(entry)
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[parent] > entry else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = entry
    }

    private mutating func pop() -> UInt64? {
        guard let top = heap.first else { return nil }
        let entry = heap.removeLast(), count = heap.count
        guard count > 0 else { return top }
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < count else { break }
            if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < entry else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = entry
        return top
    }
}
