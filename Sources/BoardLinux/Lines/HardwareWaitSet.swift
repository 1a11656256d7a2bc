import Board
import CBoard
import CLinux
import Platform

/// Waits in ppoll for the descriptors of its lines and for `wake`.
final class HardwareWaitSet: WaitSet {
    private let debounced: [HardwareInputLine]
    /// Keeps the descriptors open.
    private let lines: [InputLine]
    /// The wake's descriptor, then those of lines that debounce in software, then the others.
    private let descriptors: UnsafeMutableBufferPointer<pollfd>
    private let wakeDescriptor: Int32

    init(_ lines: [InputLine]) throws(Failure) {
        wakeDescriptor = board_wake_open()
        guard wakeDescriptor >= 0 else { throw .system(.resource, "cannot wait for lines") }
        var debounced: [HardwareInputLine] = [], plain: [Int32] = []
        for line in lines where line.descriptor >= 0 {
            if let line = line as? HardwareInputLine, line.debouncesInSoftware {
                debounced.append(line)
            } else {
                plain.append(line.descriptor)
            }
        }
        self.debounced = debounced
        self.lines = lines
        descriptors = .allocate(capacity: 1 + debounced.count + plain.count)
        descriptors.initialize(repeating: pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0))
        for (index, line) in debounced.enumerated() { descriptors[1 + index].fd = line.descriptor }
        for (index, descriptor) in plain.enumerated() { descriptors[1 + debounced.count + index].fd = descriptor }
    }

    deinit {
        close(wakeDescriptor)
        descriptors.deallocate()
    }

    func wake() { board_wake_post(wakeDescriptor) }

    /// Also returns, with false, when a signal arrives.
    func wait(untilNanoseconds deadline: Int64) -> Bool {
        while true {
            let now = monotonicNanoseconds()
            var next = deadline, hasEdges = false
            for line in debounced {
                line.settle(atNanoseconds: now)
                hasEdges = hasEdges || line.hasSettledEdges
                next = min(next, line.settlesAtNanoseconds)
            }
            if hasEdges { return true }
            let count = board_wait(descriptors.baseAddress, Int32(descriptors.count), max(0, next &- now))
            if count < 0 { return false }
            for index in (1 + debounced.count)..<descriptors.count where descriptors[index].revents != 0 { return true }
            if descriptors[0].revents != 0 {
                board_wake_clear(wakeDescriptor)
                return false
            }
            if count == 0, next == deadline { return false }
        }
    }
}
