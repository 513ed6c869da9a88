import FoundationEssentials
import SansIO

/// A signed LiveKit access token (a JSON Web Token, RFC 7519, signed with HS256). Its text never appears in a
/// description or a mirror.
public struct AccessToken: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// How long a token is valid when nothing else is said: 6 hours.
    public static let defaultValidity = Duration.seconds(6 * 3600)

    /// The token's text, for an `Authorization` header. A secret: not for logs.
    public let jwt: String

    /// A token that was given, unchecked.
    public init(jwt: String) {
        self.jwt = jwt
    }

    /// Signs `claims`.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970; `nbf` and `iat` are set to it.
    ///   - validity: added to `now` for `exp`; at least one second.
    public init(
        signing claims: TokenClaims, with key: APIKey, now: Int64, validity: Duration = defaultValidity
    ) throws(TokenError) {
        var claims = claims
        claims.issuer = key.name
        claims.notBefore = now
        claims.issuedAt = now
        claims.expires = now.addingReportingOverflow(max(1, validity.components.seconds)).partialValue
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let payload: Data
        do {
            payload = try encoder.encode(claims)
        } catch {
            throw .unwritableClaims(String(describing: error))
        }
        let signed = Self.header + "." + Base64URL.encode(payload, padded: false)
        let signature = try TokenSignature.compute(over: Array(signed.utf8), secret: key.secret)
        jwt = signed + "." + Base64URL.encode(signature, padded: false)
    }

    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8), padded: false)

    public var description: String { "AccessToken(\(Redaction.mark))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
