import Board
import Platform

/// An open output of a simulated board; the line remembers its level until it is closed, then has its old one again.
final class SimulatedOutput: OutputLine {
    let name: String
    private let line: SimulatedLine
    private let board: SimulatedBoard
    private let isActiveLow: Bool
    private let before: Bool

    init(_ line: SimulatedLine, _ request: LineRequest, board: SimulatedBoard) {
        name = request.line
        self.line = line
        self.board = board
        isActiveLow = request.isActiveLow
        before = line.level
    }

    deinit {
        board.locked {
            line.drive(before, atNanoseconds: board.time.lockedNow)
            line.isOutput = false
        }
    }

    func set(_ level: Bool) throws(Failure) {
        board.locked { line.drive(level != isActiveLow, atNanoseconds: board.time.lockedNow) }
    }
}
