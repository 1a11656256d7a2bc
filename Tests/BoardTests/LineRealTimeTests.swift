import CLinux
import Platform
import Testing

@Suite struct LineRealTimeTests {
    /// Allowed or not, the answer says what the kernel made of it. In a thread that ends with the test.
    @Test func theAnswerIsWhatTheKernelDid() throws {
        final class Seen: @unchecked Sendable { var complaint: String?, isFirstInFirstOut = false }
        let seen = Seen()
        try Thread {
            seen.complaint = RealTime.useRealTimePriority(10)
            seen.isFirstInFirstOut = sched_getscheduler(0) == SCHED_FIFO
        }.join()
        #expect((seen.complaint == nil) == seen.isFirstInFirstOut)
        #expect(RealTime.useRealTimePriority(1000)?.hasPrefix("no real-time priority: ") == true)
    }
}
