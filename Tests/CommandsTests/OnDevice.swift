@testable import Commands
@testable import Console
@testable import Device
import Foundation

private final class Lines { var said: [String] = [] }

/// Gives a command to a device, or without one as on a command line; its status, and what it said on either output.
func run(_ words: [String], _ device: Device?) -> (status: Int32, said: [String]) {
    let lines = Lines()
    let context = Context(output: { lines.said.append($0) }, errors: { lines.said.append($0) })
    context.device = device
    return (runCommand(words, context: context), lines.said)
}

/// Until it is so; false after a minute.
func comes(_ device: Device, _ isSo: () -> Bool) -> Bool {
    for _ in 0..<6000 {
        device.drainEvents { EventText.log($0, device) }
        if isSo() { return true }
        usleep(10_000)
    }
    return false
}

/// Until a line of the log has the text.
func logs(_ text: String, _ device: Device) -> Bool {
    comes(device) { device.log.lines.contains { $0.text.contains(text) } }
}
