/// What the checks at load have made sure of. Looked at again only where SWIFTLET_CHECKS is defined, in tests and fuzzing;
/// a board's binary holds nothing of it.
@inline(__always)
func invariant(_ condition: @autoclosure () -> Bool, _ text: StaticString) {
    #if SWIFTLET_CHECKS
    if !condition() { fatalError("\(text)") }
    #endif
}
