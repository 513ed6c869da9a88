import NIOCore
import SansIO

extension PeerConnection {
    public var statistics: PeerConnectionStatistics { media.statistics }

    // MARK: Receiving

    mutating func receiveRTP(_ datagram: consuming ByteBuffer, at now: Instant) {
        guard inbound != nil else { return hold(datagram) }
        var packet = consume datagram
        do {
            try inbound?.unprotectRTP(&packet)
        } catch {
            media.statistics.rejectedPackets &+= 1
            return
        }
        media.statistics.packetsReceived &+= 1
        media.statistics.bytesReceived &+= UInt64(packet.readableBytes)
        do {
            route(try RTPPacket(parsing: consume packet), at: now)
        } catch {
            media.statistics.malformedPackets &+= 1
        }
    }

    /// Keeps what comes before the keys: the first key frame is often among it.
    mutating func hold(_ packet: ByteBuffer) {
        if held.count < configuration.heldPackets {
            held.append(packet)
        } else {
            media.statistics.droppedBeforeKeys &+= 1
        }
    }

    private mutating func route(_ packet: consuming RTPPacket, at now: Instant) {
        // Nearly every packet is of a source that is known and has not moved.
        if !packet.header.hasExtension, let known = media.receivers.position(of: packet.header.ssrc),
            media.receivers.values[known].routeVersion == media.router.version
        {
            media.receivers.values[known].receive(packet.header, at: now)
            return deliver(packet, transceiver: media.receivers.values[known].transceiver, at: now)
        }
        guard let route = media.router.route(packet) else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        if route.isRetransmission { return unwrap(packet, to: route, at: now) }
        guard let receiver = receiver(route, packet: packet, at: now) else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        media.receivers.values[receiver].routeVersion = media.router.version
        media.receivers.values[receiver].receive(packet.header, at: now)
        deliver(packet, transceiver: media.receivers.values[receiver].transceiver, at: now)
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
            if let receiver = media.receivers.position(of: route.ssrc) {
                media.receivers.values[receiver].missing?.receive(original.header.sequenceNumber, at: now)
            }
            deliver(original, transceiver: index, at: now)
        } catch {
            media.statistics.malformedPackets &+= 1
        }
    }

    private mutating func deliver(_ packet: consuming RTPPacket, transceiver index: Int, at now: Instant) {
        guard packet.payloadLength > 0 else {
            media.statistics.probes &+= 1
            return
        }
        guard let format = transceivers[index].format(payloadType: packet.header.payloadType) else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        events.append(.event(.rtp(ReceivedRTP(packet: packet, arrival: now, format: format))))
    }

    /// The entry of a source, which is made with its first packet.
    private mutating func receiver(_ route: SSRCRouter.Route, packet: RTPPacket, at now: Instant) -> Int? {
        if let known = media.receivers.position(of: route.ssrc) {
            if transceivers[media.receivers.values[known].transceiver].mid == route.mid { return known }
            media.receivers.remove(route.ssrc)
        }
        guard let index = transceivers.firstIndex(where: { $0.mid == route.mid }),
            let codec = transceivers[index].format(payloadType: packet.header.payloadType)?.codec
        else { return nil }
        if media.receivers.count >= configuration.maximumSources {
            let idle = zip(media.receivers.sources, media.receivers.values)
                .min { $0.1.lastPacket < $1.1.lastPacket }
            if let idle { media.receivers.remove(idle.0) }
        }
        let receiver = MediaState.Receiver(
            transceiver: index, statistics: ReceiveStatistics(ssrc: route.ssrc, clockRate: codec.clockRate),
            missing: codec.feedback.contains("nack") ? NACKTracker() : nil, lastPacket: now,
            routeVersion: media.router.version)
        return media.receivers.insert(receiver, for: route.ssrc)
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
        let sender =
            media.senders.position(of: ssrc)
            ?? media.senders.insert(
                MediaState.Sender(statistics: SendStatistics(ssrc: ssrc, clockRate: codec.clockRate)), for: ssrc)
        media.senders.values[sender].statistics.sent(
            payloadLength: packet.payload.readableBytes, timestamp: packet.timestamp, at: now)
        media.senders.values[sender].history.add(buffer, sequenceNumber: packet.sequenceNumber, at: now)
        media.statistics.packetsSent &+= 1
        events.append(.transmit(Datagram(local: pair.local, remote: pair.remote, payload: buffer)))
        return true
    }
}
