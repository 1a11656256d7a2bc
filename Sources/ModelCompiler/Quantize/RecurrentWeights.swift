/// int8 weights of recurrent layers. They need no calibration: the state lies between -1 and 1, and activations are
/// quantised by their own largest value in groups of 32 on every step.
public enum RecurrentWeights {
    /// Has the weights of all GRU and LSTM layers made int8 when the graph is lowered. Gives the number of layers.
    public static func quantize(_ graph: inout Graph) -> Int {
        var layers = 0
        for index in graph.nodes.indices {
            switch graph.nodes[index].operation {
            case .gru(var layer):
                layer.isInt8 = true
                graph.nodes[index].operation = .gru(layer)
            case .lstm(var layer):
                layer.isInt8 = true
                graph.nodes[index].operation = .lstm(layer)
            default: continue
            }
            layers += 1
        }
        return layers
    }
}
