import Foundation
import NIOHTTP1
import Web

extension TwirpError {
    var response: WebResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = (try? encoder.encode(["code": code.rawValue, "msg": message])) ?? Data()
        return .json(String(decoding: body, as: UTF8.self), status: code.status)
    }
}

extension TwirpError.Code {
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
