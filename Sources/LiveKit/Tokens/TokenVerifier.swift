import FoundationEssentials

/// Checks access tokens as a LiveKit server does.
public struct TokenVerifier: Sendable {
    private let secrets: [String: APIKey]
    /// How far the issuer's clock may be off, 60 s by default.
    public let leeway: Duration
    /// Whether a token without `exp` is refused (the protocol's text says so; livekit-server 1.11.0 accepts it).
    public let requiresExpiry: Bool

    private static let largestToken = 1 << 20

    public init(keys: [APIKey], leeway: Duration = .seconds(60), requiresExpiry: Bool = true) {
        secrets = Dictionary(keys.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.leeway = leeway
        self.requiresExpiry = requiresExpiry
    }

    /// The claims of `token`, once its signature and times were found right.
    ///
    /// - Parameter now: seconds since 1970.
    public func verify(_ token: String, now: Int64) throws(TokenError) -> TokenClaims {
        guard token.utf8.count <= Self.largestToken else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed }
        let header: Header = try Self.decode(parts[0], as: .header)
        guard header.alg == "HS256" else { throw .unsupportedAlgorithm(Self.shortened(header.alg)) }
        let claims: TokenClaims = try Self.decode(parts[1], as: .claims)
        guard let issuer = claims.issuer, let key = secrets[issuer] else {
            throw .unknownKey(Self.shortened(claims.issuer ?? ""))
        }
        guard let signature = Base64URL.decode(parts[2]) else { throw .unreadable(.signature, detail: "not base64url") }
        let signed = Array("\(parts[0]).\(parts[1])".utf8)
        let expected = try TokenSignature.compute(over: signed, secret: key.secret)
        guard TokenSignature.equal(signature, expected) else { throw .badSignature }
        try checkTimes(of: claims, now: now)
        return claims
    }

    /// The claims of `token` without any check, to show who it is for; never to decide.
    public static func peek(_ token: AccessToken) throws(TokenError) -> TokenClaims {
        let parts = token.jwt.split(separator: ".", omittingEmptySubsequences: false)
        guard token.jwt.utf8.count <= largestToken, parts.count == 3 else { throw .malformed }
        return try decode(parts[1], as: .claims)
    }

    private func checkTimes(of claims: TokenClaims, now: Int64) throws(TokenError) {
        let slack = leeway.components.seconds
        if let expires = claims.expires {
            guard now &- slack <= expires else { throw .expired(at: expires) }
        } else if requiresExpiry {
            throw .neverExpires
        }
        if let notBefore = claims.notBefore, now &+ slack < notBefore { throw .notValidBefore(notBefore) }
    }

    private struct Header: Decodable {
        var alg: String
    }

    private static func decode<Value: Decodable>(
        _ part: Substring, as name: TokenError.Part
    ) throws(TokenError) -> Value {
        guard let bytes = Base64URL.decode(part) else { throw .unreadable(name, detail: "not base64url") }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw .unreadable(name, detail: describe(error))
        } catch {
            throw .unreadable(name, detail: "not JSON")
        }
    }

    /// Names the field, never its value.
    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\"\(path(context))\" has the wrong type"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty: "\"\(path(context))\" is out of range"
        default: "not JSON"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }

    private static func shortened(_ text: String) -> String {
        String(text.prefix(64))
    }
}
