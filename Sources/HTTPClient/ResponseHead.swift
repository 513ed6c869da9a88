import Foundation

/// The status and headers of one response, as far as they came.
public struct ResponseHead: Sendable, Hashable {
    public private(set) var status: Int?
    /// By lower-case name; the last of several of one name.
    public private(set) var headers: [String: String] = [:]

    /// Headers beyond this are left out.
    public static let headerLimit = 200

    public init() {}

    /// Takes one line of the head; a new status line (after an interim 1xx) starts over.
    public mutating func receive(line: String) {
        let line = line.trimmingCharacters(in: .whitespacesAndNewlines)
        if line.hasPrefix("HTTP/") {
            let parts = line.split(separator: " ", maxSplits: 2)
            status = parts.count > 1 ? Int(parts[1]) : nil
            headers = [:]
            return
        }
        guard let colon = line.firstIndex(of: ":"), headers.count < Self.headerLimit else { return }
        headers[line[..<colon].lowercased()] =
            line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }

    /// - Parameter name: in lower case.
    public subscript(_ name: String) -> String? { headers[name] }

    /// What the server asks to wait, from `retry-after-ms`, else `retry-after` in seconds or as a date. A date is read
    /// against the response's own `date`, so that no clock is needed; what is not in the future counts as none.
    public var retryAfter: Duration? {
        if let text = headers["retry-after-ms"], let value = Double(text) { return Self.wait(seconds: value / 1000) }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = Double(text) { return Self.wait(seconds: seconds) }
        guard let then = Self.date(text), let now = headers["date"].flatMap(Self.date) else { return nil }
        return Self.wait(seconds: then.timeIntervalSince(now))
    }

    private static func wait(seconds: Double) -> Duration? {
        guard seconds.isFinite, seconds > 0, seconds < 1e6 else { return nil }
        return .milliseconds(Int64((seconds * 1000).rounded(.up)))
    }

    /// An IMF-fixdate (RFC 9110 §5.6.7).
    private static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return formatter.date(from: text)
    }
}
