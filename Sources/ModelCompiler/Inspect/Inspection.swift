import Foundation
import Nest
import Platform

/// `nestc inspect`: a nest as text.
public enum Inspection {
    /// Metadata, each program as a table of instructions with a summary, then the chunks of weights.
    public static func text(_ contents: NestReader) -> String {
        var lines: [String] = []
        for (key, value) in contents.metadata {
            let entries = value.split(separator: "\n", omittingEmptySubsequences: false)
            let shown = entries.count > 1 ? "\(entries.count) lines, \"\(ShownText.line(String(entries[0])))\" …" : ShownText.line(value)
            lines.append("\(ShownText.line(key).padded(18)) \(shown)")
        }
        for program in contents.programs {
            lines += ["", "Program \"\(ShownText.line(program.name))\", batch \(program.batch)"] + table(program, contents.strings)
                + summary(program)
        }
        lines += ["", "Weights: \(bytesText(contents.chunks.reduce(0) { $0 + $1.length })) in \(contents.chunks.count) chunks"]
        lines += chunkMap(contents)
        return lines.joined(separator: "\n")
    }

    private static func table(_ program: Program, _ strings: [String]) -> [String] {
        let header = ["#", "operation", "input", "output", "MACs", "weights", "chunk", "arena", "source"]
        let rows = program.described(strings: strings).map(cells)
        let numeric: Set<Int> = [0, 4, 5, 6, 7]
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { (row: [String]) -> String in
            let aligned = row.enumerated().map { (column, cell) -> String in
                if column == header.count - 1 { return cell }
                return numeric.contains(column) ? cell.paddedLeft(widths[column]) : cell.padded(widths[column])
            }
            return aligned.joined(separator: "  ")
        }
    }

    private static func cells(_ step: InstructionDescription) -> [String] {
        let work = step.multiplyAccumulates == 0 ? "" : countText(step.multiplyAccumulates)
        let weights = step.weightBytes == 0 ? "" : bytesText(step.weightBytes)
        let chunk = step.chunk.map { String($0) } ?? "", offset = step.outputOffset.map { String($0) } ?? ""
        return [String(step.index), step.operation, step.inputShape, step.outputShape, work, weights, chunk, offset,
                String(ShownText.line(step.source).suffix(60))]
    }

    private static func summary(_ program: Program) -> [String] {
        let total = program.described(strings: []).reduce(0) { $0 + $1.multiplyAccumulates }
        let bound = ArenaPlanner.lowerBound(program.arenaBuffers().buffers)
        let used = Int(program.arenaBytes - program.stateBytes)
        let ratio = String(format: "%.3f", Double(used) / Double(max(1, bound)))
        return ["\(program.instructions.count) instructions, \(countText(total)) multiply-accumulates",
                "Arena: \(program.arenaBytes) bytes, \(program.stateBytes) of them state; at most \(bound) live at once: \(ratio) of the "
                    + "lower bound"]
    }

    /// Which instructions first use each chunk.
    private static func chunkMap(_ contents: NestReader) -> [String] {
        contents.chunks.indices.map { index in
            let instructions = contents.programs.first?.instructions ?? []
            let users = instructions.indices.filter { instructions[$0].chunk == Int32(index) }
            let range = if let first = users.first, let last = users.last {
                first == last ? "instruction \(first)" : "instructions \(first)-\(last)"
            } else {
                "constants"
            }
            return "  chunk \(String(index).paddedLeft(3))  \(bytesText(contents.chunks[index].length).paddedLeft(9))  \(range)"
        }
    }

    static func bytesText(_ bytes: Int) -> String {
        bytes < 10_000 ? "\(bytes) B" : bytes < 10_000_000 ? String(format: "%.1f KB", Double(bytes) / 1000)
            : String(format: "%.2f MB", Double(bytes) / 1e6)
    }

    static func countText(_ count: Int) -> String {
        count < 10_000 ? "\(count)" : count < 10_000_000 ? String(format: "%.1f k", Double(count) / 1e3)
            : String(format: "%.2f M", Double(count) / 1e6)
    }
}

extension String {
    func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
    func paddedLeft(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
