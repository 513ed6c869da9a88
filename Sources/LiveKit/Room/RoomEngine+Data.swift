import NIOCore
import RTCCore
import RTCNetwork
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
    /// - Parameters:
    ///   - destinations: identities; empty means everyone.
    ///   - receipt: by which `delivered` or `undelivered` tells what became of a reliable packet.
    public func send(
        _ user: UserData, to destinations: [Identity] = [], isReliable: Bool = true, receipt: String? = nil
    ) throws(RoomSendError) {
        try send([.user(user, destinations: destinations)], isReliable: isReliable, receipt: receipt)
    }

    /// Sends a text as a stream that every LiveKit client understands.
    /// - Parameter receipt: as of `send`.
    /// - Returns: the stream's id.
    @discardableResult
    public func sendText(
        _ text: String, options: OutgoingStreamOptions, receipt: String? = nil
    ) throws(RoomSendError) -> String {
        var random = RandomSource.system
        let packets: [Livekit_DataPacket]
        do {
            packets = try OutgoingStream.text(text, options: options, random: &random)
        } catch {
            throw .packet(error)
        }
        try send(packets, isReliable: true, receipt: receipt)
        return packets.first?.streamHeader.streamID ?? ""
    }

    /// Sends bytes as a stream, in the form that every LiveKit client understands.
    /// - Parameter name: a file's, as receivers see it.
    /// - Returns: the stream's id.
    @discardableResult
    public func sendBytes(
        _ bytes: ByteBuffer, name: String = "", options: OutgoingStreamOptions
    ) throws(RoomSendError) -> String {
        var random = RandomSource.system
        let packets: [Livekit_DataPacket]
        do {
            packets = try OutgoingStream.bytes(bytes, name: name, options: options, random: &random)
        } catch {
            throw .packet(error)
        }
        try send(packets, isReliable: true)
        return packets.first?.streamHeader.streamID ?? ""
    }

    package func send(
        _ packets: [Livekit_DataPacket], isReliable: Bool, receipt: String? = nil
    ) throws(RoomSendError) {
        let message = OutgoingMessage(
            packets: packets, isReliable: isReliable, receipt: receipt, since: Instant(eventLoop.now))
        if isOpen(for: message) { return try hand(message) }
        let limit = options.maximumWaitingPackets
        let waits = waiting.reduce(0) { $1.isSentAgain ? $0 : $0 + $1.packets.count }
        guard waits + packets.count <= limit else { throw .queueFull(limit: limit) }
        waiting.append(message)
    }

    private func isOpen(for message: OutgoingMessage) -> Bool {
        transports.map { $0.isOpen(message.isReliable ? $0.reliable : $0.lossy) } ?? false
    }

    /// Hands a message to its open channel.
    private func hand(_ message: OutgoingMessage) throws(RoomSendError) {
        var bytes = 0
        let number = message.isReliable ? unacknowledged.makeReceipt() : nil
        for (index, packet) in message.packets.enumerated() {
            let encoded: ByteBuffer
            do {
                encoded =
                    message.isReliable ? try reliableSender.encode(packet) : try ReliableSender.encodeLossy(packet)
            } catch {
                throw .packet(error)
            }
            let isLast = index == message.packets.count - 1
            if let problem = sendRaw(encoded, isReliable: message.isReliable, receipt: isLast ? number : nil) {
                throw .channel(problem)
            }
            bytes += encoded.readableBytes
            if message.isReliable { reliableSender.keep(encoded) }
        }
        if let number { unacknowledged.remember(message, bytes: bytes, number: number) }
    }

    /// - Returns: what is wrong, if it was not taken.
    @discardableResult
    func sendRaw(_ message: ByteBuffer, isReliable: Bool, receipt: UInt64? = nil) -> String? {
        guard let transports, let channel = isReliable ? transports.reliable : transports.lossy else {
            return "no channel"
        }
        do {
            try transports.publisher.perform { (connection, now) throws(PeerConnectionError) in
                try connection.send(message, on: channel, receipt: receipt, at: now)
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// How old a message may be that is sent again in a new session.
    private static let longestDelay = Duration.seconds(60)

    /// Sends what waited for a channel that is open now.
    func flushWaiting() {
        let messages = waiting
        waiting = []
        for message in messages {
            guard isOpen(for: message) else {
                waiting.append(message)
                continue
            }
            let age = Instant(eventLoop.now) - message.since
            guard !message.isSentAgain || age <= Self.longestDelay else {
                warn("a message that was lost with its connection \(age.rounded) ago is too old to be sent again")
                lost(message.receipt)
                continue
            }
            do {
                try hand(message)
            } catch {
                warn("a message that waited was not sent: \(error)")
                lost(message.receipt)
            }
        }
    }

    /// The session ends: what the server may not have got is sent again in the next one, before what waits already.
    func keepUnacknowledged() {
        let (again, lost) = unacknowledged.endSession()
        waiting = again + waiting
        for receipt in lost { self.lost(receipt) }
    }

    private func lost(_ receipt: String?) {
        if let receipt { emit(.undelivered(receipt: receipt)) }
    }

    /// The server has what it has acknowledged.
    func acknowledged(_ message: DeliveredMessage) {
        for receipt in unacknowledged.acknowledge(message.receipt) {
            emit(.delivered(receipt: receipt, sentAt: message.sentAt))
        }
    }

    func drainData() {
        while let event = data.pollOutput() {
            switch event {
            case .user(let user, let sender): emit(.data(user, from: sender))
            case .stream(let content): emit(.stream(content))
            case .streamFailed(let info, _, let sender, let error): emit(.streamFailed(info, from: sender, error))
            case .encrypted(let sender, _): emit(.dataEncrypted(from: sender))
            case .foreignSender(let sender):
                warn(
                    "\(sender.identity.isEmpty ? "somebody" : "'\(sender.identity)'") (\(sender.sid)) sends data in another's name; it is dropped"
                )
            case .tooMuch(let sender): emit(.dataRefused(from: sender))
            case .malformed(let error): warn("a data packet: \(error.kind)")
            case .transcription, .chatMessage, .rpcRequest: break
            }
        }
    }
}
