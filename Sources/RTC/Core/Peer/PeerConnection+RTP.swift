import NIOCore
import SansIO

extension PeerConnection {
    public var statistics: PeerConnectionStatistics { media.statistics }

    // MARK: Receiving

    mutating func receiveRTP(_ datagram: consuming ByteBuffer, at now: Instant) {
        guard inbound != nil else { return hold(datagram) }
        var packet = datagram
        do {
            try inbound?.unprotectRTP(&packet)
        } catch {
            media.statistics.rejectedPackets &+= 1
            return
        }
        media.statistics.packetsReceived &+= 1
        media.statistics.bytesReceived &+= UInt64(packet.readableBytes)
        guard let parsed = try? RTPPacket(parsing: packet) else {
            media.statistics.malformedPackets &+= 1
            return
        }
        route(parsed, at: now)
    }

    /// Keeps what comes before the keys: the first key frame is often among it.
    private mutating func hold(_ packet: ByteBuffer) {
        if held.count < configuration.heldPackets {
            held.append(packet)
        } else {
            media.statistics.droppedBeforeKeys &+= 1
        }
    }

    private mutating func route(_ packet: RTPPacket, at now: Instant) {
        guard let route = media.router.route(packet) else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        if route.isRetransmission { return unwrap(packet, to: route, at: now) }
        guard let index = receiverTransceiver(route, packet: packet, at: now) else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        media.receivers[route.ssrc]?.statistics.receive(
            sequenceNumber: packet.header.sequenceNumber, timestamp: packet.header.timestamp, at: now)
        media.receivers[route.ssrc]?.lastPacket = now
        media.receivers[route.ssrc]?.missing?.receive(packet.header.sequenceNumber, at: now)
        deliver(packet, transceiver: index, at: now)
    }

    private mutating func unwrap(_ packet: RTPPacket, to route: SSRCRouter.Route, at now: Instant) {
        guard let index = transceivers.firstIndex(where: { $0.mid == route.mid }),
            let apt = transceivers[index].negotiated?.codec(payloadType: packet.header.payloadType)?
                .associatedPayloadType
        else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        do {
            guard let original = try packet.unwrappingRetransmission(ssrc: route.ssrc, payloadType: apt) else {
                media.statistics.probes &+= 1
                return
            }
            media.receivers[route.ssrc]?.missing?.receive(original.header.sequenceNumber, at: now)
            deliver(original, transceiver: index, at: now)
        } catch {
            media.statistics.malformedPackets &+= 1
        }
    }

    private mutating func deliver(_ packet: RTPPacket, transceiver index: Int, at now: Instant) {
        guard packet.payloadLength > 0 else {
            media.statistics.probes &+= 1
            return
        }
        let transceiver = transceivers[index]
        guard let codec = transceiver.negotiated?.codec(payloadType: packet.header.payloadType),
            let mid = transceiver.mid
        else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        events.append(
            .event(.rtp(ReceivedRTP(packet: packet, mid: mid, kind: transceiver.kind, codec: codec, arrival: now))))
    }

    /// The transceiver of a source, which is registered with its first packet.
    private mutating func receiverTransceiver(_ route: SSRCRouter.Route, packet: RTPPacket, at now: Instant) -> Int? {
        if let known = media.receivers[route.ssrc], transceivers[known.transceiver].mid == route.mid {
            return known.transceiver
        }
        guard let index = transceivers.firstIndex(where: { $0.mid == route.mid }),
            let codec = transceivers[index].negotiated?.codec(payloadType: packet.header.payloadType)
        else { return nil }
        if media.receivers.count >= configuration.maximumSources {
            let idle = media.receivers.min { $0.value.lastPacket < $1.value.lastPacket }
            if let idle { media.receivers[idle.key] = nil }
        }
        media.receivers[route.ssrc] = MediaState.Receiver(
            transceiver: index, statistics: ReceiveStatistics(ssrc: route.ssrc, clockRate: codec.clockRate),
            missing: codec.feedback.contains("nack") ? NACKTracker() : nil, lastPacket: now)
        return index
    }

    /// Tells the router what the newest descriptions announce.
    mutating func updateRoutes(_ remote: MediaDescription, index: Int) {
        guard let mid = transceivers[index].mid else { return }
        media.router.update(
            SSRCRouter.Section(mid: mid, remote: remote, agreed: transceivers[index].negotiated))
    }

    // MARK: Sending

    /// Sends a media packet from the transceiver's own source. Dropped while the section may not send, the connection
    /// is not up, or no path is there: media is not worth keeping.
    /// - Returns: whether it was sent.
    @discardableResult
    public mutating func sendRTP(_ packet: OutgoingRTP, on id: TransceiverID, at now: Instant) -> Bool {
        guard transceivers.indices.contains(id.index), transceivers[id.index].maySend, outbound != nil,
            let pair = ice.selectedPair,
            let codec = transceivers[id.index].negotiated?.codec(payloadType: packet.payloadType)
        else { return false }
        let ssrc = transceivers[id.index].ssrc
        var buffer = ByteBuffer()
        RTPPacket(
            payloadType: packet.payloadType, marker: packet.marker, sequenceNumber: packet.sequenceNumber,
            timestamp: packet.timestamp, ssrc: ssrc, payload: packet.payload
        ).serialize(into: &buffer, reserving: 32)
        do {
            try outbound?.protectRTP(&buffer)
        } catch {
            media.statistics.unsentDatagrams &+= 1
            return false
        }
        var sender =
            media.senders[ssrc]
            ?? MediaState.Sender(
                transceiver: id.index, statistics: SendStatistics(ssrc: ssrc, clockRate: codec.clockRate))
        sender.statistics.sent(payloadLength: packet.payload.readableBytes, timestamp: packet.timestamp, at: now)
        sender.history.add(buffer, sequenceNumber: packet.sequenceNumber)
        media.senders[ssrc] = sender
        media.statistics.packetsSent &+= 1
        events.append(.transmit(Datagram(local: pair.local, remote: pair.remote, payload: buffer)))
        return true
    }
}
