import NIOCore
import SansIO

/// Who sent a data packet, as the server stamped it. Hidden participants show no identity, but their sid; the server API
/// shows neither.
public struct DataSender: Hashable, Sendable {
    /// Empty when the sender is hidden.
    public var identity: Identity
    /// Empty when the server API sent it.
    public var sid: String

    public init(identity: Identity, sid: String) {
        self.identity = identity
        self.sid = sid
    }
}

/// A user packet's content.
public struct UserData: Hashable, Sendable {
    public var payload: ByteBuffer
    public var topic: TopicName
    public var id: String

    public init(payload: ByteBuffer, topic: TopicName = "", id: String = "") {
        self.payload = payload
        self.topic = topic
        self.id = id
    }
}

/// What a data packet carries.
package enum DataContent: Sendable {
    case user(UserData)
    case streamHeader(Livekit_DataStream.Header)
    case streamChunk(Livekit_DataStream.Chunk)
    case streamTrailer(Livekit_DataStream.Trailer)
    case transcription(Livekit_Transcription)
    case chatMessage(Livekit_ChatMessage)
    case rpcRequest(Livekit_RpcRequest)
    case rpcAck(Livekit_RpcAck)
    case rpcResponse(Livekit_RpcResponse)
    /// End-to-end encrypted: we have no key for it.
    case encrypted(Livekit_EncryptedPacket)
    /// Speaker levels, metrics, telephony tones and what is newer than this client.
    case other
}

/// A data packet after parsing.
package struct DataMessage: Sendable {
    package var sender: DataSender
    /// The packet and the user packet inside it name different senders, which no server writes.
    package var namesTwoSenders = false
    /// 1, 2, 3 … on the reliable channel; 0 where there is none.
    package var sequence: UInt32
    package var content: DataContent

    /// Parses one message of a data channel.
    package init(parsing message: ByteBuffer) throws(ProtocolMessageError) {
        let packet = try Livekit_DataPacket(parsing: message)
        guard let value = packet.value else {
            // Fields of newer protocols are no error; an empty packet is.
            guard !packet.unknownFields.data.isEmpty else { throw .empty(message: "DataPacket") }
            self.init(packet, content: .other)
            return
        }
        self.init(packet, content: Self.content(of: value))
    }

    private init(_ packet: Livekit_DataPacket, content: DataContent) {
        var sender = DataSender(identity: Identity(packet.participantIdentity), sid: packet.participantSid)
        if case .user(let user)? = packet.value {
            let inner = DataSender(identity: Identity(user.participantIdentity), sid: user.participantSid)
            namesTwoSenders =
                (!sender.identity.isEmpty && !inner.identity.isEmpty && sender.identity != inner.identity)
                || (!sender.sid.isEmpty && !inner.sid.isEmpty && sender.sid != inner.sid)
            // Servers before 1.8 stamp the inner fields only.
            if sender.identity.isEmpty { sender.identity = inner.identity }
            if sender.sid.isEmpty { sender.sid = inner.sid }
        }
        self.sender = sender
        sequence = packet.sequence
        self.content = content
    }

    private static func content(of value: Livekit_DataPacket.OneOf_Value) -> DataContent {
        switch value {
        case .user(let user):
            .user(UserData(payload: ByteBuffer(bytes: user.payload), topic: TopicName(user.topic), id: user.id))
        case .streamHeader(let header): .streamHeader(header)
        case .streamChunk(let chunk): .streamChunk(chunk)
        case .streamTrailer(let trailer): .streamTrailer(trailer)
        case .transcription(let transcription): .transcription(transcription)
        case .chatMessage(let message): .chatMessage(message)
        case .rpcRequest(let request): .rpcRequest(request)
        case .rpcAck(let ack): .rpcAck(ack)
        case .rpcResponse(let response): .rpcResponse(response)
        case .encryptedPacket(let packet): .encrypted(packet)
        case .speaker: .other
        }
    }
}
