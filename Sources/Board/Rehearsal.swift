import Platform

/// What a simulated board can do beyond a board: things go wrong, and hands move, when somebody says so.
public protocol Rehearsal: AnyObject {
    /// The commands of `perform`, one a line.
    var commandHelp: [String] { get }
    /// Does what one text command says: "nack 0x68 3", "ambient 60".
    /// - Throws: `.usage`, saying what is wrong.
    func perform(_ text: String) throws(Failure)
    /// A hand on what is wired to a line, until the next one: a door opened or closed. `isActive` is the level that an input
    /// opened with this request reports.
    /// - Throws: where there is no such line, or it is an output.
    func hold(_ request: LineRequest, isActive: Bool) throws(Failure)
    /// A hand that makes a line active for a time, then lets go: a button pressed.
    /// - Throws: as `hold`.
    func press(_ request: LineRequest, nanoseconds: Int64) throws(Failure)
}
