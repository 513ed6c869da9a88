/// What is wrong with a video payload.
public enum VideoPayloadError: Error, Hashable, Sendable {
    /// The part that does not make sense.
    public enum Part: String, Hashable, Sendable {
        case descriptor
        case pictureID = "picture id"
        case layerIndex = "layer index"
        case referenceList = "list of references"
        case scalabilityStructure = "scalability structure"
        case frameHeader = "frame header"
        case unitHeader = "NAL unit header"
        case aggregation = "aggregated NAL unit"
        case fragment = "fragment of a NAL unit"
        case parameterSet = "parameter set"
    }

    /// The payload ends within it.
    case truncated(Part)
    /// It contradicts itself or the specification.
    case malformed(Part)
    /// It is allowed by the specification, but not negotiated.
    case unsupported(Part)
    /// The frame needs it and it never came.
    case missing(Part)
}

extension VideoPayloadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated(let part): "the \(part.rawValue) is cut off"
        case .malformed(let part): "the \(part.rawValue) is malformed"
        case .unsupported(let part): "the \(part.rawValue) is of a kind that was not negotiated"
        case .missing(let part): "the \(part.rawValue) is missing"
        }
    }
}
