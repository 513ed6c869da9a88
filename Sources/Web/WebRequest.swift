import NIOCore
import NIOHTTP1

/// One HTTP/1.1 request with its whole body.
public struct WebRequest: Sendable {
    public var method: HTTPMethod
    /// The path, percent-decoded, with repeated slashes at its start made one.
    public var path: String
    /// The query's parameters in their order, percent-decoded, `+` read as a space.
    public var query: QueryParameters
    public var headers: HTTPHeaders
    public var body: ByteBuffer

    public init(method: HTTPMethod, uri: String, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let rawPath = parts.first.map(String.init) ?? "/"
        self.method = method
        path = Self.normalise(rawPath)
        query = QueryParameters(parsing: parts.count > 1 ? String(parts[1]) : "")
        self.headers = headers
        self.body = body
    }

    /// The token of an `Authorization: Bearer …` header.
    public var bearerToken: String? {
        guard let value = headers.first(name: "Authorization"), value.hasPrefix("Bearer ") else { return nil }
        return String(value.dropFirst("Bearer ".count))
    }

    /// Whether the client asks for the connection to become a WebSocket (RFC 6455 §4.1).
    var asksForWebSocket: Bool {
        method == .GET
            && headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
            && headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
    }

    private static func normalise(_ raw: String) -> String {
        let decoded = PercentCoding.decode(raw, plusIsSpace: false)
        return "/" + decoded.drop { $0 == "/" }
    }
}

/// The parameters of a query string, in their order.
public struct QueryParameters: Sendable, Equatable {
    public let pairs: [Pair]

    public struct Pair: Sendable, Equatable {
        public let name: String
        public let value: String
    }

    /// Reads `a=1&b=x%20y`; a parameter without `=` has an empty value, an empty name is skipped.
    public init(parsing text: String) {
        pairs = text.split(separator: "&").compactMap { part in
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = PercentCoding.decode(String(halves[0]), plusIsSpace: true)
            guard !name.isEmpty else { return nil }
            let value = halves.count > 1 ? PercentCoding.decode(String(halves[1]), plusIsSpace: true) : ""
            return Pair(name: name, value: value)
        }
    }

    /// The first value of that name.
    public subscript(_ name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }
}

/// Percent-encoding of RFC 3986 §2.1, forgiving: what is not a valid escape is kept as it stands.
enum PercentCoding {
    static func decode(_ text: String, plusIsSpace: Bool) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = escape(rest.prefix(2)) {
                rest = rest.dropFirst(2)
                bytes.append(value)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escape(_ digits: Substring.UTF8View.SubSequence) -> UInt8? {
        let values = digits.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard values.count == 2 else { return nil }
        return UInt8(values[0] << 4 | values[1])
    }
}
