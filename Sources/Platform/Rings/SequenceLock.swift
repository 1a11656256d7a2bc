import CLinux

/// The newest of a value that one thread writes and any number read, without a lock: the writer never waits, a reader
/// that met a change reads again.
///
/// `Value` holds no references.
public final class SequenceLock<Value> {
    private let sequence = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

    /// `initial` is what readers get before the first `publish`.
    public init(_ initial: Value) {
        sequence.initialize(to: 0)
        value.initialize(to: initial)
    }

    deinit {
        sequence.deallocate()
        value.deallocate()
    }

    /// For the one writer.
    public func publish(_ newValue: Value) {
        let start = sequence.pointee
        linux_store(sequence, start &+ 1)
        linux_fence()
        withUnsafePointer(to: newValue) { linux_copy_shared(value, $0, MemoryLayout<Value>.size) }
        linux_store(sequence, start &+ 2)
    }

    public func read() -> Value {
        // What was copied is a value only once nobody changed it meanwhile.
        withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { copy in
            var tries = 0
            while true {
                let before = linux_load(sequence)
                if before & 1 == 0 {
                    linux_copy_shared(copy.baseAddress!, value, MemoryLayout<Value>.size)
                    linux_fence()
                    if linux_load(sequence) == before { return copy[0] }
                }
                tries += 1
                // The writer may have lost its processor in the middle.
                if tries % 64 == 0 { sched_yield() } else { linux_pause() }
            }
        }
    }
}
