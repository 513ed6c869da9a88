import NIOCore
import SansIO
import SwiftProtobuf

/// What an outgoing stream is announced with.
public struct OutgoingStreamOptions: Sendable {
    public var topic: TopicName
    public var mimeType: String
    public var attributes: [AttributeKey: String] = [:]
    /// Empty: everyone in the room.
    public var destinations: [Identity] = []
    /// Milliseconds since 1970.
    public var timestamp: Int64
    /// In bytes, when known beforehand.
    public var totalLength: Int?
    /// Text only: written by a model.
    public var isGenerated = false
    /// The stream's id; `nil` for a random one.
    public var id: String?

    public init(topic: TopicName, mimeType: String = "text/plain", timestamp: Int64) {
        self.topic = topic
        self.mimeType = mimeType
        self.timestamp = timestamp
    }
}

/// A stream that is sent in the form every LiveKit client understands (v1: header, chunks, trailer), on the reliable
/// channel. It makes packets; its owner sends them.
package struct OutgoingStream: Sendable {
    /// The most content of one chunk, in bytes.
    package static let chunkSize = 15_000

    package let id: String
    private let options: OutgoingStreamOptions
    private var nextChunk: UInt64 = 0
    private var hasEnded = false

    package init(options: OutgoingStreamOptions, random: inout RandomSource) {
        self.options = options
        id = options.id ?? Self.uuid(&random)
    }

    /// A whole text: header, chunks, trailer.
    package static func text(
        _ text: String, options: OutgoingStreamOptions, random: inout RandomSource
    ) throws(DataSendError) -> [Livekit_DataPacket] {
        var options = options
        options.totalLength = text.utf8.count
        var stream = OutgoingStream(options: options, random: &random)
        return [try stream.textHeader()] + (try stream.chunks(of: text)) + [try stream.end()]
    }

    /// Whole bytes: header, chunks, trailer.
    package static func bytes(
        _ bytes: ByteBuffer, name: String, options: OutgoingStreamOptions, random: inout RandomSource
    ) throws(DataSendError) -> [Livekit_DataPacket] {
        var options = options
        options.totalLength = bytes.readableBytes
        var stream = OutgoingStream(options: options, random: &random)
        return [try stream.byteHeader(name: name)] + (try stream.chunks(of: bytes)) + [try stream.end()]
    }

    package func textHeader() throws(DataSendError) -> Livekit_DataPacket {
        try header { $0.textHeader = .with { $0.generated = options.isGenerated } }
    }

    package func byteHeader(name: String) throws(DataSendError) -> Livekit_DataPacket {
        try header { $0.byteHeader = .with { $0.name = name } }
    }

    /// Text in chunks that end on character boundaries of UTF-8.
    package mutating func chunks(of text: String) throws(DataSendError) -> [Livekit_DataPacket] {
        guard !hasEnded else { throw .streamEnded }
        let bytes = Array(text.utf8)
        var packets: [Livekit_DataPacket] = []
        var start = 0
        while start < bytes.count {
            var end = min(start + Self.chunkSize, bytes.count)
            // A continuation byte (10xxxxxx) must not begin a chunk.
            while end < bytes.count, end > start, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            packets.append(chunk(bytes[start..<end]))
            start = end
        }
        return packets
    }

    package mutating func chunks(of bytes: ByteBuffer) throws(DataSendError) -> [Livekit_DataPacket] {
        guard !hasEnded else { throw .streamEnded }
        var rest = bytes.readableBytesView
        var packets: [Livekit_DataPacket] = []
        while !rest.isEmpty {
            packets.append(chunk(rest.prefix(Self.chunkSize)))
            rest = rest.dropFirst(Self.chunkSize)
        }
        return packets
    }

    /// The trailer. A `reason` tells the receivers that the stream was given up.
    package mutating func end(
        reason: String = "", attributes: [AttributeKey: String] = [:]
    ) throws(DataSendError) -> Livekit_DataPacket {
        guard !hasEnded else { throw .streamEnded }
        hasEnded = true
        return packet {
            $0.streamTrailer.streamID = id
            $0.streamTrailer.reason = reason
            $0.streamTrailer.attributes = attributes.plain
        }
    }

    private func header(_ fill: (inout Livekit_DataStream.Header) -> Void) throws(DataSendError) -> Livekit_DataPacket {
        var header = Livekit_DataStream.Header()
        header.streamID = id
        header.timestamp = options.timestamp
        header.topic = options.topic.text
        header.mimeType = options.mimeType
        header.attributes = options.attributes.plain
        if let length = options.totalLength { header.totalLength = UInt64(clamping: length) }
        fill(&header)
        let packet = packet { $0.streamHeader = header }
        let size = packet.encoded().readableBytes
        guard size <= Self.chunkSize else { throw .headerTooLarge(size: size, limit: Self.chunkSize) }
        return packet
    }

    private mutating func chunk(_ content: some Collection<UInt8>) -> Livekit_DataPacket {
        defer { nextChunk &+= 1 }
        return packet {
            $0.streamChunk.streamID = id
            $0.streamChunk.chunkIndex = nextChunk
            $0.streamChunk.content = .init(content)
        }
    }

    private func packet(_ fill: (inout Livekit_DataPacket) -> Void) -> Livekit_DataPacket {
        var packet = Livekit_DataPacket()
        packet.destinationIdentities = options.destinations.map(\.text)
        fill(&packet)
        return packet
    }

    /// A random UUID (RFC 9562 §5.4).
    static func uuid(_ random: inout RandomSource) -> String {
        var bytes = random.bytes(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Livekit_DataPacket {
    /// A user packet.
    package static func user(_ data: UserData, destinations: [Identity] = []) -> Livekit_DataPacket {
        var packet = Livekit_DataPacket()
        packet.destinationIdentities = destinations.map(\.text)
        packet.user.payload = .init(data.payload.readableBytesView)
        if !data.topic.isEmpty { packet.user.topic = data.topic.text }
        if !data.id.isEmpty { packet.user.id = data.id }
        return packet
    }
}
