import Coach
import HTTPClient

extension ClaudeError {
    /// Reads an error of the API: a response that is not 200, or an `error` event inside a stream that is.
    ///
    /// The type that the body names decides; the status only where the body names none that is known.
    init(api body: JSONValue?, status: Int, headers: ResponseHead, quoter: Quoter) {
        let error = body?["error"]
        let type = error?["type"]?.string
        let id = headers.requestID ?? body?["request_id"]?.string
        let code = error?["details"]?["error_code"]?.string
        let isQuota = Self.quotaCodes.contains(code ?? "") || Self.saysLimit(error?["message"]?.string, type: type)
        let kind = isQuota ? .quota : Self.kind(ofType: type, status: status) ?? Self.kind(ofStatus: status)
        // The API's sentence comes from outside and goes into logs: one line, bounded.
        let said = (error?["message"]?.string).map { ": " + quoter.quote($0, limit: 300) } ?? ""
        let name = type.map { quoter.quote($0, limit: 60) } ?? "HTTP \(status)"
        self.init(
            kind, requestID: id.map { quoter.quote($0, limit: 100) }, retryAfter: headers.retryAfter,
            code: code.map { quoter.quote($0, limit: 60) },
            message: name + (code.map { " (" + quoter.quote($0, limit: 60) + ")" } ?? "") + said)
    }

    /// What only a person can change: spend limits until the month's end, and an organisation on hold.
    private static let quotaCodes: Set = [
        "enforced_spend_limit_reached", "contract_spend_limit_reached", "organization_on_hold",
    ]

    /// A spend limit that the customer has set is told in words alone: "You have reached your specified API usage limits".
    private static func saysLimit(_ message: String?, type: String?) -> Bool {
        guard type == "invalid_request_error", let message = message?.prefix(500).lowercased() else { return false }
        return message.contains("you have reached your specified") && message.contains("usage limits")
    }

    private static func kind(ofType type: String?, status: Int) -> Kind? {
        switch type {
        case "invalid_request_error": .invalidRequest
        case "authentication_error": .authentication
        case "permission_error", "billing_error": .permission
        case "not_found_error": .notFound
        case "request_too_large": .promptTooLong
        case "rate_limit_error": .rateLimited
        case "overloaded_error": .overloaded
        case "api_error", "timeout_error": .serverError(status: status)
        default: nil
        }
    }

    private static func kind(ofStatus status: Int) -> Kind {
        switch status {
        case 401: .authentication
        case 402, 403: .permission
        case 404: .notFound
        case 413: .promptTooLong
        case 429: .rateLimited
        case 529: .overloaded
        case 408, 409, 500...: .serverError(status: status)
        case 400..<500: .invalidRequest
        // 200 with an unknown error inside, or a redirect, which is not followed: the API's side is at fault.
        case 200: .serverError(status: status)
        default: .malformed
        }
    }

    var isTimeout: Bool { if case .timeout = kind { true } else { false } }

    /// Whether the same request may well succeed a little later. Nothing of an answer is used before it is whole, so a
    /// second attempt cannot repeat what was said already.
    var isTransient: Bool {
        switch kind {
        case .rateLimited, .overloaded, .serverError, .network, .cut, .empty, .timeout(.connect), .timeout(.firstToken),
            .timeout(.stall):
            true
        case .authentication, .permission, .notFound, .invalidRequest, .promptTooLong, .timeout(.total), .malformed,
            .refusal, .maxTokens, .cancelled, .quota:
            false
        }
    }
}
