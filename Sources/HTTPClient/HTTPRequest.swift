import SansIO

/// One HTTP request.
public struct HTTPRequest: Sendable {
    /// What libcurl is asked for; others are not needed yet.
    public enum Method: String, Sendable, Hashable {
        case get = "GET"
        case post = "POST"
    }

    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public var method: Method
    /// `http` or `https`; anything else fails as `notConnected`.
    public var url: String
    public var headers: [Header]
    /// Of a `POST`.
    public var body: [UInt8]
    /// For name resolution, TCP and TLS together.
    public var connectTimeout: Duration
    /// A file of certificate authorities (PEM) in place of the system's.
    public var caFile: String?
    /// Not over a connection that is there from earlier requests.
    public var needsFreshConnection: Bool

    public init(
        _ method: Method, url: String, headers: [Header] = [], body: [UInt8] = [],
        connectTimeout: Duration = .seconds(3), caFile: String? = nil, needsFreshConnection: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.caFile = caFile
        self.needsFreshConnection = needsFreshConnection
    }

    /// The header's lines as libcurl takes them; nil where a name or value would begin a line of its own.
    var headerLines: [String]? {
        let lines = headers.map { "\($0.name): \($0.value)" }
        return lines.allSatisfy { $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } } ? lines : nil
    }
}
