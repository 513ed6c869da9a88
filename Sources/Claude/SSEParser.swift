/// One event of a `text/event-stream` (the HTML standard, §9.2).
struct ServerSentEvent: Sendable, Hashable {
    /// The `event` field; empty where the stream gave none.
    var name: String
    /// The `data` fields, joined by line feeds.
    var data: String
}

/// Why a stream cannot be read on.
enum SSEParseError: Error, Sendable, Hashable {
    /// One event is larger than `limit` bytes.
    case eventTooLarge(limit: Int)
}

/// Cuts a byte stream into server-sent events, whatever the pieces it arrives in. Sans-IO.
///
/// Lines end with LF, CR LF or CR; a byte order mark at the start, comments, `id` and `retry` are skipped. An event that
/// the stream ends in the middle of is not delivered, as the standard has it.
struct SSEParser: Sendable {
    /// Bytes of one event, its field names included.
    static let eventLimit = 1 << 20

    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var size = 0
    private var afterReturn = false
    private var atStart = true

    /// Takes the next bytes and returns the events that they complete.
    mutating func receive(_ bytes: some Sequence<UInt8>) throws(SSEParseError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let completesPair = afterReturn && byte == UInt8(ascii: "\n")
            afterReturn = byte == UInt8(ascii: "\r")
            if completesPair { continue }
            if afterReturn || byte == UInt8(ascii: "\n") {
                if let event = endLine() { events.append(event) }
                continue
            }
            line.append(byte)
            size &+= 1
            if size > Self.eventLimit { throw .eventTooLarge(limit: Self.eventLimit) }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if atStart {
            atStart = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        if line.isEmpty { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            hasData = true
            data.append(contentsOf: value)
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            name = ""
            data.removeAll(keepingCapacity: true)
            hasData = false
            size = 0
        }
        guard hasData else { return nil }
        return ServerSentEvent(name: name, data: String(decoding: data, as: UTF8.self))
    }
}
