import Foundation
import LiveKit
import NIOCore
import SansIO
import Wire

/// What somebody may send without end.
enum Flood: String, CaseIterable {
    /// Small packets on a topic that nobody reads, reliable and not.
    case unread
    case unreadLossy
    /// Small packets on a topic of ours that are no message.
    case malformed
    /// A megabyte of line ends as a file, again and again.
    case lineEnds
    /// 512 edits a packet.
    case edits
    /// Four megabytes of zeros, deflated into the header of a stream.
    case bombs
    /// An opt-out and its withdrawal.
    case choices
    case asks
    case attributes
    /// Many streams, with chunks that carry nothing.
    case emptyChunks
    /// Topics of ours that there are not, with line ends in them, from somebody with line ends in the name.
    case names
    /// What is no packet of anybody, to the ports of the worker.
    case datagrams

    var identity: Identity { self == .names ? "flood\nERROR forged\r\n" : "flood-\(rawValue)" }
}

/// One flood under way.
final class Flooding: Sendable {
    private let kind: Flood
    private let room: Room
    private let bomb: ByteBuffer
    private let edits: ByteBuffer
    /// A stream of a megabyte, packet for packet.
    private let file: [Livekit_DataPacket]
    private static let file = DocumentPath("flood.py")
    private static let lines = 400

    init(kind: Flood, room: Room) {
        self.kind = kind
        self.room = room
        bomb = Deflate.deflate(ByteBuffer(repeating: 0, count: (4 << 20) - 1), format: .raw) ?? ByteBuffer()
        let edit = TextEdit(startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, text: "")
        let message = CodeMessage(
            path: Self.file, revision: 2, base: 1, edits: Array(repeating: edit, count: 512))
        edits = ByteBuffer(bytes: message.encoded())
        var options = OutgoingStreamOptions(topic: Topic.code, timestamp: 0)
        options.attributes = CodeMessage(path: Self.file, language: "python").attributes
        var random = RandomSource.system
        file =
            (try? OutgoingStream.text(String(repeating: "\n", count: 1 << 20), options: options, random: &random)) ?? []
    }

    /// Signalling takes whatever is written: a few at a time make some thousand a second of them.
    private var batch: Int { kind == .attributes ? 4 : 64 }

    /// Sends what the path takes, and waits a little where it takes nothing.
    /// - Returns: how much was sent.
    func run(for time: Duration) async throws -> Int {
        let end = ContinuousClock.now + time
        var sent = 0
        if kind == .edits {
            try await room.sendText(
                String(repeating: "\n", count: Self.lines), topic: Topic.code,
                attributes: CodeMessage(path: Self.file, language: "python", revision: 1).attributes)
        }
        while ContinuousClock.now < end {
            let first = sent
            let count = try await room.perform { [self] engine in
                var count = 0
                while count < batch, send(first + count, engine) { count += 1 }
                return count
            }
            guard let count else { break }
            sent += count
            if count < 64 { try await Task.sleep(for: .milliseconds(2)) }
        }
        return sent
    }

    /// - Returns: whether the path took it.
    private func send(_ number: Int, _ engine: RoomEngine) -> Bool {
        do throws(RoomSendError) {
            switch kind {
            case .unread: try engine.send(packet("flood", "x"))
            case .unreadLossy: try engine.send(packet("flood", "x"), isReliable: false)
            case .malformed: try engine.send(packet(Topic.code, "{"))
            case .lineEnds: try sendLineEnds(number, engine)
            case .edits: try engine.send(UserData(payload: edits, topic: Topic.code))
            case .bombs: try engine.send([header(number) { $0.inlineContent = Data(bomb.readableBytesView) }])
            case .choices:
                let message = ControlMessage(action: number.isMultiple(of: 2) ? .optOut : .optIn, sources: [.code])
                try engine.send(UserData(payload: ByteBuffer(bytes: message.encoded()), topic: Topic.control))
            case .asks:
                let ask = AskMessage(question: "help").encoded()
                try engine.send(UserData(payload: ByteBuffer(bytes: ask), topic: Topic.ask))
            case .attributes: engine.setAttributes(["flood": "\(number)"])
            case .emptyChunks: try sendEmptyChunks(number, engine)
            case .names: try engine.send(packet(TopicName("jask.\(number)\nERROR forged\r\n"), "{}"))
            case .datagrams: break
            }
            return true
        } catch {
            return false
        }
    }

    private func packet(_ topic: TopicName, _ text: String) -> UserData {
        UserData(payload: ByteBuffer(string: text), topic: topic)
    }

    private func sendLineEnds(_ number: Int, _ engine: RoomEngine) throws(RoomSendError) {
        let id = "s\(number / file.count)"
        var packet = file[number % file.count]
        switch packet.value {
        case .streamHeader: packet.streamHeader.streamID = id
        case .streamChunk: packet.streamChunk.streamID = id
        default: packet.streamTrailer.streamID = id
        }
        try engine.send([packet])
    }

    private func sendEmptyChunks(_ number: Int, _ engine: RoomEngine) throws(RoomSendError) {
        let stream = number / 256
        if number.isMultiple(of: 256) { return try engine.send([header(stream) { _ in }]) }
        var packet = Livekit_DataPacket()
        packet.streamChunk.streamID = "s\(stream)"
        packet.streamChunk.chunkIndex = UInt64(number % 256 - 1)
        try engine.send([packet])
    }

    private func header(
        _ number: Int, _ fill: (inout Livekit_DataStream.Header) -> Void
    ) -> Livekit_DataPacket {
        var packet = Livekit_DataPacket()
        packet.streamHeader.streamID = "s\(number)"
        packet.streamHeader.topic = Topic.code.text
        packet.streamHeader.mimeType = "text/plain"
        packet.streamHeader.textHeader = .init()
        packet.streamHeader.attributes = ["path": "flood.py"]
        if kind == .bombs { packet.streamHeader.compression = .deflateRaw }
        fill(&packet.streamHeader)
        return packet
    }
}

extension RoomEngine {
    /// Packets as they are, reliably.
    fileprivate func send(_ packets: [Livekit_DataPacket]) throws(RoomSendError) {
        try send(packets, isReliable: true)
    }
}
