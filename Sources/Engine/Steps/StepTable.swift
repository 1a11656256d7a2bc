import Nest
import Platform

extension Opcode {
    /// The table of steps: what executes an operation's instructions is made beside the step itself.
    func step(_ context: StepContext) throws(Failure) -> Step {
        switch self {
        case .convolution: ConvolutionStep.make(context)
        case .depthwiseConvolution: DepthwiseStep.make(context)
        case .pointwiseDepthwise: PairStep(context)
        case .binary: BinaryStep(context)
        case .averagePool, .maxPool: PoolStep(context)
        case .globalAverage: GlobalAverageStep(context)
        case .copy: CopyStep(context)
        case .resize: try ResizeStep(context)
        case .softmax: SoftmaxStep(context)
        case .lookup: LookupStep(context)
        case .unary: UnaryStep(context)
        case .convert: ConvertStep(context)
        case .detectionPostprocess: try DetectionStep(context)
        case .gru, .lstm: try RecurrentStep(context)
        case .embedding: EmbeddingStep(context)
        case .normalize: NormalizeStep(context)
        case .matrix: MatrixStep(context)
        case .gatedMatrix: GatedStep(context)
        case .attention: AttentionStep(context)
        case .window: WindowStep(context)
        case .layerNormalize: LayerNormalizeStep(context)
        case .activatedMatrix: ActivatedStep(context)
        case .positions: PositionsStep(context)
        case .remember: RememberStep(context)
        case .headAttention: HeadAttentionStep(context)
        case .select: SelectStep(context)
        case .argumentMaximum: ArgumentMaximumStep(context)
        case .product: ProductStep(context)
        case .rows: RowsStep(context)
        }
    }
}
