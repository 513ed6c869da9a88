import NIOCore
import RTCCore

/// What the packets of one payload type are.
public struct VideoFormat: Hashable, Sendable {
    public var payloadType: UInt8
    public var codec: VideoCodec
    /// H.264: `sprop-parameter-sets` of the description.
    public var parameterSets: String

    public init(payloadType: UInt8, codec: VideoCodec, parameterSets: String = "") {
        self.payloadType = payloadType
        self.codec = codec
        self.parameterSets = parameterSets
    }

    /// A negotiated codec; `nil` where it is none that ``VideoReceiver`` reads.
    public init?(_ codec: Codec) {
        guard let known = VideoCodec.allCases.first(where: { codec.isNamed($0.rawValue) }) else { return nil }
        self.init(
            payloadType: codec.payloadType, codec: known,
            parameterSets: codec.parameters["sprop-parameter-sets"] ?? "")
    }
}

/// The depacketiser of a payload type: an enumeration, for packets take no existentials.
enum PayloadReader: Sendable {
    case vp8(VP8Depacketiser)
    case vp9(VP9Depacketiser)
    case h264(H264Depacketiser)
    case jpeg(JPEGDepacketiser)

    init(_ format: VideoFormat) {
        switch format.codec {
        case .vp8: self = .vp8(VP8Depacketiser())
        case .vp9: self = .vp9(VP9Depacketiser())
        case .h264: self = .h264(H264Depacketiser(parameterSets: format.parameterSets))
        case .jpeg: self = .jpeg(JPEGDepacketiser())
        }
    }

    var overhead: Int {
        switch self {
        case .vp8: VP8Depacketiser.overhead
        case .vp9: VP9Depacketiser.overhead
        case .h264: H264Depacketiser.overhead
        case .jpeg: JPEGDepacketiser.overhead
        }
    }

    /// - Returns: `nil` for a malformed payload.
    func inspect(_ payload: ByteBuffer, marker: Bool) -> VideoFragment? {
        switch self {
        case .vp8(let reader): try? reader.inspect(payload, marker: marker)
        case .vp9(let reader): try? reader.inspect(payload, marker: marker)
        case .h264(let reader): try? reader.inspect(payload, marker: marker)
        case .jpeg(let reader): try? reader.inspect(payload, marker: marker)
        }
    }

    /// Keeps what later frames need of a payload whose frame is given up.
    mutating func learn(from payload: ByteBuffer, left: inout Int) {
        guard case .h264(var reader) = self else { return }
        reader.learn(from: payload, left: &left)
        self = .h264(reader)
    }

    /// - Returns: `nil` for a frame that makes no sense.
    mutating func assemble(
        _ payloads: some Sequence<ByteBuffer>, isKeyFrame: Bool, into data: inout ByteBuffer
    ) -> VideoFrameProperties? {
        switch self {
        case .vp8(var reader):
            return try? reader.assemble(payloads, isKeyFrame: isKeyFrame, into: &data)
        case .vp9(var reader):
            return try? reader.assemble(payloads, isKeyFrame: isKeyFrame, into: &data)
        case .h264(var reader):
            defer { self = .h264(reader) }
            return try? reader.assemble(payloads, isKeyFrame: isKeyFrame, into: &data)
        case .jpeg(var reader):
            defer { self = .jpeg(reader) }
            return try? reader.assemble(payloads, isKeyFrame: isKeyFrame, into: &data)
        }
    }
}
