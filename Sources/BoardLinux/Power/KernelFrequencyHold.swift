import Board
import CLinux
import Platform

/// A policy's frequency set through files that stay open, with texts made beforehand.
final class KernelFrequencyHold: FrequencyHold {
    let way: String
    /// scaling_setspeed, or scaling_min_freq and scaling_max_freq.
    private var files: [Int32] = []
    private var texts: [[UInt8]] = []
    private var last = -1

    /// - Parameter names: of one file, or of the lower and the upper bound.
    init(_ folder: String, way: String, names: [String], kilohertz: [Int]) throws(Failure) {
        self.way = way
        for value in kilohertz { texts.append(Array("\(value)\n".utf8)) }
        for name in names {
            let file = linux_open(folder + "/" + name, O_WRONLY | O_CLOEXEC, 0)
            guard file >= 0 else { throw .system(.inputOutput, "cannot write \(folder)/\(name)") }
            files.append(file)
        }
    }

    deinit { for file in files { close(file) } }

    func hold(_ index: Int) -> Bool {
        defer { last = index }
        guard files.count == 2 else { return put(index, 0) }
        // The kernel refuses a lower bound above the upper one.
        let isRising = index >= last
        let first = put(index, isRising ? 1 : 0), second = put(index, isRising ? 0 : 1)
        return first && second
    }

    private func put(_ index: Int, _ file: Int) -> Bool {
        texts[index].withUnsafeBytes { pwrite(files[file], $0.baseAddress!, $0.count, 0) == $0.count }
    }
}
