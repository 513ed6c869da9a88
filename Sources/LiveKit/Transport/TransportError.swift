/// An HTTP response instead of the protocol that was asked for. Tokens are taken out of the body.
public struct HTTPRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public var status: Int
    /// At most 1,000 characters of the response's body, without tokens.
    public var body: String

    public init(status: Int, body: String) {
        self.status = status
        self.body = body
    }

    /// A page for people says only that no LiveKit server is there, and is left out.
    static func text(_ body: String, of server: ServerURL) -> String {
        guard body.drop(while: \.isWhitespace).first == "<" else { return body }
        return "a web page; is \(server.httpURL) the URL of a LiveKit server?"
    }

    public var description: String {
        body.isEmpty ? "the server answered \(status)" : "the server answered \(status): \(body)"
    }
}

/// Why a connection could not be opened or used.
public enum TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Phase: String, Sendable {
        case connecting = "connecting"
        case upgrading = "waiting for the server's answer"
        case responding = "waiting for the response"
    }

    case invalidURL(reason: String)
    /// Name resolution or TCP failed.
    case unreachable(host: String, port: Int, reason: String)
    case timedOut(Phase)
    /// The TLS handshake failed.
    case tls(String)
    /// The server answered with another status than 101.
    case refused(HTTPRefusal)
    /// The server's answer was not HTTP, or not a valid upgrade.
    case badResponse(String)
    /// The connection ended before the answer was complete.
    case connectionLost
    /// The response is larger than the limit, in bytes.
    case responseTooLarge(limit: Int)

    public var description: String {
        switch self {
        case .invalidURL(let reason): "not a server URL: \(reason)"
        case .unreachable(let host, let port, let reason): "cannot reach \(host) port \(port): \(reason)"
        case .timedOut(let phase): "timed out while \(phase.rawValue)"
        case .tls(let reason): "TLS failed: \(reason)"
        case .refused(let refusal): refusal.description
        case .badResponse(let reason): "the server's answer cannot be used: \(reason)"
        case .connectionLost: "the connection was lost before the answer was complete"
        case .responseTooLarge(let limit): "the response is larger than \(limit) bytes"
        }
    }

    /// Whether the same attempt may succeed later: false where the server has decided or the URL is wrong.
    public var isWorthRetrying: Bool {
        switch self {
        case .invalidURL: false
        case .refused(let refusal): refusal.status >= 500 || refusal.status == 429 || refusal.status == 408
        case .unreachable, .timedOut, .tls, .badResponse, .connectionLost, .responseTooLarge: true
        }
    }
}
