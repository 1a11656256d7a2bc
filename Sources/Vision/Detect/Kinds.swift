import Platform

/// Which of a classifier's classes are kinds of which of a detector's: a beagle is a dog, a nematode no kite. By names, as WordNet has
/// them (KindTable.swift), so that it serves any model whose labels are COCO's and ImageNet's in one of their usual spellings.
public struct Kinds {
    /// Names are said from here on. Of 85 pictures with known classes 34 of 37 names were right then, and none of 4 more below it.
    public static let leastProbability: Float = 0.3
    /// A box with a shorter side shows too little, in pixels.
    public static let leastSide: Float = 32

    /// For every class of the detector the classifier's, in order.
    private let kinds: [[Int]]

    /// - Parameters:
    ///   - detector: the labels of the detector.
    ///   - classifier: those of the classifier, each of them a name or several with commas between.
    public init(detector: [String], classifier: [String]) {
        var names = NameIndex()
        for (index, label) in classifier.enumerated() {
            for name in split(label, at: ",") { names.add(name, index) }
        }
        names.finish()
        var kinds = [[Int]](repeating: [], count: detector.count)
        for line in split(kindTable, at: "\n") {
            let parts = split(line, at: ":")
            guard parts.count == 2 else { continue }
            var classes: [Int] = []
            for name in split(parts[1], at: ",") {
                for index in names.indices(name) where !classes.contains(index) { classes.append(index) }
            }
            let hash = NameIndex.hash(parts[0])
            for (index, label) in detector.enumerated() where NameIndex.hash(label) == hash { kinds[index] = classes }
        }
        self.kinds = kinds
    }

    /// Whether a class of the detector has any: a picture of one that hasn't need not be looked at again.
    public func has(_ detected: Int) -> Bool { kinds.indices.contains(detected) && !kinds[detected].isEmpty }

    /// Whether what a classifier says of an object's box is a finer name for it, and sure enough.
    public func isName(_ answer: Classification, of detected: Int) -> Bool {
        answer.probability >= Kinds.leastProbability && kinds.indices.contains(detected) && kinds[detected].contains(answer.index)
    }
}

/// Names with the classes that bear them, found by what remains of a name without case and blanks at its ends.
private struct NameIndex {
    private var entries: [(hash: UInt64, index: Int)] = []

    /// FNV-1a over ASCII's small letters.
    static func hash(_ name: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325, blanks = 0, hasBegun = false
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        for byte in name.utf8 {
            if byte == UInt8(ascii: " ") {
                blanks += 1
                continue
            }
            if hasBegun { for _ in 0..<blanks { add(UInt8(ascii: " ")) } }
            (blanks, hasBegun) = (0, true)
            add(byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte)
        }
        return hash
    }

    mutating func add(_ name: String, _ index: Int) { entries.append((NameIndex.hash(name), index)) }

    /// After all names have been added.
    mutating func finish() { entries.order { $0.hash < $1.hash } }

    func indices(_ name: String) -> [Int] {
        let hash = NameIndex.hash(name)
        var low = 0, high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        var found: [Int] = []
        while low < entries.count, entries[low].hash == hash {
            found.append(entries[low].index)
            low += 1
        }
        return found
    }
}
