import BoardLinux
import CConsole
import Device
import Platform

let reboot = Command(
    name: "reboot", usage: "[--power-off]", summary: "Puts everything back and restarts the board, or switches it off.",
    options: [OptionSpecification("--power-off", "switch off instead")], examples: ["reboot"]) { (context, arguments) throws(Failure) in
    let device = try context.runningDevice()
    let isOff = arguments.has("--power-off")
    if device.board.rehearsal != nil {
        context.output("a simulated board: the firmware ends")
        device.requestEnd(.exit)
        return
    }
    guard !InitProcess.isNeeded else { return device.requestEnd(isOff ? .powerOff : .reboot) }
    // The service manager stops everything in order, this firmware too.
    let code = console_run_systemctl(isOff ? 1 : 0)
    guard code == 0 else {
        throw Failure(.unsupported, "systemctl \(isOff ? "poweroff" : "reboot") failed (\(code)); `quit` ends the firmware")
    }
}
