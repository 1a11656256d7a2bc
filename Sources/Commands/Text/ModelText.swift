import Nest
import Platform

func labelCount(_ text: String) -> Int {
    var count = 0
    for line in split(text, at: "\n") where !line.isEmpty { count += 1 }
    return count
}

/// "1x224x224x3 int8, real = 0.0078 * (q - -1), name"
func describe(_ record: TensorRecord, _ nest: NestReader) -> String {
    var text = "\(record.batch)x\(record.height)x\(record.width)x\(record.channels) \(typeName(record.type))"
    if record.scale != 0 { text += ", scale \(fixed(record.scale, decimals: 6)), zero point \(record.zeroPoint)" }
    let name = nest.string(record.name)
    return name.isEmpty ? text : text + ", " + ShownText.line(name)
}

func typeName(_ type: ElementType) -> String {
    switch type {
    case .int8: return "int8"
    case .uint8: return "uint8"
    case .int16: return "int16"
    case .int32: return "int32"
    case .float32: return "float32"
    case .float16: return "float16"
    }
}

/// A nest as `models` and `info` give it to machines.
func summary(_ nest: NestReader, path: String) -> JSONObject {
    func shape(_ record: TensorRecord) -> JSONObject {
        var object = JSONObject()
        object.set("shape", "\(record.batch)x\(record.height)x\(record.width)x\(record.channels)")
        object.set("type", typeName(record.type))
        if record.scale != 0 {
            object.set("scale", Double(record.scale), decimals: 9)
            object.set("zeroPoint", Int(record.zeroPoint))
        }
        return object
    }
    var object = JSONObject()
    object.set("path", path)
    var metadata = JSONObject()
    for (key, value) in nest.metadata where key != "labels" { metadata.set(key, value) }
    object.set("metadata", metadata)
    object.set("labels", labelCount(nest.metadata("labels") ?? ""))
    var programs: [JSONObject] = []
    for program in nest.programs {
        var entry = JSONObject()
        entry.set("name", program.name)
        entry.set("batch", Int(program.batch))
        entry.set("instructions", program.instructions.count)
        entry.set("arenaBytes", program.arenaBytes)
        var inputs: [JSONObject] = [], outputs: [JSONObject] = []
        for index in program.inputs { inputs.append(shape(program.tensors[Int(index)])) }
        for index in program.outputs { outputs.append(shape(program.tensors[Int(index)])) }
        entry.set("inputs", inputs)
        entry.set("outputs", outputs)
        programs.append(entry)
    }
    object.set("programs", programs)
    object.set("weightBytes", nest.chunks.reduce(0) { $0 + $1.length })
    object.set("fileBytes", nest.bytes.count)
    return object
}

/// A fused instruction's name lists all its parts; a table has room for the first.
func shortName(_ name: String) -> String {
    let first = Array((split(name, at: ";").first ?? name).utf8)
    return first.count <= 48 ? String(decoding: first, as: UTF8.self) : "..." + String(decoding: first.suffix(45), as: UTF8.self)
}
