import Engine
import Kernels
import Nest
import Platform

extension CompiledNest {
    /// Loads the nest from memory with all checks, as a board would load its file.
    ///
    /// - Throws: an `unsupported` failure that says what the board would refuse: the compiler lowered something that no
    ///   instruction can do.
    public func verify() throws {
        do throws(Failure) {
            _ = try Model(contents: contents, kernels: .chosen(for: .detect()), pool: try ThreadPool(threads: 1))
        } catch {
            throw Failure(.unsupported, "the compiled model couldn't be loaded: \(error.description); nothing was written")
        }
    }
}
