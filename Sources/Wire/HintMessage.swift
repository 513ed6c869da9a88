import SansIO

/// `jask.hint`, agent → the candidate and interviewers: one small hint.
public struct HintMessage: Sendable, Hashable, Codable {
    /// What made the hint worth giving: a fact, never a feeling.
    public struct Trigger: Sendable, Hashable, Codable {
        /// `long_pause`, `raised_hand`, `palm_to_forehead`, `request`; there may be further ones.
        public var kind: String
        /// 0…1.
        public var confidence: Double
        public var startedAt: Timestamp

        enum CodingKeys: String, CodingKey {
            case kind, confidence
            case startedAt = "started_at"
        }

        public init(kind: String, confidence: Double, startedAt: Timestamp) {
            self.kind = kind
            self.confidence = confidence
            self.startedAt = startedAt
        }
    }

    /// The lines of the candidate's code that the hint is about.
    public struct Place: Sendable, Hashable, Codable {
        public var path: String
        public var revision: Int
        /// 1-based.
        public var startLine: Int
        /// 1-based, inclusive.
        public var endLine: Int

        enum CodingKeys: String, CodingKey {
            case path, revision
            case startLine = "start_line"
            case endLine = "end_line"
        }

        init(_ anchor: Anchor) {
            path = anchor.path
            revision = anchor.revision
            startLine = anchor.startLine
            endLine = anchor.endLine
        }
    }

    public var type = Topic.hint
    public var version = WireCoding.version
    public var id: ULID
    public var issuedAt: Timestamp
    public var expiresAt: Timestamp
    public var trigger: Trigger
    /// 1…4.
    public var tier: Int
    public var text: String
    public var anchor: Place?
    public var source: Hint.Source

    enum CodingKeys: String, CodingKey {
        case type, version, id, trigger, tier, text, anchor, source
        case issuedAt = "issued_at"
        case expiresAt = "expires_at"
    }

    public init(id: ULID, issuedAt: Timestamp, expiresAt: Timestamp, trigger: Trigger, hint: Hint) {
        self.id = id
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.trigger = trigger
        tier = hint.tier
        text = hint.text
        anchor = hint.anchor.map(Place.init)
        source = hint.source
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(HintMessage.self, topic: Topic.hint, from: bytes)
    }
}
