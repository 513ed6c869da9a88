import SansIO

/// `jask.notice`, agent → one participant.
public struct NoticeMessage: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// What of the addressee is observed, by whom, and how to stop it. Comes before anything is.
        case observing
        /// The assistant gives hints (again).
        case on
        /// It neither listens nor gives hints until it is resumed.
        case paused
        /// It has ended for this session.
        case off
        /// It is not known who the candidate is, so there are no hints.
        case noCandidate = "no_candidate"
        /// What the addressee opted out of, or back into.
        case choices
        /// There will be no hint for the addressee's request now, and why.
        case declined
        /// The addressee sent something that cannot be used.
        case error
        /// To the addressee's client, and not in chat: the assistant has no more what it was sent, and `resend` says what to
        /// send again on `topic`.
        case resend
    }

    /// One kind of thing that is observed.
    public struct Observed: Sendable, Hashable, Codable {
        public var source: ObservedSource
        /// What it is used for, in words.
        public var purpose: String
        /// False where the addressee opted out, or where it is end-to-end encrypted.
        public var used: Bool

        public init(source: ObservedSource, purpose: String, used: Bool) {
            self.source = source
            self.purpose = purpose
            self.used = used
        }
    }

    public var type = Topic.notice
    public var version = WireCoding.version
    public var id: ULID
    public var issuedAt: Timestamp
    public var kind: Kind
    /// For people.
    public var text: String
    /// Who observes: the assistant's name.
    public var by: String
    /// With `observing` and `choices`.
    public var observed: [Observed]?
    /// With `observing` and `choices`: the topic on which to opt out.
    public var stop: String?
    /// With `error`: a `WireError.Code`; with `declined`: the reason's short name.
    public var code: String?
    /// With `error` and `declined`: the topic it is about. With `resend`: the topic to send it on.
    public var topic: String?
    /// With an `error` about a change of code: the file.
    public var path: DocumentPath?
    /// And the revision that is here; left out where the file is not.
    public var revision: Int?
    /// And what to send again: `wholeText`, with a revision above that one; left out where nothing helps. With `resend`,
    /// and with `choices` where code is used again: what the assistant had and has no more.
    public var resend: String?
    /// The files as they are, whole.
    public static let wholeText = "whole_text"

    enum CodingKeys: String, CodingKey {
        case type, version, id, kind, text, by, observed, stop, code, topic, path, revision, resend
        case issuedAt = "issued_at"
    }

    public init(
        id: ULID, issuedAt: Timestamp, kind: Kind, text: String, by: String, observed: [Observed]? = nil,
        stop: String? = nil, code: String? = nil, topic: String? = nil
    ) {
        self.id = id
        self.issuedAt = issuedAt
        self.kind = kind
        self.text = text
        self.by = by
        self.observed = observed
        self.stop = stop
        self.code = code
        self.topic = topic
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(NoticeMessage.self, topic: Topic.notice, from: bytes)
    }
}
