import Board
import CBoard
import CLinux
import Platform

/// A line that this process holds; released with the handle.
final class LineHandle {
    /// "door (gpiochip0/17)", or as the configuration wrote it.
    let name: String
    let raw: OpaquePointer

    init(_ request: LineRequest, direction: board_line_direction, edges: LineEdges, devices: String) throws(Failure) {
        let place = try LineLocation.find(request.line, devices: devices)
        var settings = board_line_settings()
        settings.direction = Int32(direction.rawValue)
        settings.bias = Int32(request.bias.rawValue)
        settings.edges = Int32(edges.rawValue)
        settings.active_low = request.isActiveLow ? 1 : 0
        settings.open_drain = request.isOpenDrain ? 1 : 0
        settings.debounce_microseconds = request.debounceMicroseconds
        guard let raw = board_line_open(place.chip, place.offset, &settings) else {
            throw LineHandle.refusal(linux_errno(), request, place)
        }
        self.raw = raw
        name = request.line
    }

    deinit { board_line_close(raw) }

    private static func refusal(_ code: Int32, _ request: LineRequest, _ place: LineLocation) -> Failure {
        let line = "line \(request.line)"
        switch code {
        case EBUSY:
            let consumer = LineInformation.read(chip: place.chip, offset: place.offset)?.consumer ?? ""
            return Failure(.inputOutput, line + " is in use by "
                           + (consumer.isEmpty ? "someone the kernel doesn't name" : "\"\(consumer)\"")
                + "; stop that, or use another line")
        case EACCES, EPERM:
            return Failure(.inputOutput,
                           line + ": no permission for \(place.chip); add the user to the group gpio, or install the udev rules")
        case EINVAL where request.bias != .asIs, ENOTSUP where request.bias != .asIs:
            return Failure(.unsupported, line + ": the chip or kernel refuses the bias asked for; use a resistor and bias=as-is")
        case ENXIO where request.edges != .none, ENODEV where request.edges != .none, ENOTSUP where request.edges != .none:
            return Failure(.unsupported, line + ": the chip can't report edges on it")
        default:
            return Failure(.inputOutput, line + " can't be taken: " + errorText(code))
        }
    }
}
