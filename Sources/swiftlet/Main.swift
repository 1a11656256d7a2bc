import Commands

@_cdecl("swiftlet_main")
public func swiftletMain(_ argumentCount: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    runProgram(argumentCount: argumentCount, arguments: arguments)
}
