/// Where a long computation says how far it is: a line now and then, not one for every step.
public struct Progress: Sendable {
    private let say: @Sendable (String) -> Void

    public init(_ say: @escaping @Sendable (String) -> Void = { _ in }) { self.say = say }

    /// Before step `index` of `count`: about ten lines for all of them.
    public func step(_ title: String, _ index: Int, of count: Int) {
        if index % max(1, (count + 9) / 10) == 0 { say("\(title): \(index) of \(count)") }
    }
}
