/// Why a token was not minted or not accepted. No case carries the token or a secret.
public enum TokenError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Part: String, Sendable { case header, claims, signature }

    /// A key or secret is empty.
    case emptyKey
    /// The token is larger than 1 MiB, or not three parts with dots between.
    case malformed
    /// A part is not base64url, or not the JSON that belongs there; `detail` names the field.
    case unreadable(Part, detail: String)
    /// The header names another algorithm than HS256.
    case unsupportedAlgorithm(String)
    /// No secret is known for this `iss`.
    case unknownKey(String)
    /// The signature is not that of the key's secret.
    case badSignature
    /// `exp` passed, in seconds since 1970.
    case expired(at: Int64)
    /// `nbf` lies ahead, in seconds since 1970; clock skew shows like this.
    case notValidBefore(Int64)
    /// The token has no `exp`.
    case neverExpires
    /// The claims cannot be written as JSON.
    case unwritableClaims(String)
    /// The signature could not be computed.
    case cryptography

    public var description: String {
        switch self {
        case .emptyKey: "an API key and its secret must not be empty"
        case .malformed: "not a token: expected three parts with dots between, at most 1 MiB"
        case .unreadable(let part, let detail): "the token's \(part.rawValue) cannot be read: \(detail)"
        case .unsupportedAlgorithm(let name): "the token's algorithm is \(name), expected HS256"
        case .unknownKey(let name): "no API key named \"\(name)\""
        case .badSignature: "the token is not signed with this API key's secret"
        case .expired(let time): "the token expired at \(time) (seconds since 1970)"
        case .notValidBefore(let time): "the token is not valid before \(time) (seconds since 1970)"
        case .neverExpires: "the token has no expiry"
        case .unwritableClaims(let detail): "the claims cannot be written: \(detail)"
        case .cryptography: "the token's signature could not be computed"
        }
    }
}
