import Platform

/// Attributes of a node by name. What is asked for is noted, so that what nobody understood can be refused.
struct ONNXAttributes {
    fileprivate var list: [String: ONNXAttribute] = [:]
    fileprivate let reads = ONNXReads()

    subscript(name: String) -> ONNXAttribute? {
        get {
            reads.attributes.insert(name)
            return list[name]
        }
        set { list[name] = newValue }
    }

    /// The same attributes for a node that stands for this one; here they count as read.
    func taken() -> ONNXAttributes {
        var copy = ONNXAttributes()
        copy.list = list
        reads.attributes.formUnion(list.keys)
        return copy
    }

    /// Notes that an input was looked at.
    func readInput(_ position: Int) { reads.inputs.insert(position) }
}

private final class ONNXReads {
    var attributes: Set<String> = [], inputs: Set<Int> = []
}

extension ONNXNode {
    /// Refuses what the handler of the operator never looked at and what isn't the operator's default: it would change
    /// the result, and without a word.
    func requireAllRead(_ values: [String: ONNXValue]) throws {
        for (name, attribute) in attributes.list.sorted(by: { $0.key < $1.key }) where !attributes.reads.attributes.contains(name) {
            guard ONNXDefaults.isIdle(name, of: operation) || ONNXDefaults.isDefault(name, attribute) else {
                throw Failure(.unsupported, "its attribute '\(name.prefix(40))' (\(attribute.shown)) can't be imported")
            }
        }
        for (position, input) in inputs.enumerated() where !input.isEmpty && !attributes.reads.inputs.contains(position) {
            if ONNXDefaults.idleInputs[operation]?.contains(position) == true { continue }
            // An empty constant stands for an absent input.
            if values[input]?.constant?.count == 0 { continue }
            throw Failure(.unsupported, "its input \(position) '\(input.prefix(40))' can't be imported")
        }
    }
}

/// What may stay unread.
private enum ONNXDefaults {
    /// Attributes that change nothing in inference, or repeat what the shapes say.
    static let idle: [String: Set<String>] = [
        "BatchNormalization": ["momentum", "consumed_inputs"],
        "Cast": ["saturate"],
        "Dropout": ["ratio", "seed", "is_test", "consumed_inputs"],
        "GRU": ["hidden_size", "output_sequence", "activation_alpha", "activation_beta"],
        "LSTM": ["hidden_size", "output_sequence", "activation_alpha", "activation_beta"],
        "Pad": ["value"],
        // Those belong to other ways of interpolation than the one chosen.
        "Resize": ["cubic_coeff_a", "extrapolation_value", "nearest_mode"],
        "Split": ["num_outputs"],
        "LayerNormalization": ["stash_type"],
        "If": ["then_branch", "else_branch"],
    ]

    /// Inputs that change nothing here: a region only counts where the picture is cropped, which is refused, and sizes
    /// replace scales.
    static let idleInputs: [String: Set<Int>] = ["Dropout": [1], "Resize": [1, 2]]

    static func isIdle(_ name: String, of operation: String) -> Bool {
        idle[operation]?.contains(name) == true || name == "consumed_inputs"
    }

    /// Whether the value says no more than the attribute's absence would.
    static func isDefault(_ name: String, _ value: ONNXAttribute) -> Bool {
        switch name {
        case "auto_pad": value.text == "NOTSET" || value.text.isEmpty
        case "coordinate_transformation_mode": value.text == "half_pixel"
        case "direction": value.text == "forward"
        case "keep_aspect_ratio_policy": value.text == "stretch"
        case "alpha", "beta": value.float == 1
        case "dilations", "strides": value.integers.allSatisfy { $0 == 1 }
        case "pads": value.integers.allSatisfy { $0 == 0 }
        case "group", "spatial", "keepdims": value.integer == 1
        case "antialias", "broadcast", "ceil_mode", "count_include_pad", "exclude_outside", "input_forget", "layout",
            "noop_with_empty_axes",
             "select_last_index", "storage_order", "training_mode", "transA", "transB", "allowzero": value.integer == 0
        default: false
        }
    }
}

extension ONNXAttribute {
    /// The value in a message.
    fileprivate var shown: String {
        if !text.isEmpty { return "'\(text.prefix(40))'" }
        if !integers.isEmpty { return "\(integers.prefix(8))" }
        if !floats.isEmpty { return "\(floats.prefix(8))" }
        if tensor != nil || graph != nil { return "a tensor or graph" }
        return float != 0 ? "\(float)" : "\(integer)"
    }
}
