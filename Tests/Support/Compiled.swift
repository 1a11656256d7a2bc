import Foundation

/// The compiler, found beside the product.
public let compilerPath = repository.appendingPathComponent(".build/release/nestc").path

/// Compiles a model as a user does, into a scratch folder: the nest's path, or nil where nestc refused it.
public func compiled(_ source: String, _ words: [String], into path: String) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: compilerPath)
    process.arguments = [source, "-o", path] + words
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? path : nil
}

/// The golden classifier of motion windows as a nest: "still" or "moving", by what goldens/motion-window.py says of its columns.
public func compiledMotionModel(_ scratch: Scratch, set: [String] = []) throws -> String? {
    try Data("still\nmoving\n".utf8).write(to: URL(fileURLWithPath: scratch("labels.txt")))
    var words = ["--labels", scratch("labels.txt"), "--name", "motion"]
    for entry in ["window.columns=z_gyro,acc_x,gyr_x,y_gyro", "window.rate=25", "window.mean=0.01,0.2,0,-0.01",
                  "window.deviation=0.4,2.5,0.5,0.6"] + set { words += ["--set", entry] }
    return try compiled(repository.appendingPathComponent("Tests/golden/motion/still-or-moving.onnx").path, words,
                        into: scratch("motion.nest"))
}
