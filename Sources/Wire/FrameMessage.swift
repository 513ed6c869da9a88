import SansIO

/// `jask.frame`, agent → whoever sends pictures: which pictures are looked at.
public struct FrameMessage: Sendable, Hashable, Codable {
    /// What a byte stream with a picture says that it is.
    public static let mediaType = "image/jpeg"

    public var type = Topic.frame
    public var version = WireCoding.version
    /// Whether pictures are looked at now: not while the assistant is paused or off, or after an opt-out.
    public var wanted: Bool
    /// How many a second are enough.
    public var rate: Double
    /// How many columns are enough.
    public var width: Int
    /// Bytes of a picture, and columns by rows: one with more is refused.
    public var maximumBytes: Int
    public var maximumPixels: Int

    enum CodingKeys: String, CodingKey {
        case type, version, wanted, rate, width
        case maximumBytes = "maximum_bytes"
        case maximumPixels = "maximum_pixels"
    }

    public init(wanted: Bool, rate: Double, width: Int, maximumBytes: Int, maximumPixels: Int) {
        self.wanted = wanted
        self.rate = rate
        self.width = width
        self.maximumBytes = maximumBytes
        self.maximumPixels = maximumPixels
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(FrameMessage.self, topic: Topic.frame, from: bytes, limit: 4096)
    }
}

/// What a client says of a picture that it sends as a byte stream on `jask.frame`: the stream's attributes.
public struct FrameAttributes: Sendable, Hashable {
    /// When the camera took it, by the client's clock.
    public var capturedAt: Timestamp?
    /// Grows by at least one with each picture.
    public var sequence: Int?

    public init(capturedAt: Timestamp? = nil, sequence: Int? = nil) {
        self.capturedAt = capturedAt
        self.sequence = sequence
    }

    private enum Name {
        static let capturedAt: AttributeKey = "captured_at"
        static let sequence: AttributeKey = "sequence"
    }

    /// Attributes that are not named here are passed over, as are empty ones.
    public init(_ attributes: [AttributeKey: String]) throws(WireError) {
        if let text = attributes[Name.capturedAt], !text.isEmpty {
            guard let time = Timestamp(text) else {
                throw WireError(.wrongType, "the attribute 'captured_at' is not an RFC 3339 time")
            }
            capturedAt = time
        }
        if let text = attributes[Name.sequence], !text.isEmpty {
            guard let number = Int(text) else {
                throw WireError(.wrongType, "the attribute 'sequence' is not a whole number")
            }
            guard number >= 0 else { throw WireError(.outOfRange, "the attribute 'sequence' is negative") }
            sequence = number
        }
    }

    /// As a stream carries them.
    public var attributes: [AttributeKey: String] {
        var attributes: [AttributeKey: String] = [:]
        attributes[Name.capturedAt] = capturedAt?.description
        attributes[Name.sequence] = sequence.map(String.init)
        return attributes
    }
}
