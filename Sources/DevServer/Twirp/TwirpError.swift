import Foundation
import NIOHTTP1
import Web

/// An error of the server API, in Twirp's form.
struct TwirpError: Error, Equatable {
    enum Code: String {
        case malformed
        case invalidArgument = "invalid_argument"
        case unauthenticated
        case notFound = "not_found"
        case badRoute = "bad_route"
        case failedPrecondition = "failed_precondition"
        case `internal`

        var status: HTTPResponseStatus {
            switch self {
            case .malformed, .invalidArgument: .badRequest
            case .unauthenticated: .unauthorized
            case .notFound, .badRoute: .notFound
            case .failedPrecondition: .preconditionFailed
            case .internal: .internalServerError
            }
        }
    }

    var code: Code
    var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    var response: HTTPResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = (try? encoder.encode(["code": code.rawValue, "msg": message])) ?? Data()
        return .json(String(decoding: body, as: UTF8.self), status: code.status)
    }
}
