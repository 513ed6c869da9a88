import NIOCore
import SansIO

/// Why a data stream was not delivered.
public enum DataStreamError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A header without a stream id.
    case missingID
    /// The stream id is longer than is accepted, in bytes.
    case idTooLong(limit: Int)
    /// A header for a stream that is open already.
    case duplicateID
    /// The header names a compression that is not known; its number.
    case unknownCompression(Int)
    /// The stream is end-to-end encrypted.
    case encrypted
    /// Larger than is accepted, in bytes.
    case tooLarge(limit: Int)
    /// Too many streams are open, from one sender or in all.
    case tooManyStreams(limit: Int)
    /// All open streams together, or those of the sender, hold too much, in bytes.
    case memoryExhausted(limit: Int)
    /// A chunk or trailer of a stream that is not open.
    case unknownStream
    /// A chunk is missing.
    case missingChunk(expected: UInt64, got: UInt64)
    /// The content is not as long as the header said, in bytes.
    case lengthMismatch(declared: UInt64, got: Int)
    /// The sender gave up; its reason.
    case aborted(String)
    /// Nothing came for too long.
    case timedOut
    case senderLeft
    case invalidUTF8
    case badCompression(InflateError)
    /// The sender's streams expand to more than is inflated for one sender; in the long run, in bytes a second.
    case tooMuchToInflate(rate: Int)
    /// The header names another participant than the one that sent it.
    case foreignSender

    public var description: String {
        switch self {
        case .missingID: "the stream has no id"
        case .idTooLong(let limit): "the stream's id is longer than \(limit) bytes"
        case .duplicateID: "a stream with this id is open already"
        case .unknownCompression(let number): "compression \(number) is not known"
        case .encrypted: "the stream is end-to-end encrypted"
        case .tooLarge(let limit): "the stream is larger than \(limit) bytes"
        case .tooManyStreams(let limit): "more than \(limit) streams are open"
        case .memoryExhausted(let limit): "the open streams hold more than \(limit) bytes"
        case .unknownStream: "no stream with this id is open"
        case .missingChunk(let expected, let got): "chunk \(expected) is missing, \(got) came"
        case .lengthMismatch(let declared, let got): "the stream should have \(declared) bytes and has \(got)"
        case .aborted(let reason): "the sender gave up: \(reason)"
        case .timedOut: "the stream stopped before its end"
        case .senderLeft: "the sender left before the stream's end"
        case .invalidUTF8: "the text is not UTF-8"
        case .badCompression(let error): error.description
        case .tooMuchToInflate(let rate): "the sender's streams expand to more than \(rate) bytes a second"
        case .foreignSender: "the stream names another participant than its sender"
        }
    }
}

/// What a stream's header says about it.
public struct DataStreamInfo: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// - `version`: counts the changes of one text.
        /// - `replyTo`: the id of the stream that it answers; empty for none.
        /// - `isGenerated`: written by a model.
        case text(operation: Operation, version: Int, replyTo: String, isGenerated: Bool)
        case bytes(name: String)
    }

    /// What a text does to the one that its sender sent before.
    public enum Operation: Hashable, Sendable {
        case create, update, delete, reaction
        /// One of a newer protocol, by its number.
        case other(Int)
    }

    public var id: String
    public var sender: DataSender
    public var topic: TopicName
    public var mimeType: String
    /// Milliseconds since 1970, by the sender's clock.
    public var timestamp: Int64
    /// In bytes, uncompressed, when the sender knew.
    public var declaredLength: UInt64?
    /// The trailer's are merged in at the end.
    public var attributes: [AttributeKey: String]
    public var kind: Kind

    public var isText: Bool {
        if case .text = kind { return true }
        return false
    }
}

/// A stream that arrived whole.
public struct DataStreamContent: Hashable, Sendable {
    public var info: DataStreamInfo
    public var bytes: ByteBuffer
    /// The text of a text stream; valid UTF-8. `nil` for byte streams.
    public var text: String?
}
