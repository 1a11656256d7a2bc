import Foundation
import Platform
import Testing

@Suite struct RingTests {
    @Test func ringKeepsOrderAndCountsWhatItDrops() {
        let ring = EventRing<UInt64>(capacity: 8)
        for value in 0..<12 { ring.push(UInt64(value)) }
        #expect(ring.count == 8 && ring.dropped == 4)
        for value in 0..<8 { #expect(ring.pop() == UInt64(value)) }
        #expect(ring.pop() == nil)
    }

    @Test func ringUnderTwoThreads() throws {
        struct Wide { var a: UInt64, b: UInt64, c: UInt64 }
        let ring = EventRing<Wide>(capacity: 64)
        let total: UInt64 = 2_000_000
        let producer = try Platform.Thread {
            var value: UInt64 = 0
            while value < total {
                if ring.push(Wide(a: value, b: value &* 3, c: ~value)) { value += 1 } else { usleep(1) }
            }
        }
        var expected: UInt64 = 0, torn = 0, disordered = 0
        while expected < total {
            guard let value = ring.pop() else {
                sched_yield()
                continue
            }
            if value.b != value.a &* 3 || value.c != ~value.a { torn += 1 }
            if value.a != expected { disordered += 1 }
            expected = value.a + 1
        }
        producer.join()
        #expect(torn == 0 && disordered == 0 && ring.pop() == nil)
    }

    @Test func readingsAreNeverTorn() throws {
        struct Wide { var values: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0) }
        let latest = SequenceLock(Wide())
        let ended = EventRing<Bool>(capacity: 2)
        let writer = try Platform.Thread {
            var value: UInt64 = 0
            while ended.count == 0 {
                value &+= 1
                latest.publish(Wide(values: (value, value, value, value, value, value, value, value)))
            }
        }
        // Until the two threads have met often enough, however the processors are shared out.
        var torn = 0, last: UInt64 = 0, backwards = 0, reads = 0, changes = 0
        while reads < 300_000 || changes < 200 {
            let v = latest.read().values
            reads += 1
            if v.0 != last { changes += 1 } else if reads % 256 == 0 { sched_yield() }
            if v.0 != v.1 || v.0 != v.3 || v.0 != v.5 || v.0 != v.7 { torn += 1 }
            if v.0 < last { backwards += 1 }
            last = v.0
        }
        ended.push(true)
        writer.join()
        #expect(torn == 0 && backwards == 0)
    }
}
