import NIOCore
import SwiftProtobuf

/// Reads an answer that is a list (messages in field 1, as all of LiveKit's are) one entry at a time, so that a server that
/// lists without end makes us hold what its bytes are, and not the tens of times as much that parsed messages take.
struct MessageList {
    /// Far beyond what a server of one region has.
    static let mostEntries = 20_000
    static let largestEntry = 1 << 20

    /// - Parameter make: what is kept of an entry.
    static func read<Entry: Message, Value>(
        _ bytes: ByteBuffer, _ make: (Entry) -> Value
    ) throws(ProtocolMessageError) -> [Value] {
        var values: [Value] = []
        var fields = PacketFields(bytes)
        while let field = fields.next() {
            guard field.number == 1, case .bytes(let entry) = field.value else { continue }
            guard values.count < mostEntries, entry.readableBytes <= largestEntry else {
                throw .tooLarge(message: Entry.shortName, entries: mostEntries, bytes: largestEntry)
            }
            values.append(make(try Entry(parsing: entry)))
        }
        guard fields.isWhole else { throw .malformed(message: "list of \(Entry.shortName)", size: bytes.readableBytes) }
        return values
    }
}
