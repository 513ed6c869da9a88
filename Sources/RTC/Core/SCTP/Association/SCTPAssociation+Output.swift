import NIOCore
import SansIO

/// Packets and events out.
extension SCTPAssociation {
    /// The next event or packet; polled until `nil` after every verb.
    public mutating func pollOutput() -> Output? {
        tellDeliveries()
        if let event = events.popFirst() { return .event(event) }
        if let packet = packets.popFirst() {
            counters.sentPackets += 1
            return .transmit(packet)
        }
        let packet = buildPacket()
        if let stream = sender.queue.popStreamGoneLow() { events.append(.bufferedAmountLow(stream: stream)) }
        if let packet {
            counters.sentPackets += 1
            return .transmit(packet)
        }
        return events.popFirst().map { .event($0) }
    }

    /// Whether DATA may be sent in this state.
    private var sendsData: Bool {
        state == .established || state == .shutdownPending || state == .shutdownReceived
    }

    private mutating func buildPacket() -> ByteBuffer? {
        guard hasSomethingToSend else { return nil }
        var packet = ByteBuffer()
        swap(&packet, &scratch)
        packet.clear(minimumCapacity: options.maximumPacketBytes)
        header(tag: peerTag).write(into: &packet)
        writeControl(into: &packet)
        writeAcknowledgementAndData(into: &packet)
        // What was given up in the search for data leaves the packet empty, and is told at once.
        if sendsData { writeForwardTSN(into: &packet) }
        let isEmpty = packet.readableBytes == CommonHeader.length
        if !isEmpty { CommonHeader.seal(&packet) }
        scratch = packet
        return isEmpty ? nil : packet
    }

    private var hasSomethingToSend: Bool {
        guard peerTag != 0, state != .ended else { return false }
        return !control.isEmpty || receiver.isAckDue || (sendsData && sender.hasWork) || reconfiguration.hasWork
    }

    private mutating func writeControl(into packet: inout ByteBuffer) {
        while let chunk = control.first {
            let before = packet.writerIndex
            chunk.write(into: &packet)
            if packet.writerIndex > options.maximumPacketBytes, before > CommonHeader.length {
                packet.moveWriterIndex(to: before)
                return
            }
            control.removeFirst()
        }
        guard sendsData else { return }
        if reconfiguration.hasWork { writeReconfiguration(into: &packet) }
        writeForwardTSN(into: &packet)
    }

    /// FORWARD TSN goes into a packet that is empty so far, because it may fill one.
    private mutating func writeForwardTSN(into packet: inout ByteBuffer) {
        guard packet.readableBytes == CommonHeader.length, let forward = sender.takeForwardTSN() else { return }
        forward.write(into: &packet)
    }

    private mutating func writeReconfiguration(into packet: inout ByteBuffer) {
        reconfiguration.beginRequest(lastTSN: sender.nextTSN - 1) { sender.queue.isDrained($0) }
        // The longest request takes about half a packet.
        while packet.readableBytes < options.maximumPacketBytes / 2,
            let chunk = reconfiguration.takeChunk(at: now, timeout: sender.rto.current)
        {
            chunk.write(into: &packet)
        }
    }

    /// DATA comes last in a packet, so the acknowledgement is written when the first chunk of data is at hand.
    private mutating func writeAcknowledgementAndData(into packet: inout ByteBuffer) {
        let limit = options.maximumPacketBytes
        var carriesAck = receiver.hasUnacknowledged
        let ackSpace = carriesAck ? receiver.acknowledgementLength(limit: limit - packet.readableBytes) : 0
        var first: DataChunk?
        if sendsData {
            first = sender.nextChunk(space: limit - packet.readableBytes - ackSpace, isFirst: true, at: now)
            if first == nil, carriesAck, !receiver.isAckDue {
                // A chunk sent again in its full size leaves no room beside it, and must not wait for what may wait.
                carriesAck = false
                first = sender.nextChunk(space: limit - packet.readableBytes, isFirst: true, at: now)
            }
        }
        if receiver.isAckDue || (first != nil && carriesAck) {
            receiver.makeAcknowledgement(space: limit - packet.readableBytes).write(into: &packet)
        }
        guard let first else { return }
        first.write(into: &packet)
        while let chunk = sender.nextChunk(space: limit - packet.readableBytes, isFirst: false, at: now) {
            chunk.write(into: &packet)
        }
        sender.endPacket()
        heartbeat.postpone(at: now)
    }
}
