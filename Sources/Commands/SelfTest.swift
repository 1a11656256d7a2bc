import Kernels
import ModelRuntime
import Platform

let selfTest = Command(
    name: "selftest", usage: "[options]", summary: "Compares every kernel family this processor can run with the reference.",
    options: [OptionSpecification("--cases", "N", "random cases a kernel (default 100)"),
              OptionSpecification("--seed", "N", "other random cases (default 1)"), SharedOptions.json],
    examples: ["swiftlet selftest", "swiftlet selftest --cases 1000 --seed 7"]) { (context, arguments) throws(Failure) in
    let cases = try arguments.integer("--cases", in: 1...1_000_000) ?? 100
    let seed = try arguments.integer("--seed", in: 0...Int.max) ?? 1
    var wrong: String?
    var families = 0
    for table in KernelTable.all(for: context.runtime.features) where table.family != "reference" {
        families += 1
        let start = monotonicNanoseconds()
        let report = SelfTest.run(table, casesPerKernel: cases, seed: UInt64(seed))
        let time = monotonicNanoseconds() - start
        if arguments.has("--json") {
            var object = JSONObject()
            object.set("kernels", table.name)
            object.set("cases", report.cases)
            object.set("passed", report.mismatch == nil)
            if let mismatch = report.mismatch { object.set("mismatch", mismatch) }
            context.output(object.line)
        } else {
            context.output("\(table.name): \(report.cases) comparisons in \(milliseconds(time, decimals: 0)), "
                           + "\(report.mismatch == nil ? "all equal" : "WRONG")")
        }
        if let mismatch = report.mismatch { wrong = wrong ?? mismatch }
    }
    guard families > 0 else {
        throw Failure(.unsupported, "this processor has no kernels besides the reference: there is nothing to compare")
    }
    if let wrong { throw Failure(.resource, "kernels give wrong results on this processor: \(wrong)") }
}
