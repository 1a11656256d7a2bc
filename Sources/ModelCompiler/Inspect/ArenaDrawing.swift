import Foundation
import Nest

/// `nestc inspect --svg`: the arena over the program. Time runs right, one column an instruction; bytes run up; each
/// rectangle is a buffer from its first to its last use. The line is what is live, the dashed line its maximum.
public enum ArenaDrawing {
    private static let left = 84.0, top = 96.0, height = 520.0, right = 28.0, bottom = 92.0

    /// The drawing as an SVG document; `strings` name the nest's tensors, `title` stands on top.
    public static func svg(_ program: Program, strings: [String], title: String) -> String {
        let (buffers, offsets, names) = program.arenaBuffers()
        let steps = max(1, program.instructions.count)
        let width = min(1600, max(860, Double(steps) * 14))
        let total = Double(max(1, program.arenaBytes))
        let column = width / Double(steps)
        func x(_ step: Int) -> Double { left + Double(step) * column }
        func y(_ byte: Double) -> Double { top + height - byte / total * height }

        var out = SVG(width: left + width + right, height: top + height + bottom)
        let bound = ArenaPlanner.lowerBound(buffers)
        let used = program.arenaBytes - program.stateBytes
        out.text(left, 36, title, size: 20, weight: "600", colour: "#17202a")
        out.text(left, 60, "arena \(Inspection.bytesText(Int(program.arenaBytes)))  ·  live maximum \(Inspection.bytesText(bound))  ·  "
            + "\(String(format: "%.3f", Double(used) / Double(max(1, bound)))) of the lower bound  ·  \(steps) instructions", size: 13,
                colour: "#5d6d7e")
        out.rectangle(left, top, width, height, fill: "#f7f8fa", stroke: "#d5d8dc")
        for tick in ticks(total) {
            out.line(left, y(tick), left + width, y(tick), colour: "#e3e6ea")
            out.text(left - 8, y(tick) + 4, tick == 0 ? "0" : Inspection.bytesText(Int(tick)), size: 11, anchor: "end", colour: "#5d6d7e")
        }
        if program.stateBytes > 0 {
            out.rectangle(left, y(Double(program.stateBytes)), width, top + height - y(Double(program.stateBytes)), fill: "#c8cdd3",
                          title: "state, \(program.stateBytes) bytes")
        }
        for index in buffers.indices {
            let buffer = buffers[index]
            let name = strings.indices.contains(Int(names[index])) ? strings[Int(names[index])] : ""
            let maker = program.instructions[min(buffer.first, steps - 1)]
            let tall = Double(buffer.bytes) / total * height
            out.rectangle(x(buffer.first) + 0.5, y(Double(offsets[index]) + Double(buffer.bytes)),
                          Double(buffer.last - buffer.first + 1) * column - 1, max(0.6, tall - 0.6),
                          fill: maker.opcode.description.family.colour, radius: 2,
                              title: "\(name): \(buffer.bytes) bytes at \(offsets[index]), instructions \(buffer.first)-\(buffer.last)")
            let wide = Double(buffer.last - buffer.first + 1) * column
            if tall > 16, wide > 52 {
                out.text(x(buffer.first) + 5, y(Double(offsets[index])) - tall / 2 + 4, Inspection.bytesText(buffer.bytes), size: 10,
                         colour: "#ffffff")
            }
        }
        let live = ArenaPlanner.liveBytes(buffers)
        var path: [(Double, Double)] = []
        for (step, bytes) in live.enumerated() {
            path += [(x(step), y(Double(bytes + Int(program.stateBytes)))), (x(step + 1), y(Double(bytes + Int(program.stateBytes))))]
        }
        out.polyline(path, colour: "#17202a", width: 1.6)
        out.line(left, y(Double(bound) + Double(program.stateBytes)), left + width, y(Double(bound) + Double(program.stateBytes)),
                 colour: "#c0392b", dash: "6 4", width: 1.2)
        let every = max(1, steps / 20)
        for step in stride(from: 0, to: steps, by: every) {
            out.text(x(step) + column / 2, top + height + 18, "\(step)", size: 11, anchor: "middle", colour: "#5d6d7e")
        }
        out.text(left + width / 2, top + height + 38, "instruction", size: 12, anchor: "middle", colour: "#5d6d7e")
        legend(&out, y: top + height + 66, program)
        return out.finished
    }

