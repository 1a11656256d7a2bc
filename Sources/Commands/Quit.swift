import Device
import Platform

let quit = Command(name: "quit", usage: "", summary: "Ends the firmware; what it changed is put back.", options: [], examples: []) {
    (context, _) throws(Failure) in
    try context.runningDevice().requestEnd(.exit)
}
