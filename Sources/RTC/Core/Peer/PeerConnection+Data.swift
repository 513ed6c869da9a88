import NIOCore
import SansIO

/// The data channels of a connection, from before the association that carries them.
struct ChannelTable {
    var data: DataChannels
    /// A channel was asked for, so that descriptions need a data section.
    var isWanted = false
    /// Both sides have a data section.
    var isNegotiated = false
    var isConnecting = false
    /// The end of the association is our own doing.
    var isEnding = false
    var remoteMaximumMessageSize = 65_536
}

extension PeerConnection {
    /// Asks for a data channel; it may be written to at once. The event `dataChannelOpened` follows when the other side
    /// knows of it.
    public mutating func openDataChannel(
        label: String, ordered: Bool = true, reliability: SCTPReliability = .reliable,
        protocol subprotocol: String = "", at now: Instant
    ) throws(PeerConnectionError) -> DataChannelID {
        guard state != .closed else { throw .closed }
        do {
            let channel = try channels.data.open(
                label: label, ordered: ordered, reliability: reliability, protocol: subprotocol, at: now)
            channels.isWanted = true
            settle(at: now)
            return channel
        } catch {
            throw .dataChannel("'\(label)' cannot be opened: \(error)")
        }
    }

    /// Sends a message on a channel. It is taken whole or not at all.
    /// - Parameter receipt: by which `dataDelivered` tells that the other side has it.
    public mutating func send(
        _ payload: ByteBuffer, isBinary: Bool = true, on channel: DataChannelID, receipt: UInt64? = nil,
        at now: Instant
    ) throws(PeerConnectionError) {
        guard state != .closed else { throw .closed }
        guard payload.readableBytes <= channels.remoteMaximumMessageSize else {
            throw .dataChannel(
                "a message of \(payload.readableBytes) bytes is over the peer's limit of \(channels.remoteMaximumMessageSize)"
            )
        }
        do {
            try channels.data.send(payload, isBinary: isBinary, on: channel, receipt: receipt, at: now)
        } catch {
            throw error == .noSuchChannel ? .noSuchChannel : .dataChannel("\(error)")
        }
        settle(at: now)
    }

    /// Bytes of the channel that were not sent yet; 0 for a channel that is gone.
    public func bufferedAmount(_ channel: DataChannelID) -> Int { channels.data.bufferedAmount(channel) }

    /// When the buffered amount falls to `bytes` from above, `bufferedAmountLow` follows.
    public mutating func setBufferedAmountLowThreshold(_ bytes: Int, on channel: DataChannelID) {
        channels.data.setBufferedAmountLowThreshold(bytes, on: channel)
    }

    /// The SCTP stream of a channel, once it has one (RFC 8832 §5).
    public func streamID(of channel: DataChannelID) -> UInt16? { channels.data.streamID(of: channel) }

    /// Closes a channel in order; `dataChannelClosed` follows.
    public mutating func closeDataChannel(_ channel: DataChannelID, at now: Instant) {
        channels.data.close(channel, at: now)
        settle(at: now)
    }

    // MARK: The association

    /// Starts SCTP once DTLS is up and both sides have a data section.
    mutating func openChannelsIfReady(at now: Instant) {
        guard !channels.isConnecting, channels.isNegotiated, let isDTLSClient, dtls?.state == .connected else { return }
        channels.isConnecting = true
        channels.data.setMaximumSendMessageBytes(channels.remoteMaximumMessageSize)
        channels.data.setRole(isDTLSClient: isDTLSClient, at: now)
        channels.data.connect(at: now)
    }

    mutating func drainData(at now: Instant) -> Bool {
        var moved = false
        while let output = channels.data.pollOutput() {
            moved = true
            switch output {
            case .transmit(let packet): sendSCTP(packet)
            case .event(let event): handle(event)
            }
        }
        return moved
    }

    private mutating func sendSCTP(_ packet: ByteBuffer) {
        // SCTP sends again what does not get through, so nothing is kept while there is no path.
        guard canSendDTLS else {
            media.statistics.unsentDatagrams &+= 1
            return
        }
        do {
            try dtls?.send(packet)
        } catch {
            media.statistics.unsentDatagrams &+= 1
        }
    }

    private mutating func handle(_ event: DataChannelEvent) {
        switch event {
        case .connected: break
        // The peer shut the association down in order: it does not come back within this connection.
        case .closed: if !channels.isEnding { fail("the peer closed SCTP") }
        case .channelOpened(let id, let parameters, _):
            events.append(.event(.dataChannelOpened(id, label: parameters.label)))
        case .message(let id, let isBinary, let payload):
            events.append(.event(.dataChannelMessage(id, isBinary: isBinary, payload)))
        case .delivered(let message): events.append(.event(.dataDelivered(message)))
        case .channelClosed(let id): events.append(.event(.dataChannelClosed(id)))
        case .bufferedAmountLow(let id): events.append(.event(.bufferedAmountLow(id)))
        case .failed(let reason): if state != .closed { fail("SCTP: \(reason)") }
        }
    }
}
