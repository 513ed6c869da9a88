/// Where a LiveKit server is: scheme, host, port and a path that precedes all others.
public struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// Whether the connection uses TLS (`wss`, `https`).
    public let isSecure: Bool
    /// A name or an address; an IPv6 address without brackets.
    public let host: String
    public let port: Int
    /// Empty, or a path that begins with a slash and does not end with one.
    public let basePath: String

    /// Reads `ws://`, `wss://`, `http://` or `https://` URLs. Query and fragment are refused.
    public init(_ text: String) throws(TransportError) {
        guard let separator = text.range(of: "://") else {
            throw .invalidURL(reason: "it must begin with ws://, wss://, http:// or https://")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "ws", "http": isSecure = false
        case "wss", "https": isSecure = true
        default: throw .invalidURL(reason: "it must begin with ws://, wss://, http:// or https://")
        }
        let rest = text[separator.upperBound...]
        guard !rest.contains(where: { $0 == "?" || $0 == "#" || $0 == "@" || $0.isWhitespace || !$0.isASCII }) else {
            throw .invalidURL(reason: "it must be a scheme, a host, a port and a path, nothing else")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        (host, port) = try Self.authority(rest[..<slash], defaultPort: isSecure ? 443 : 80)
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        basePath = path
    }

    private static func authority(
        _ text: Substring, defaultPort: Int
    ) throws(TransportError) -> (host: String, port: Int) {
        var host = text
        var portText: Substring?
        if text.hasPrefix("["), let bracket = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<bracket]
            let after = text[text.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .invalidURL(reason: "text follows the address") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
            guard !host.contains(":") else { throw .invalidURL(reason: "an IPv6 address needs brackets") }
        }
        guard !host.isEmpty else { throw .invalidURL(reason: "the host is missing") }
        guard let portText else { return (String(host), defaultPort) }
        guard let port = Int(portText), (1...65535).contains(port) else {
            throw .invalidURL(reason: "the port must be between 1 and 65535")
        }
        return (String(host), port)
    }

    /// Whether a token that is safe on the way to `other` would travel in clear to this one.
    public func isWeaker(than other: ServerURL) -> Bool { other.isSecure && !isSecure }

    /// The `Host` header (RFC 9110 §7.2).
    var hostHeader: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// For requests over HTTP: scheme, host, port and base path.
    var httpURL: String { "\(isSecure ? "https" : "http")://\(hostHeader)\(basePath)" }

    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "wss" : "ws")://\(name):\(port)\(basePath)"
    }
}

extension String {
    fileprivate func range(of needle: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(needle) { return index..<self.index(index, offsetBy: needle.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
