import NIOCore
import SansIO

/// Puts incoming text and byte streams together: v1 (header, chunks, trailer) and v2 (all in the header), plain or
/// deflated. Bounded in streams, bytes and time; bad input ends its own stream and nothing else.
public struct DataStreamAssembler {
    public struct Configuration: Sendable {
        /// The largest stream, in bytes after decompression.
        public var largestStream = 4 << 20
        /// The most bytes that all open streams hold.
        public var mostBytes = 32 << 20
        public var mostStreams = 256
        public var mostStreamsPerSender = 16
        /// The longest silence inside a stream.
        public var idleTimeout = Duration.seconds(60)
        /// How many ended or refused streams are remembered, so that their remaining chunks are not reported again.
        public var remembered = 512

        public init() {}
    }

    public enum Event: Sendable {
        case completed(DataStreamContent)
        /// `info` is missing when not even the header was usable.
        case failed(DataStreamInfo?, streamID: String, sender: DataSender, DataStreamError)
    }

    struct Key: Hashable {
        var sid: String
        var id: String
    }

    struct Stream {
        var info: DataStreamInfo
        var isCompressed: Bool
        var nextChunk: UInt64 = 0
        var content = ByteBuffer()
        var lastHeard: Instant
    }

    private let configuration: Configuration
    private var streams: [Key: Stream] = [:]
    private var heldBytes = 0
    private var ended = BoundedSet<Key>()
    private var events: [Event] = []
    private var nextEvent = 0

    public init(configuration: Configuration = .init()) {
        self.configuration = configuration
    }

    /// How many streams are open.
    public var openStreams: Int { streams.count }
    /// What the open streams hold, in bytes.
    public var bufferedBytes: Int { heldBytes }

    // MARK: Verbs

    public mutating func receive(_ header: Livekit_DataStream.Header, from sender: DataSender, at now: Instant) {
        let key = Key(sid: sender.sid, id: header.streamID)
        let info = DataStreamInfo(header, sender: sender)
        do throws(DataStreamError) {
            try check(header, key: key)
            let isCompressed = header.compression == .deflateRaw
            if header.hasInlineContent {
                let bytes = ByteBuffer(bytes: header.inlineContent)
                let content = try finished(info, bytes, isCompressed: isCompressed)
                remember(key)
                events.append(.completed(content))
            } else {
                streams[key] = Stream(info: info, isCompressed: isCompressed, lastHeard: now)
            }
        } catch {
            // A second header must not end the stream that is open.
            if error != .duplicateID, error != .missingID, Self.isKeyable(key) { remember(key) }
            events.append(.failed(info, streamID: header.streamID, sender: sender, error))
        }
    }

    public mutating func receive(_ chunk: Livekit_DataStream.Chunk, from sender: DataSender, at now: Instant) {
        let key = Key(sid: sender.sid, id: chunk.streamID)
        guard var stream = streams.removeValue(forKey: key) else { return reportUnknown(key, sender) }
        // A chunk that was seen already is a duplicate, no error.
        guard chunk.chunkIndex >= stream.nextChunk else {
            streams[key] = stream
            return
        }
        guard chunk.chunkIndex == stream.nextChunk else {
            return fail(key, stream, .missingChunk(expected: stream.nextChunk, got: chunk.chunkIndex))
        }
        let size = stream.content.readableBytes + chunk.content.count
        // The declared length bounds plain content at once, and deflated content when it is expanded.
        if let declared = stream.info.declaredLength, !stream.isCompressed, UInt64(size) > declared {
            return fail(key, stream, .lengthMismatch(declared: declared, got: size))
        }
        guard size <= configuration.largestStream else {
            return fail(key, stream, .tooLarge(limit: configuration.largestStream))
        }
        guard heldBytes + chunk.content.count <= configuration.mostBytes else {
            return fail(key, stream, .memoryExhausted(limit: configuration.mostBytes))
        }
        stream.content.writeBytes(chunk.content)
        heldBytes += chunk.content.count
        stream.nextChunk &+= 1
        stream.lastHeard = now
        streams[key] = stream
    }

    public mutating func receive(_ trailer: Livekit_DataStream.Trailer, from sender: DataSender, at now: Instant) {
        let key = Key(sid: sender.sid, id: trailer.streamID)
        guard var stream = streams.removeValue(forKey: key) else { return reportUnknown(key, sender) }
        guard trailer.reason.isEmpty else {
            return fail(key, stream, .aborted(String(trailer.reason.prefix(200))))
        }
        stream.info.attributes.merge(.init(plain: trailer.attributes)) { _, new in new }
        do throws(DataStreamError) {
            let content = try finished(stream.info, stream.content, isCompressed: stream.isCompressed)
            heldBytes -= stream.content.readableBytes
            remember(key)
            events.append(.completed(content))
        } catch {
            fail(key, stream, error)
        }
    }

