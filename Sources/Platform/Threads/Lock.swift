import CLinux

/// A mutex with a condition: wait and wake under one lock.
public final class Lock {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Free, and nobody waits. It isn't recursive.
    public init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Waits until it is free. A thread that holds it already would wait for ever.
    public func lock() { pthread_mutex_lock(mutex) }
    /// For the thread that holds it.
    public func unlock() { pthread_mutex_unlock(mutex) }
    /// Sleeps until woken (or without cause); the lock is held before and after.
    public func wait() { pthread_cond_wait(condition, mutex) }
    /// Wakes every thread in `wait`; each goes on once it has the lock.
    public func wakeAll() { pthread_cond_broadcast(condition) }
}
