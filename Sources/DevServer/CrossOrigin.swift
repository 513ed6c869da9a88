import NIOHTTP1
import Web

/// What browsers are told about pages of other origins, as livekit-server tells it: every origin may call, which the token
/// keeps harmless. It goes with every answer, errors too, since a browser hides the status of one without it.
enum CrossOrigin {
    private static let methods: [HTTPMethod] = [.OPTIONS, .HEAD, .GET, .POST, .PATCH, .DELETE]
    /// How long a browser may remember the answer to a preflight, in seconds.
    private static let preflightAge = "86400"

    /// Whether a browser asks before it sends the request proper (Fetch §4.8). It is answered whatever the path.
    static func isPreflight(_ request: WebRequest) -> Bool {
        request.method == .OPTIONS && request.headers.first(name: "Access-Control-Request-Method")?.isEmpty == false
    }

    @Sendable static func complete(_ request: WebRequest, _ response: inout WebResponse) {
        if isPreflight(request) { return completePreflight(request, &response) }
        response.headers.add(name: "Vary", value: "Origin")
        if let origin = request.headers.first(name: "Origin"), methods.contains(request.method) {
            response.headers.replaceOrAdd(name: "Access-Control-Allow-Origin", value: origin)
            response.headers.replaceOrAdd(name: "Access-Control-Expose-Headers", value: "*")
        }
        // Here the real server says it without being asked.
        if request.path == "/rtc/validate" || request.path == "/rtc/v1/validate" {
            response.headers.replaceOrAdd(name: "Access-Control-Allow-Origin", value: "*")
        }
    }

    private static func completePreflight(_ request: WebRequest, _ response: inout WebResponse) {
        response.headers.add(
            name: "Vary", value: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        guard let origin = request.headers.first(name: "Origin"),
            let method = request.headers.first(name: "Access-Control-Request-Method"),
            methods.contains(HTTPMethod(rawValue: method))
        else { return }
        response.headers.add(name: "Access-Control-Allow-Origin", value: origin)
        response.headers.add(name: "Access-Control-Allow-Methods", value: method)
        for asked in request.headers[canonicalForm: "Access-Control-Request-Headers"] where !asked.isEmpty {
            response.headers.add(name: "Access-Control-Allow-Headers", value: String(asked))
        }
        response.headers.add(name: "Access-Control-Max-Age", value: preflightAge)
    }
}
