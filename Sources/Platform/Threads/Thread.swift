import CLinux

/// A system thread that runs `body` once.
public final class Thread {
    private let body: () -> Void
    private var handle: UInt = 0

    /// Starts at once. `processors`: the only ones it may run on; empty for any.
    public init(processors: [Int32] = [], body: @escaping () -> Void) throws(Failure) {
        self.body = processors.isEmpty ? body : {
            _ = linux_run_on(processors, Int32(processors.count))
            body()
        }
        let code = linux_start_thread(&handle, { argument in
            Unmanaged<Thread>.fromOpaque(argument!).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            throw Failure(.resource, "cannot start a thread: " + errorText(code))
        }
    }

    /// Waits until the body has returned. Call it once.
    public func join() { _ = linux_join_thread(handle) }
}
