import NIOCore

/// Which direction of a closed channel's stream has been reset. When both have, the stream may be used again.
struct HalfReset: Sendable {
    var incoming = false
    var outgoing = false
    /// Whether the peer refused the reset of ours, so that the stream is lost for good.
    var isRefused = false
}

/// What the association reports, as data channels see it.
extension DataChannels {
    mutating func receive(_ event: SCTPEvent) {
        switch event {
        case .connected: events.append(.connected)
        case .restarted: endAll(nil)
        case .message(let message): receive(message)
        case .delivered(let message): events.append(.delivered(message))
        case .bufferedAmountLow(let stream):
            if let id = idsByStream[stream] { events.append(.bufferedAmountLow(id)) }
        case .incomingStreamsReset(let streams):
            for stream in streams.isEmpty ? Array(idsByStream.keys.sorted()) : streams { incomingReset(stream) }
        case .outgoingStreamReset(let stream, let accepted): outgoingReset(stream, accepted: accepted)
        case .closed: endAll(.closed)
        case .failed(let failure): endAll(.failed(failure))
        }
    }

    private mutating func receive(_ message: SCTPReceivedMessage) {
        if let half = halfReset[message.stream], half.incoming {
            // The peer has reset both directions and uses the stream again; only its word that it did is still missing.
            if !half.isRefused { reopening.append(message) }
            return
        }
        if message.ppid == PayloadProtocol.control { return receiveControl(message) }
        guard let id = idsByStream[message.stream] else {
            if halfReset[message.stream] == nil { early.append(message) }
            return
        }
        deliver(message, on: id)
    }

    private mutating func deliver(_ message: SCTPReceivedMessage, on id: DataChannelID) {
        switch message.ppid {
        case PayloadProtocol.string: events.append(.message(id, isBinary: false, message.payload))
        case PayloadProtocol.binary: events.append(.message(id, isBinary: true, message.payload))
        case PayloadProtocol.emptyString: events.append(.message(id, isBinary: false, ByteBuffer()))
        case PayloadProtocol.emptyBinary: events.append(.message(id, isBinary: true, ByteBuffer()))
        // Among the rest are the partial messages that RFC 8831 §6.6 took out of use.
        default: break
        }
    }

    private mutating func receiveControl(_ message: SCTPReceivedMessage) {
        do throws(SCTPParseError) {
            switch try DataChannelControlMessage(parsing: message.payload) {
            case .open(let open): receive(open, on: message.stream)
            case .acknowledge: receiveAcknowledgement(on: message.stream)
            }
        } catch {
            // A broken opening cannot be answered otherwise than by closing its stream (RFC 8832 §6).
            if idsByStream[message.stream] == nil, halfReset[message.stream] == nil { refuse(stream: message.stream) }
        }
    }

    private mutating func receive(_ open: DataChannelOpen, on stream: UInt16) {
        if let id = idsByStream[stream], let channel = channels[id] {
            if channel.isRemote, channel.parameters == open.parameters {
                sendControl(.acknowledge, on: stream)
            } else {
                // Both sides took the same stream: neither channel can be told from the other.
                closeAfterCollision(id, stream: stream)
            }
            return
        }
        if halfReset[stream] != nil { return }
        let nameBytes = open.parameters.label.utf8.count + open.parameters.subprotocol.utf8.count
        guard nameBytes <= Self.maximumRemoteNameBytes,
            channels.values.count(where: \.isRemote) < Self.maximumRemoteChannels
        else { return refuse(stream: stream) }
        let id = makeID()
        channels[id] = Channel(
            id: id, parameters: open.parameters, stream: stream, isRemote: true, isAcknowledged: true)
        idsByStream[stream] = id
        association.setBufferedAmountLowThreshold(0, ofStream: stream)
        sendControl(.acknowledge, on: stream)
        events.append(.channelOpened(id, open.parameters, remotelyOpened: true))
        for message in early.take(stream: stream) { deliver(message, on: id) }
    }

    private mutating func receiveAcknowledgement(on stream: UInt16) {
        guard let id = idsByStream[stream], let channel = channels[id], !channel.isAcknowledged else { return }
        channels[id]?.isAcknowledged = true
        if !channel.isClosing { events.append(.channelOpened(id, channel.parameters, remotelyOpened: false)) }
    }

    private mutating func closeAfterCollision(_ id: DataChannelID, stream: UInt16) {
        guard channels[id]?.isClosing == false else { return }
        channels[id]?.isClosing = true
        association.clearBuffer(ofStream: stream)
        association.resetStream(stream, at: association.now)
    }

    /// The peer closes a channel: nothing more comes, and ours is closed in turn (RFC 8831 §6.7).
    private mutating func incomingReset(_ stream: UInt16) {
        _ = early.take(stream: stream)
        if var half = halfReset[stream] {
            _ = reopening.take(stream: stream)
            half.incoming = true
            halfReset[stream] = half.outgoing ? nil : half
            return
        }
        guard let id = idsByStream[stream], let channel = channels[id] else { return }
        halfReset[stream] = HalfReset(incoming: true)
        if !channel.isClosing {
            channels[id]?.isClosing = true
            association.clearBuffer(ofStream: stream)
            association.resetStream(stream, at: association.now)
        }
    }

    private mutating func outgoingReset(_ stream: UInt16, accepted: Bool) {
        var half = halfReset[stream] ?? HalfReset()
        half.outgoing = accepted
        half.isRefused = !accepted
        halfReset[stream] = half.incoming && half.outgoing ? nil : half
        if let id = idsByStream[stream] { forget(id) }
        let messages = reopening.take(stream: stream)
        if accepted { for message in messages { receive(message) } }
    }
}
