import Device
import Platform

let fault = Command(
    name: "fault", usage: "WORDS…", summary: "Makes something go wrong on the simulated board.",
    options: [], examples: ["fault nack 0x68 3", "fault hold 1", "fault reset 0x68",
                            "fault clear"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    guard let board = device.board.rehearsal else { throw Failure(.usage, "only a simulated board has faults on command") }
    var text = ""
    for word in arguments.positional { text += (text.isEmpty ? "" : " ") + word }
    guard !text.isEmpty else {
        for line in board.commandHelp { context.output(line) }
        return
    }
    try board.perform(text)
}
