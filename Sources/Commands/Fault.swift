import Device
import Platform
import VirtualBoard

let fault = Command(
    name: "fault", usage: "WORDS…", summary: "Makes something go wrong on the simulated board.",
    options: [], examples: ["fault nack 0x68 3", "fault hold 1", "fault reset 0x68", "fault clear"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    guard let board = device.simulated else { throw Failure(.usage, "only a simulated board has faults on command") }
    var text = ""
    for word in arguments.positional { text += (text.isEmpty ? "" : " ") + word }
    guard !text.isEmpty else {
        for line in Fault.help { context.output(line) }
        return
    }
    try board.apply(try Fault.parse(text))
}
