import Rig

@main
struct VirtualBoardCommand {
    static func main() {}
}
