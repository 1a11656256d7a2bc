import Nest

/// Elementwise function of float32.
final class UnaryStep: ElementStep {
    private let function: FloatFunction

    init(_ context: StepContext) {
        let a = UnaryAttributes(words: context.words)!
        function = FloatFunction(a.function, alpha: a.alpha, beta: a.beta, context.kernels)
        super.init(context, operations: 40)
    }

    override func apply(from: Int, to: Int, count: Int) { function.apply(x.floats + from, y.floats + to, count) }
}
