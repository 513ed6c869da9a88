import NIOCore
import SwiftProtobuf

/// Why a frame or packet is not the message that belongs there.
public enum ProtocolMessageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not a protobuf encoding of this message; `size` in bytes.
    case malformed(message: String, size: Int)
    /// A text frame where a binary one belongs.
    case textFrame
    /// A list of more entries than are read, or with one of more bytes.
    case tooLarge(message: String, entries: Int, bytes: Int)
    /// The message is empty or of a kind that is not known here.
    case empty(message: String)

    public var description: String {
        switch self {
        case .malformed(let message, let size): "\(size) bytes are not a \(message)"
        case .textFrame: "a text frame instead of a binary one"
        case .tooLarge(let message, let entries, let bytes):
            "more than \(entries) of \(message), or one of more than \(bytes) bytes"
        case .empty(let message): "a \(message) of no known kind"
        }
    }

    /// The same for all sizes, so that a log can count what comes again and again.
    var kind: String {
        switch self {
        case .malformed(let message, _): "what is not a \(message)"
        case .textFrame, .empty, .tooLarge: description
        }
    }
}

extension Message {
    /// The name without its package.
    static var shortName: String {
        protoMessageName.split(separator: ".").last.map(String.init) ?? protoMessageName
    }

    /// Parses the readable bytes of `buffer`.
    init(parsing buffer: ByteBuffer) throws(ProtocolMessageError) {
        do {
            try self.init(serializedBytes: Array(buffer.readableBytesView))
        } catch {
            throw .malformed(message: Self.shortName, size: buffer.readableBytes)
        }
    }

    /// The message's encoding. Only messages larger than 2 GiB have none, for which the result is empty.
    func encoded() -> ByteBuffer {
        guard let bytes: [UInt8] = try? serializedBytes() else { return ByteBuffer() }
        return ByteBuffer(bytes: bytes)
    }
}
