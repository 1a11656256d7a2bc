import Board
import CBoard
import CLinux
import Platform

/// An output of Linux's GPIO character device. It begins inactive, or with the level it is driven to already.
final class HardwareOutputLine: OutputLine {
    let name: String
    private let handle: LineHandle

    init(_ request: LineRequest, devices: String) throws(Failure) {
        handle = try LineHandle(request, direction: BOARD_LINE_OUTPUT, edges: .none, devices: devices)
        name = handle.name
    }

    func set(_ level: Bool) throws(Failure) {
        guard board_line_drive(handle.raw, level ? 1 : 0) == 0 else { throw .system(.inputOutput, "cannot set line \(name)") }
    }
}
