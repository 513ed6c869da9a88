/// Why a request to the Messages API gave no message.
public struct ClaudeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, by the error's own type where the API names one, else by the HTTP status.
    public enum Kind: Sendable, Hashable {
        /// The key is missing, wrong or revoked (401).
        case authentication
        /// The key may not do this (403).
        case permission
        /// There is no such model or path (404).
        case notFound
        /// Too many requests or tokens (429).
        case rateLimited
        /// A spend limit is reached, or the organisation is on hold: only a person can change that.
        case quota
        /// The API is short of capacity (529, or an `overloaded_error` inside a stream).
        case overloaded
        /// The request was refused as malformed (400, 422 and others).
        case invalidRequest
        /// The prompt is larger than the API or the model takes (413, or the context window was exceeded).
        case promptTooLong
        /// The API failed (5xx, or an `api_error` inside a stream).
        case serverError(status: Int)
        case timeout(Deadline)
        /// The stream ended before the message did.
        case cut
        /// The answer is not what the API documents.
        case malformed
        /// The message ended in order, without a word in it.
        case empty
        /// The model declined to answer (`stop_reason` refusal).
        case refusal
        /// The answer was longer than allowed and is incomplete (`stop_reason` max_tokens).
        case maxTokens
        /// No connection, or it broke before an answer began: name resolution, refused, TLS.
        case network
        case cancelled

        /// A short name for metrics and logs.
        public var label: String {
            switch self {
            case .authentication: "authentication"
            case .permission: "permission"
            case .notFound: "not_found"
            case .rateLimited: "rate_limited"
            case .quota: "quota"
            case .overloaded: "overloaded"
            case .invalidRequest: "invalid_request"
            case .promptTooLong: "prompt_too_long"
            case .serverError: "server_error"
            case .timeout(let deadline): "timeout_\(deadline.rawValue)"
            case .cut: "cut"
            case .malformed: "malformed"
            case .empty: "empty"
            case .refusal: "refusal"
            case .maxTokens: "max_tokens"
            case .network: "network"
            case .cancelled: "cancelled"
            }
        }
    }

    /// Which of the deadlines passed.
    public enum Deadline: String, Sendable, Hashable {
        case connect
        /// No content came in time after the request was made.
        case firstToken = "first_token"
        /// The stream fell silent between two events.
        case stall
        case total
    }

    public var kind: Kind
    /// The API's `request-id`, where an answer came.
    public var requestID: String?
    /// How long the API asks to wait, where it does, with whatever status.
    public var retryAfter: Duration?
    /// The API's `error_code`, where it names one; a refusal's category.
    public var code: String?
    /// A sentence about what was wrong. May quote the API's message, never the key.
    public var message: String

    public init(
        _ kind: Kind, requestID: String? = nil, retryAfter: Duration? = nil, code: String? = nil, message: String
    ) {
        self.kind = kind
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.code = code
        self.message = message
    }

    public var description: String {
        let id = requestID.map { " (request \($0))" } ?? ""
        return "\(kind.label): \(message)\(id)"
    }
}