    private static func legend(_ out: inout SVG, y: Double, _ program: Program) {
        var x = left, seen = Set<String>()
        for instruction in program.instructions {
            let family = instruction.opcode.description.family, fill = family.colour
            guard seen.insert(family.title).inserted else { continue }
            let label = family.title
            out.rectangle(x, y - 10, 12, 12, fill: fill, radius: 2)
            out.text(x + 18, y, label, size: 12, colour: "#17202a")
            x += 34 + Double(label.count) * 7
        }
        out.line(x, y - 4, x + 18, y - 4, colour: "#17202a", width: 1.6)
        out.text(x + 24, y, "live", size: 12, colour: "#17202a")
        out.line(x + 64, y - 4, x + 82, y - 4, colour: "#c0392b", dash: "6 4", width: 1.2)
        out.text(x + 88, y, "lower bound", size: 12, colour: "#17202a")
    }

    /// About six round numbers from 0 to the total.
    private static func ticks(_ total: Double) -> [Double] {
        let raw = total / 6, power = pow(10, floor(log10(raw)))
        let step = ([1, 2, 5, 10].first { $0 * power >= raw } ?? 10) * power
        return Array(stride(from: 0, through: total, by: step))
    }
}

extension Operator.Family {
    /// What made a buffer, as a colour.
    fileprivate var colour: String {
        switch self {
        case .convolution, .matrix: "#2e6da4"
        case .depthwise: "#1b998b"
        case .pair: "#5b4b9a"
        case .elementwise: "#d9822b"
        case .pooling: "#8e5ea2"
        case .movement, .embedding: "#7f8c8d"
        case .recurrent, .detection, .attention: "#b03a5b"
        }
    }

    fileprivate var title: String {
        switch self {
        case .pair: "pointwise + depthwise"
        case .movement: "copy, resize"
        default: "\(self)"
        }
    }
}

/// A drawing in the making.
private struct SVG {
    private var body: String

    init(width: Double, height: Double) {
        body = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(width))\" height=\"\(Int(height))\" viewBox=\"0 0 \(Int(width)) "
            + "\(Int(height))\" "
            + "font-family=\"Inter, Helvetica, Arial, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    }

    var finished: String { body + "</svg>\n" }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: "\"",
            with: "&quot;")
    }

    mutating func text(_ x: Double, _ y: Double, _ text: String, size: Int, weight: String = "400", anchor: String = "start",
                       colour: String) {
        body += "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" font-weight=\"\(weight)\" text-anchor=\"\(anchor)\" "
            + "fill=\"\(colour)\">\(escaped(text))</text>\n"
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ width: Double, _ height: Double, fill: String, stroke: String? = nil,
                            radius: Double = 0, title: String? = nil) {
        body += "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\" "
            + "rx=\"\(number(radius))\" fill=\"\(fill)\""
            + (stroke.map { " stroke=\"\($0)\"" } ?? "") + (title.map { "><title>\(escaped($0))</title></rect>\n" } ?? "/>\n")
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, colour: String, dash: String? = nil, width: Double = 1) {
        body += "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" stroke=\"\(colour)\" "
            + "stroke-width=\"\(number(width))\""
            + (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "") + "/>\n"
    }

    mutating func polyline(_ points: [(Double, Double)], colour: String, width: Double) {
        body += "<polyline points=\"\(points.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " "))\" fill=\"none\" "
            + "stroke=\"\(colour)\" stroke-width=\"\(number(width))\"/>\n"
    }
}
