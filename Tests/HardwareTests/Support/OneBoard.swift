/// The board that the tests of a suite share. There is one at a time: whoever asks for another ends the former, because
/// each keeps a processor busy as long as it lives.
enum OneBoard {
    nonisolated(unsafe) private static var current: (name: String, board: AnyObject)?
    nonisolated(unsafe) private static var failures: [String: any Error] = [:]

    /// The board of that name, made where it isn't there. One that could not be made is not tried again.
    static func named<Board: AnyObject>(_ name: String, _ make: () throws -> Board) throws -> Board {
        if let current, current.name == name, let board = current.board as? Board { return board }
        if let failure = failures[name] { throw failure }
        current = nil
        do {
            let board = try make()
            current = (name, board)
            return board
        } catch {
            failures[name] = error
            throw error
        }
    }

    /// Ends the board that there is.
    static func end() { current = nil }
}
