/// Why a call of the server API failed.
public enum ServerAPIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Twirp's error: `code` as `not_found`, `unauthenticated`, `permission_denied`, `unavailable`; without tokens.
    case twirp(method: String, status: Int, code: String, message: String)
    case transport(method: String, TransportError)
    case badResponse(method: String, ProtocolMessageError)
    case token(TokenError)

    public var description: String {
        switch self {
        case .twirp(let method, let status, let code, let message):
            "\(method) failed with \(code) (\(status))\(message.isEmpty ? "" : ": \(message)")"
        case .transport(let method, let error): "\(method) failed: \(error)"
        case .badResponse(let method, let error): "\(method) failed: \(error)"
        case .token(let error): error.description
        }
    }

    /// Whether what was asked for does not exist.
    public var isNotFound: Bool {
        if case .twirp(_, _, "not_found", _) = self { return true }
        return false
    }
}
