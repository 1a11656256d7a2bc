/// What a task's inputs are of.
enum TaskSource {
    case camera, motion, microphone
}

/// Where a task's inputs come from: each has a number and is the task's until it releases it.
protocol TaskInput: AnyObject {
    /// Puts the input of that number into a variant's model; false where it is damaged. On the scheduler's thread.
    func load(_ number: Int, into model: TaskModel) -> Bool
    /// The task is done with it. Any thread.
    func release(_ number: Int)
}
