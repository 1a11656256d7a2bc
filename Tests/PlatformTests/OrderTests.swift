import Platform
import Testing

@Suite struct OrderTests {
    /// Against the standard library, on arrays of every length up to 70 with few different keys.
    @Test func ordersAsTheStandardLibraryAndKeepsEqualOnesInPlace() {
        var generator = SystemRandomNumberGenerator()
        for count in 0...70 {
            for keys in [1, 3, 1000] {
                let values = (0..<count).map { (key: Int.random(in: 0..<keys, using: &generator), place: $0) }
                var ordered = values
                ordered.order { $0.key < $1.key }
                let expected = values.sorted { ($0.key, $0.place) < ($1.key, $1.place) }
                #expect(ordered.map { $0.place } == expected.map { $0.place })
            }
        }
    }

    /// What says nonsense, as comparisons with NaN do, loses no element.
    @Test func comparisonsWithoutSenseLoseNothing() {
        var values: [Float] = [3, .nan, 1, .nan, 2, 0, .nan]
        values.order { !($0 < $1) }
        #expect(values.count == 7 && values.filter { $0.isNaN }.count == 3 && Set(values.filter { !$0.isNaN }) == [0, 1, 2, 3])
    }
}
