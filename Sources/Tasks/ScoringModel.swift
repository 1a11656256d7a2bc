import Engine
import Platform
import Vision

/// A model that a task asks for one score a class.
public protocol ScoringModel: AnyObject {
    /// What runs; nobody else has it.
    var model: Model { get }
    /// Names of the classes, in the order of `scores`; fewer where the model names none.
    var labels: [String] { get }
    /// Of the last run, one a class, 0 to 1.
    var scores: UnsafeMutableBufferPointer<Float> { get }
    /// Runs on what was loaded, calling `observe` after each instruction, and fills `scores`. The best class.
    func run(observe: () -> Void) throws(Failure) -> Int
}

extension PictureModel: ScoringModel {}

/// Where a task's inputs come from: each has a number and is the task's until it releases it.
protocol TaskInput: AnyObject {
    /// Puts the input of that number into a variant's model; false where it is damaged. On the scheduler's thread.
    func load(_ number: Int, into variant: TaskVariant) -> Bool
    /// The task is done with it. Any thread.
    func release(_ number: Int)
}
