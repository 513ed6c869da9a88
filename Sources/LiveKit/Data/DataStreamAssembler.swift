import NIOCore
import SansIO

/// Puts incoming text and byte streams together: v1 (header, chunks, trailer) and v2 (all in the header), plain or
/// deflated. Bounded in streams, bytes, age and work, in all and by sender; bad input ends its own stream and nothing else,
/// and who takes the most gives way first.
package struct DataStreamAssembler {
    package struct Configuration: Sendable {
        /// The largest stream, in bytes after decompression.
        package var largestStream = 4 << 20
        /// The most bytes that all open streams hold.
        package var mostBytes = 32 << 20
        /// The most bytes that the open streams of one sender hold.
        package var mostBytesPerSender = 8 << 20
        package var mostStreams = 256
        package var mostStreamsPerSender = 16
        /// The longest silence inside a stream.
        package var idleTimeout = Duration.seconds(60)
        /// How long a stream may take from its header to its trailer.
        package var longestAge = Duration.seconds(180)
        /// Bytes that a sender may have inflated at once.
        package var inflateBurst = 16 << 20
        /// Bytes a second that a sender may have inflated in the long run.
        package var inflateRate = 1 << 20
        /// Streams of other topics are left alone.
        package var topics = TopicFilter.all
        /// How many ended or refused streams are remembered, so that their remaining chunks are not reported again.
        package var remembered = 512

        package init() {}
    }

    package enum Event: Sendable {
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
        let opened: Instant
        var lastHeard: Instant
    }

    private let configuration: Configuration
    private var streams: [Key: Stream] = [:]
    private var budget = StreamBudget()
    private var allowance: InflateAllowance
    /// Not later than the first stream's end by time.
    private var due: Instant?
    private var ended = BoundedSet<Key>()
    private var events = OutputQueue<Event>()

    package init(configuration: Configuration = .init()) {
        self.configuration = configuration
        allowance = InflateAllowance(burst: configuration.inflateBurst, rate: configuration.inflateRate)
    }

    /// How many streams are open.
    package var openStreams: Int { streams.count }
    /// What the open streams hold, in bytes.
    package var bufferedBytes: Int { budget.total.bytes }

    // MARK: Verbs

    package mutating func receive(_ header: Livekit_DataStream.Header, from sender: DataSender, at now: Instant) {
        let key = Key(sid: sender.sid, id: header.streamID)
        guard configuration.topics.accepts(TopicName(header.topic)) else { return refuse(key) }
        let info = DataStreamInfo(header, sender: sender)
        do throws(DataStreamError) {
            try check(header, key: key)
            let isCompressed = header.compression == .deflateRaw
            if header.hasInlineContent {
                let bytes = ByteBuffer(bytes: header.inlineContent)
                let content = try finished(info, bytes, isCompressed: isCompressed, at: now)
                remember(key)
                events.append(.completed(content))
            } else {
                open(key, Stream(info: info, isCompressed: isCompressed, opened: now, lastHeard: now))
            }
        } catch {
            // A second header must not end the stream that is open.
            if error != .duplicateID, error != .missingID, Self.isKeyable(key) { remember(key) }
            events.append(.failed(info, streamID: header.streamID, sender: sender, error))
        }
    }

    package mutating func receive(_ chunk: Livekit_DataStream.Chunk, from sender: DataSender, at now: Instant) {
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
        let added = chunk.content.count
        if let error = makeRoom(for: added, of: key) { return fail(key, stream, error) }
        stream.content.writeBytes(chunk.content)
        budget.hold(added, key.sid)
        stream.nextChunk &+= 1
        // What carries nothing does not keep a stream open.
        if added > 0 { stream.lastHeard = now }
        streams[key] = stream
    }

    package mutating func receive(_ trailer: Livekit_DataStream.Trailer, from sender: DataSender, at now: Instant) {
        let key = Key(sid: sender.sid, id: trailer.streamID)
        guard var stream = streams.removeValue(forKey: key) else { return reportUnknown(key, sender) }
        guard trailer.reason.isEmpty else {
            return fail(key, stream, .aborted(String(trailer.reason.prefix(200))))
        }
        stream.info.attributes.merge(.init(plain: trailer.attributes)) { _, new in new }
        do throws(DataStreamError) {
            let content = try finished(stream.info, stream.content, isCompressed: stream.isCompressed, at: now)
            budget.close(key.sid, bytes: stream.content.readableBytes)
            remember(key)
            events.append(.completed(content))
        } catch {
            fail(key, stream, error)
        }
    }

    /// A participant left or came back with a new sid: its open streams are over.
    /// - Returns: what was inflated for it lately.
    @discardableResult
    mutating func senderLeft(sid: String) -> InflateAllowance.Account? {
        for (key, stream) in streams.sorted(by: { $0.key.id < $1.key.id }) where key.sid == sid {
            streams[key] = nil
            fail(key, stream, .senderLeft)
        }
        if streams.isEmpty { due = nil }
        return allowance.close(sid)
    }

    /// A participant is back under that sid.
    mutating func resume(_ sid: String, _ inflated: InflateAllowance.Account, at now: Instant) {
        allowance.resume(sid, inflated, at: now)
    }

    func isNew(_ inflated: InflateAllowance.Account, at now: Instant) -> Bool { allowance.isNew(inflated, at: now) }

    package mutating func timeout(at now: Instant) {
        guard let due, due <= now else { return }
        for (key, stream) in streams.sorted(by: { $0.key.id < $1.key.id }) where end(of: stream) <= now {
            streams[key] = nil
            fail(key, stream, .timedOut)
        }
        self.due = streams.values.map(end(of:)).min()
    }

    package mutating func pollOutput() -> Event? { events.popFirst() }

    /// It may come before there is anything to do.
    package var deadline: Instant? { due }

    private func end(of stream: Stream) -> Instant {
        min(stream.lastHeard + configuration.idleTimeout, stream.opened + configuration.longestAge)
    }

    // MARK: Checks

    private mutating func check(_ header: Livekit_DataStream.Header, key: Key) throws(DataStreamError) {
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
        let own = budget.share(of: key.sid).streams
        guard own < configuration.mostStreamsPerSender else {
            throw .tooManyStreams(limit: configuration.mostStreamsPerSender)
        }
        guard streams.count >= configuration.mostStreams else { return }
        let error = DataStreamError.tooManyStreams(limit: configuration.mostStreams)
        guard evict(by: \.streams, above: own + 1, error) else { throw error }
    }

    private mutating func finished(
        _ info: DataStreamInfo, _ content: ByteBuffer, isCompressed: Bool, at now: Instant
    ) throws(DataStreamError) -> DataStreamContent {
        var bytes = content
        if isCompressed { bytes = try inflated(info, content, at: now) }
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

    private mutating func inflated(
        _ info: DataStreamInfo, _ content: ByteBuffer, at now: Instant
    ) throws(DataStreamError) -> ByteBuffer {
        let sid = info.sender.sid
        let declared = Int(clamping: info.declaredLength ?? UInt64(configuration.largestStream))
        let most = min(configuration.largestStream, declared)
        let limit = min(most, allowance.left(sid, at: now))
        guard limit > 0 || most == 0 else { throw .tooMuchToInflate(rate: configuration.inflateRate) }
        do {
            let bytes = try Deflate.inflate(content, format: .raw, limit: limit)
            allowance.spend(bytes.readableBytes, sid, at: now)
            return bytes
        } catch .tooLarge {
            allowance.spend(limit, sid, at: now)
            if limit < most { throw .tooMuchToInflate(rate: configuration.inflateRate) }
            guard limit == declared, let declared = info.declaredLength else { throw .tooLarge(limit: limit) }
            throw .lengthMismatch(declared: declared, got: limit + 1)
        } catch {
            // What was inflated before the fault counts by what it may have been at most.
            allowance.spend(min(limit, content.readableBytes * Deflate.largestRatio), sid, at: now)
            throw .badCompression(error)
        }
    }

    // MARK: Room

    private mutating func open(_ key: Key, _ stream: Stream) {
        streams[key] = stream
        budget.open(key.sid)
        due = earliest(due, end(of: stream))
    }

    /// - Returns: why there is none.
    private mutating func makeRoom(for added: Int, of key: Key) -> DataStreamError? {
        let own = budget.share(of: key.sid).bytes + added
        guard own <= configuration.mostBytesPerSender else {
            return .memoryExhausted(limit: configuration.mostBytesPerSender)
        }
        let error = DataStreamError.memoryExhausted(limit: configuration.mostBytes)
        while budget.total.bytes + added > configuration.mostBytes {
            guard evict(by: \.bytes, above: own, error) else { return error }
        }
        return nil
    }

    /// Ends the oldest stream of who has the most, if that is more than `amount`.
    private mutating func evict(
        by measure: KeyPath<StreamBudget.Share, Int>, above amount: Int, _ error: DataStreamError
    ) -> Bool {
        guard let (sid, most) = budget.largest(measure), most > amount else { return false }
        let oldest = streams.filter { $0.key.sid == sid }.min {
            ($0.value.opened, $0.key.id) < ($1.value.opened, $1.key.id)
        }
        guard let (key, stream) = oldest else { return false }
        streams[key] = nil
        fail(key, stream, error)
        return true
    }

    /// Leaves a stream alone whose header was looked at elsewhere: the rest of it is not reported.
    mutating func refuse(_ key: Key) {
        guard streams[key] == nil, Self.isKeyable(key) else { return }
        remember(key)
    }

    /// Ends a stream that was taken out of `streams` already.
    private mutating func fail(_ key: Key, _ stream: Stream, _ error: DataStreamError) {
        budget.close(key.sid, bytes: stream.content.readableBytes)
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
                    operation: Operation(text.operationType), version: Int(text.version), replyTo: text.replyToStreamID,
                    isGenerated: text.generated)
            case nil: .bytes(name: "")
            }
        self.init(
            id: header.streamID, sender: sender, topic: TopicName(header.topic), mimeType: header.mimeType,
            timestamp: header.timestamp, declaredLength: header.hasTotalLength ? header.totalLength : nil,
            attributes: .init(plain: header.attributes), kind: kind)
    }
}

extension DataStreamInfo.Operation {
    init(_ message: Livekit_DataStream.OperationType) {
        self =
            switch message {
            case .create: .create
            case .update: .update
            case .delete: .delete
            case .reaction: .reaction
            case .UNRECOGNIZED(let number): .other(number)
            }
    }
}
