import NIOCore
import RTCCore
import SansIO

/// Why data was not sent.
public enum RoomSendError: Error, Sendable, CustomStringConvertible {
    case packet(DataSendError)
    /// Too many packets wait for the channel.
    case queueFull(limit: Int)
    case channel(String)

    public var description: String {
        switch self {
        case .packet(let error): error.description
        case .queueFull(let limit): "\(limit) packets wait for the data channel already"
        case .channel(let reason): "the data channel refused: \(reason)"
        }
    }
}

extension RoomEngine {
    /// Whether what is sent now leaves at once.
    public var isReady: Bool { transports.map { $0.isOpen($0.reliable) } ?? false }

    /// Sends a user packet. While the channel is not open it waits.
    /// - Parameter destinations: identities; empty means everyone.
    public func send(
        _ user: UserData, to destinations: [String] = [], isReliable: Bool = true
    ) throws(RoomSendError) {
        try send(.user(user, destinations: destinations), isReliable: isReliable)
    }

    /// Sends a text as a stream that every LiveKit client understands.
    /// - Returns: the stream's id.
    @discardableResult
    public func sendText(_ text: String, options: OutgoingStreamOptions) throws(RoomSendError) -> String {
        var random = RandomSource.system
        let packets: [Livekit_DataPacket]
        do {
            packets = try OutgoingStream.text(text, options: options, random: &random)
        } catch {
            throw .packet(error)
        }
        for packet in packets { try send(packet, isReliable: true) }
        return packets.first?.streamHeader.streamID ?? ""
    }

    func send(_ packet: Livekit_DataPacket, isReliable: Bool) throws(RoomSendError) {
        guard let transports, transports.isOpen(isReliable ? transports.reliable : transports.lossy) else {
            guard waiting.count < options.maximumWaitingPackets else {
                throw .queueFull(limit: options.maximumWaitingPackets)
            }
            waiting.append((packet, isReliable))
            return
        }
        let message: ByteBuffer
        do {
            message = isReliable ? try reliableSender.encode(packet) : try ReliableSender.encodeLossy(packet)
        } catch {
            throw .packet(error)
        }
        if let problem = sendRaw(message, isReliable: isReliable) { throw .channel(problem) }
    }

    @discardableResult
    func sendRaw(_ message: ByteBuffer, isReliable: Bool) -> String? {
        guard let transports, let channel = isReliable ? transports.reliable : transports.lossy else {
            return "no channel"
        }
        do {
            try transports.publisher.perform { (connection, now) throws(PeerConnectionError) in
                try connection.send(message, on: channel, at: now)
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    func flushWaiting() {
        guard isReady else { return }
        let packets = waiting
        waiting = []
        for (packet, isReliable) in packets {
            do {
                try send(packet, isReliable: isReliable)
            } catch {
                warn("a packet that waited was not sent: \(error)")
            }
        }
    }

    func drainData() {
        while let event = data.pollOutput() {
            switch event {
            case .user(let user, let sender): emit(.data(user, from: sender))
            case .stream(let content): emit(.stream(content))
            case .streamFailed(let info, _, let sender, let error): emit(.streamFailed(info, from: sender, error))
            case .encrypted(let sender, _): emit(.dataEncrypted(from: sender))
            case .malformed(let error): warn("a data packet: \(error)")
            case .transcription, .chatMessage, .rpcRequest: break
            }
        }
    }
}
