import Platform

extension TFLiteOperator {
    /// Refuses options that the file sets and that no handler asked for: they would change the result, and without a
    /// word.
    func requireAllRead() throws {
        guard let options else { return }
        let idle = TFLiteOptions.idle[operation] ?? []
        for field in try options.unreadFields() where !idle.contains(field) {
            let names = TFLiteOptions.names[operation] ?? []
            throw Failure(.unsupported,
                          "its option \(names.indices.contains(field) ? "'\(names[field])'" : "number \(field)") can't be imported")
        }
    }
}

/// Options by the schema's field numbers.
enum TFLiteOptions {
    /// Options that repeat what tensors say, or choose between ways to the same result.
    static let idle: [String: Set<Int>] = [
        "ADD": [1], "SUB": [1],  // pot_scale_int16: for int16 tensors, which are refused
        "CONV_2D": [6], "FULLY_CONNECTED": [2, 3, 4],
        "DEPTHWISE_CONV_2D": [3],
        "PACK": [0], "SPLIT": [0], "SPLIT_V": [0], "RESHAPE": [0], "SQUEEZE": [0], "SHAPE": [0], "EXPAND_DIMS": [0],
        "RESIZE_BILINEAR": [0, 1],
        // asymmetric_quantize_inputs: how another runtime rounds float activations beside int8 weights.
        "UNIDIRECTIONAL_SEQUENCE_LSTM": [4], "LSTM": [4], "SVDF": [2],
        "CAST": [0, 1], "BATCH_MATMUL": [2], "TRANSPOSE_CONV": [4],
    ]

    /// Names for messages.
    static let names: [String: [String]] = [
        "ADD": ["fused_activation_function", "pot_scale_int16"], "SUB": ["fused_activation_function", "pot_scale_int16"],
        "STRIDED_SLICE": ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask", "offset"],
        "GELU": ["approximate"], "MIRROR_PAD": ["mode"], "ARG_MAX": ["output_type"],
        "TRANSPOSE_CONV": ["padding", "stride_w", "stride_h", "fused_activation_function", "quantized_bias_type"],
        "GATHER": ["axis", "batch_dims"],
        "UNIDIRECTIONAL_SEQUENCE_LSTM": ["fused_activation_function", "cell_clip", "proj_clip", "time_major", "asymmetric_quantize_inputs",
                                         "diagonal_recurrent_tensors"],
        "LSTM": ["fused_activation_function", "cell_clip", "proj_clip", "kernel_type", "asymmetric_quantize_inputs"],
        "RESIZE_NEAREST_NEIGHBOR": ["align_corners", "half_pixel_centers"],
        "FULLY_CONNECTED": ["fused_activation_function", "weights_format", "keep_num_dims", "asymmetric_quantize_inputs",
                            "quantized_bias_type"],
    ]
}
