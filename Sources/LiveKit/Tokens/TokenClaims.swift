import SansIO

/// What a LiveKit access token says. Claims that Jask does not use (`sip`, `inference`, `observability`) are ignored.
public struct TokenClaims: Codable, Hashable, Sendable {
    /// The API key's name; set when minted.
    public internal(set) var issuer: String?
    /// The participant's identity.
    public var identity: Identity?
    /// Seconds since 1970.
    public internal(set) var notBefore: Int64?
    /// Seconds since 1970.
    public internal(set) var issuedAt: Int64?
    /// Seconds since 1970.
    public internal(set) var expires: Int64?
    public var id: String?
    public var name: String?
    /// `standard`, `agent`, `ingress`, `egress`, `sip`, `connector` or `bridge`; unset: standard.
    public var kind: String?
    public var kindDetails: [String]?
    public var metadata: String?
    public var attributes: [AttributeKey: String]?
    public var video: VideoGrant?
    public var roomPreset: String?
    public var roomConfiguration: RoomConfigurationClaim?
    /// In webhooks: base64 of the SHA-256 of the body.
    public var sha256: String?

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case identity = "sub"
        case notBefore = "nbf"
        case issuedAt = "iat"
        case expires = "exp"
        case id = "jti"
        case name, kind, kindDetails, metadata, attributes, video, roomPreset
        case roomConfiguration = "roomConfig"
        case sha256
    }

    public init(identity: Identity? = nil, video: VideoGrant? = nil) {
        self.identity = identity
        self.video = video
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        issuer = try container.decodeIfPresent(String.self, forKey: .issuer)
        identity = try container.decodeIfPresent(Identity.self, forKey: .identity)
        notBefore = try container.seconds(.notBefore)
        issuedAt = try container.seconds(.issuedAt)
        expires = try container.seconds(.expires)
        id = try container.decodeIfPresent(String.self, forKey: .id)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        kind = try container.decodeIfPresent(String.self, forKey: .kind)
        kindDetails = try container.decodeIfPresent([String].self, forKey: .kindDetails)
        metadata = try container.decodeIfPresent(String.self, forKey: .metadata)
        attributes = try container.decodeIfPresent([AttributeKey: String].self, forKey: .attributes)
        video = try container.decodeIfPresent(VideoGrant.self, forKey: .video)
        roomPreset = try container.decodeIfPresent(String.self, forKey: .roomPreset)
        roomConfiguration = try container.decodeIfPresent(RoomConfigurationClaim.self, forKey: .roomConfiguration)
        sha256 = try container.decodeIfPresent(String.self, forKey: .sha256)
    }
}

extension KeyedDecodingContainer {
    /// A NumericDate (RFC 7519 §2): whole seconds, or a fraction that is cut off.
    fileprivate func seconds(_ key: Key) throws -> Int64? {
        guard let value = try decodeIfPresent(Double.self, forKey: key) else { return nil }
        guard let seconds = Int64(exactly: value.rounded(.down)) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "out of range")
        }
        return seconds
    }
}
