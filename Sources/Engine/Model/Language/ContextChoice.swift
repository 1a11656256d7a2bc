import Nest
import Platform

extension LanguageState {
    /// Shorter texts are no use; a budget that can't hold as much is refused.
    static let leastContext = 64
    /// Without a wish and a budget: longer caches cost memory that few texts need.
    static let usualContext = 2048
}

extension CachePlan {
    /// Scratch that attention takes beyond that of the least context.
    func scratchBytes(context: Int, threads: Int) -> Int { roundUp(max(0, context - LanguageState.leastContext) * 4, to: 4096) * threads }

    /// Positions of the cache: what was asked for, or what suits the model and the budget. Where even the weights don't
    /// fit, an eighth of the budget goes to the cache.
    func context(_ options: ModelOptions, name: String, fixedBytes: Int, weightBytes: Int, threads: Int) throws(Failure) -> Int {
        if let wanted = options.contextLength {
            guard wanted >= 1, wanted <= LanguageLimits.context else {
                throw Failure(.usage, "a context of \(wanted) is not between 1 and \(LanguageLimits.context)")
            }
            return wanted
        }
        let most = max(LanguageState.leastContext, min(trainedContext, LanguageState.usualContext))
        guard let budget = options.budgetBytes else { return most }
        let beside = budget - fixedBytes - weightBytes
        // Page rounding and scratch that grow with the context.
        let spare = 8192 + scratchBytes(context: most, threads: threads)
        return max(LanguageState.leastContext, context(bytes: max(beside - spare, budget / 8), most: most))
    }
}
