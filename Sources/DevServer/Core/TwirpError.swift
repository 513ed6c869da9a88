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
    }

    var code: Code
    var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
