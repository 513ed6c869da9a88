import NIOCore

/// One chunk of an SCTP packet.
public enum Chunk: Hashable, Sendable {
    case data(DataChunk)
    case initiation(InitChunk)
    case initiationAck(InitChunk)
    case selectiveAck(SelectiveAckChunk)
    case heartbeat(HeartbeatChunk)
    case heartbeatAck(HeartbeatChunk)
    case abort(AbortChunk)
    case shutdown(ShutdownChunk)
    case shutdownAck
    case error(ErrorChunk)
    case cookieEcho(CookieEchoChunk)
    case cookieAck
    case shutdownComplete(ShutdownCompleteChunk)
    case reconfiguration(ReconfigurationChunk)
    case forwardTSN(ForwardTSNChunk)
    case unknown(UnknownChunk)

    init(type: ChunkType, flags: UInt8, body: ByteBuffer) throws(SCTPParseError) {
        switch type {
        case .data: self = .data(try DataChunk(flags: flags, body: body))
        case .initiation: self = .initiation(try InitChunk(type: type, body: body))
        case .initiationAck: self = .initiationAck(try InitChunk(type: type, body: body))
        case .selectiveAck: self = .selectiveAck(try SelectiveAckChunk(body: body))
        case .heartbeat: self = .heartbeat(try HeartbeatChunk(type: type, body: body))
        case .heartbeatAck: self = .heartbeatAck(try HeartbeatChunk(type: type, body: body))
        case .abort: self = .abort(try AbortChunk(flags: flags, body: body))
        case .shutdown: self = .shutdown(try ShutdownChunk(body: body))
        case .shutdownAck: self = .shutdownAck
        case .error: self = .error(try ErrorChunk(body: body))
        case .cookieEcho: self = .cookieEcho(CookieEchoChunk(cookie: body))
        case .cookieAck: self = .cookieAck
        case .shutdownComplete: self = .shutdownComplete(ShutdownCompleteChunk(flags: flags))
        case .reconfiguration: self = .reconfiguration(try ReconfigurationChunk(body: body))
        case .forwardTSN: self = .forwardTSN(try ForwardTSNChunk(body: body))
        default: self = .unknown(UnknownChunk(type: type, flags: flags, body: body))
        }
    }

    /// Appends the chunk and its padding.
    public func write(into packet: inout ByteBuffer) {
        switch self {
        case .data(let chunk): chunk.write(into: &packet)
        case .initiation(let chunk): chunk.write(as: .initiation, into: &packet)
        case .initiationAck(let chunk): chunk.write(as: .initiationAck, into: &packet)
        case .selectiveAck(let chunk): chunk.write(into: &packet)
        case .heartbeat(let chunk): chunk.write(as: .heartbeat, into: &packet)
        case .heartbeatAck(let chunk): chunk.write(as: .heartbeatAck, into: &packet)
        case .abort(let chunk): chunk.write(into: &packet)
        case .shutdown(let chunk): chunk.write(into: &packet)
        case .shutdownAck: packet.writeChunk(.shutdownAck)
        case .error(let chunk): chunk.write(into: &packet)
        case .cookieEcho(let chunk): chunk.write(into: &packet)
        case .cookieAck: packet.writeChunk(.cookieAck)
        case .shutdownComplete(let chunk): chunk.write(into: &packet)
        case .reconfiguration(let chunk): chunk.write(into: &packet)
        case .forwardTSN(let chunk): chunk.write(into: &packet)
        case .unknown(let chunk): chunk.write(into: &packet)
        }
    }
}
