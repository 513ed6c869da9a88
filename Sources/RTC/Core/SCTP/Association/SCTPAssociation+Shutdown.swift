import NIOCore
import SansIO

/// The orderly end (RFC 9260 §9.2).
extension SCTPAssociation {
    /// Takes the next step of a shutdown when all data has been acknowledged.
    mutating func continueShutdown() {
        guard !sender.hasWork else { return }
        switch state {
        case .shutdownPending:
            state = .shutdownSent
            controlAttempts = 0
            sendShutdown()
        case .shutdownReceived:
            state = .shutdownAckSent
            controlAttempts = 0
            sendShutdownAck()
        default: break
        }
    }

    private mutating func sendShutdown() {
        control.append(.shutdown(ShutdownChunk(cumulativeTSN: TSN(receiver.cumulativeTSN))))
        armControlTimer()
    }

    private mutating func sendShutdownAck() {
        control.append(.shutdownAck)
        armControlTimer()
    }

    /// T2 ran out: says the same again.
    mutating func shutdownTimedOut() {
        if let limit = options.maximumRetransmissions, controlAttempts > limit {
            abort(ErrorCause(.userInitiatedAbort, text: "shutdown timed out"), reporting: .failed(.pathFailed))
        } else if state == .shutdownSent {
            sendShutdown()
        } else {
            sendShutdownAck()
        }
    }

    mutating func receive(shutdown chunk: ShutdownChunk) {
        switch state {
        case .established, .shutdownPending, .shutdownReceived:
            guard sender.receive(cumulativeTSN: chunk.cumulativeTSN, at: now) else { return discard() }
            state = .shutdownReceived
            continueShutdown()
        case .shutdownSent:
            // Both sides close at the same time.
            state = .shutdownAckSent
            sendShutdownAck()
        case .shutdownAckSent: control.append(.shutdownAck)
        default: discard()
        }
    }

    mutating func receiveShutdownAck() {
        guard state == .shutdownSent || state == .shutdownAckSent else { return discard() }
        let complete = Chunk.shutdownComplete(ShutdownCompleteChunk())
        packets.append(SCTPPacket(header: header(tag: peerTag), chunks: [complete]).serialized())
        end(.closed)
    }

    mutating func receiveShutdownComplete() {
        if state == .shutdownAckSent { end(.closed) }
    }

    /// Data that arrives after our SHUTDOWN is acknowledged by another one (§9.2).
    mutating func repeatShutdown() {
        if state == .shutdownSent { sendShutdown() }
    }
}
