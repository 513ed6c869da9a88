import NIOCore
import SansIO

/// What arrives on a room's data channels, in one place: parsing, duplicates, streams.
public struct DataReceiver {
    public enum Event: Sendable {
        case user(UserData, from: DataSender)
        case stream(DataStreamContent)
        case transcription(Livekit_Transcription, from: DataSender)
        case chatMessage(Livekit_ChatMessage, from: DataSender)
        case rpcRequest(Livekit_RpcRequest, from: DataSender)
        /// End-to-end encrypted: there is no key for it here.
        case encrypted(from: DataSender, keyIndex: UInt32)
        case streamFailed(DataStreamInfo?, streamID: String, from: DataSender, DataStreamError)
        /// A message that is no data packet.
        case malformed(ProtocolMessageError)
    }

    private var reliable: ReliableReceiver
    private var streams: DataStreamAssembler
    private var events: [Event] = []
    private var nextEvent = 0
    /// Packets that had come before, and were dropped.
    public private(set) var duplicates = 0

    public init(reliable: ReliableReceiver = .init(), streams: DataStreamAssembler.Configuration = .init()) {
        self.reliable = reliable
        self.streams = DataStreamAssembler(configuration: streams)
    }

    /// One message of a labelled data channel.
    public mutating func receive(_ message: ByteBuffer, at now: Instant) {
        let parsed: DataMessage
        do {
            parsed = try DataMessage(parsing: message)
        } catch {
            return events.append(.malformed(error))
        }
        guard reliable.accept(sid: parsed.sender.sid, sequence: parsed.sequence, at: now) else {
            duplicates += 1
            return
        }
        let sender = parsed.sender
        switch parsed.content {
        case .user(let user): events.append(.user(user, from: sender))
        case .streamHeader(let header): streams.receive(header, from: sender, at: now)
        case .streamChunk(let chunk): streams.receive(chunk, from: sender, at: now)
        case .streamTrailer(let trailer): streams.receive(trailer, from: sender, at: now)
        case .transcription(let transcription): events.append(.transcription(transcription, from: sender))
        case .chatMessage(let message): events.append(.chatMessage(message, from: sender))
        case .rpcRequest(let request): events.append(.rpcRequest(request, from: sender))
        case .encrypted(let packet): events.append(.encrypted(from: sender, keyIndex: packet.keyIndex))
        case .rpcAck, .rpcResponse, .other: break
        }
        collectStreams()
    }

    /// A participant left.
    public mutating func senderLeft(sid: String) {
        reliable.forget(sid: sid)
        streams.senderLeft(sid: sid)
        collectStreams()
    }

    public mutating func timeout(at now: Instant) {
        streams.timeout(at: now)
        collectStreams()
    }

    public mutating func pollOutput() -> Event? {
        guard nextEvent < events.count else {
            events.removeAll(keepingCapacity: true)
            nextEvent = 0
            return nil
        }
        defer { nextEvent += 1 }
        return events[nextEvent]
    }

    public var deadline: Instant? { streams.deadline }

    /// For `SyncState`.
    public var receiveStates: [Livekit_DataChannelReceiveState] { reliable.receiveStates }

    private mutating func collectStreams() {
        while let event = streams.pollOutput() {
            switch event {
            case .completed(let content): events.append(.stream(content))
            case .failed(let info, let id, let sender, let error):
                events.append(.streamFailed(info, streamID: id, from: sender, error))
            }
        }
    }
}