    /// A participant left or came back with a new sid: its open streams are over.
    public mutating func senderLeft(sid: String) {
        for (key, stream) in streams.sorted(by: { $0.key.id < $1.key.id }) where key.sid == sid {
            streams[key] = nil
            fail(key, stream, .senderLeft)
        }
    }

    public mutating func timeout(at now: Instant) {
        for (key, stream) in streams.sorted(by: { $0.key.id < $1.key.id })
        where stream.lastHeard + configuration.idleTimeout <= now {
            streams[key] = nil
            fail(key, stream, .timedOut)
        }
    }

    public mutating func pollOutput() -> Event? {
        guard nextEvent < events.count else {
            events.removeAll()
            nextEvent = 0
            return nil
        }
        defer { nextEvent += 1 }
        return events[nextEvent]
    }

    public var deadline: Instant? {
        streams.values.map(\.lastHeard).min().map { $0 + configuration.idleTimeout }
    }

    // MARK: Checks

    private func check(_ header: Livekit_DataStream.Header, key: Key) throws(DataStreamError) {
        guard !key.id.isEmpty else { throw .missingID }
        guard Self.isKeyable(key) else { throw .idTooLong(limit: Self.longestID) }
        guard streams[key] == nil else { throw .duplicateID }
        switch header.compression {
        case .none, .deflateRaw: break
        case .UNRECOGNIZED(let number): throw .unknownCompression(number)
        }
        guard header.encryptionType == .none else { throw .encrypted }
        if header.hasTotalLength, header.totalLength > UInt64(configuration.largestStream) {
            throw .tooLarge(limit: configuration.largestStream)
        }
        guard !header.hasInlineContent else { return }
        guard streams.count < configuration.mostStreams else {
            throw .tooManyStreams(limit: configuration.mostStreams)
        }
        guard streams.keys.count(where: { $0.sid == key.sid }) < configuration.mostStreamsPerSender else {
            throw .tooManyStreams(limit: configuration.mostStreamsPerSender)
        }
    }

    private func finished(
        _ info: DataStreamInfo, _ content: ByteBuffer, isCompressed: Bool
    ) throws(DataStreamError) -> DataStreamContent {
        var bytes = content
        if isCompressed {
            let declared = Int(clamping: info.declaredLength ?? UInt64(configuration.largestStream))
            let limit = min(configuration.largestStream, declared)
            do {
                bytes = try Deflate.inflate(content, format: .raw, limit: limit)
            } catch .tooLarge where limit == declared && info.declaredLength != nil {
                throw .lengthMismatch(declared: info.declaredLength ?? 0, got: limit + 1)
            } catch .tooLarge {
                throw .tooLarge(limit: limit)
            } catch {
                throw .badCompression(error)
            }
        }
        guard bytes.readableBytes <= configuration.largestStream else {
            throw .tooLarge(limit: configuration.largestStream)
        }
        if let declared = info.declaredLength, declared != UInt64(bytes.readableBytes) {
            throw .lengthMismatch(declared: declared, got: bytes.readableBytes)
        }
        guard info.isText else { return DataStreamContent(info: info, bytes: bytes, text: nil) }
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else { throw .invalidUTF8 }
        return DataStreamContent(info: info, bytes: bytes, text: text)
    }

    /// Ends a stream that was taken out of `streams` already.
    private mutating func fail(_ key: Key, _ stream: Stream, _ error: DataStreamError) {
        heldBytes -= stream.content.readableBytes
        remember(key)
        events.append(.failed(stream.info, streamID: key.id, sender: stream.info.sender, error))
    }

    private mutating func reportUnknown(_ key: Key, _ sender: DataSender) {
        // The header of one with such an id was refused already.
        guard Self.isKeyable(key), !ended.contains(key) else { return }
        remember(key)
        events.append(.failed(nil, streamID: key.id, sender: sender, .unknownStream))
    }

    /// Stream ids are UUIDs; one longer than this, in bytes, is not kept.
    static let longestID = 256

    private static func isKeyable(_ key: Key) -> Bool { key.id.utf8.count <= longestID }

    private mutating func remember(_ key: Key) {
        ended.insert(key, limit: configuration.remembered)
    }
}

extension DataStreamInfo {
    init(_ header: Livekit_DataStream.Header, sender: DataSender) {
        let kind: Kind =
            switch header.contentHeader {
            case .byteHeader(let bytes): .bytes(name: bytes.name)
            case .textHeader(let text):
                .text(
                    operation: text.operationType, version: text.version, replyTo: text.replyToStreamID,
                    isGenerated: text.generated)
            case nil: .bytes(name: "")
            }
        self.init(
            id: header.streamID, sender: sender, topic: TopicName(header.topic), mimeType: header.mimeType,
            timestamp: header.timestamp, declaredLength: header.hasTotalLength ? header.totalLength : nil,
            attributes: .init(plain: header.attributes), kind: kind)
    }
}
