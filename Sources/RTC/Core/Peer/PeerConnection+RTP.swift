import NIOCore
import SansIO

extension PeerConnection {
    public var statistics: PeerConnectionStatistics { media.statistics }

    // MARK: Receiving

    /// The simulcast layer that a source said it is (RFC 8852); `nil` where it did not, and of unknown ones.
    public func streamID(ofSource ssrc: UInt32) -> String? { media.router.route(ssrc: ssrc)?.layer }

    mutating func receiveRTP(_ datagram: consuming ByteBuffer, at now: Instant) {
        guard inbound != nil else { return hold(datagram) }
        guard let (header, index, receiver) = takeRTP(&datagram, at: now),
            let format = media.receivers.values[receiver].format
        else { return }
        let packet = RTPPacket(header: header, contents: datagram)
        events.append(.event(.rtp(ReceivedRTP(packet: packet, index: index, arrival: now, format: format))))
    }

    /// Opens a packet and gives it its place.
    /// - Returns: its header, index and receiver, where it is as nearly all are: of a source that is known and has not
    ///   moved, following the one before it, and of the same kind. What becomes of any other is among the events.
    @inline(__always)
    mutating func takeRTP(
        _ packet: inout ByteBuffer, at now: Instant
    ) -> (RTPHeader, index: Int64, receiver: Int)? {
        do {
            try inbound?.unprotectRTP(&packet)
        } catch {
            media.statistics.rejectedPackets &+= 1
            return nil
        }
        media.statistics.packetsReceived &+= 1
        media.statistics.bytesReceived &+= UInt64(packet.readableBytes)
        let header: RTPHeader
        do {
            header = try RTPHeader(parsing: packet.readableBytesSpan)
        } catch {
            media.statistics.malformedPackets &+= 1
            return nil
        }
        guard let known = media.confirmedReceiver(of: header, in: packet) else {
            route(RTPPacket(header: header, contents: packet), at: now)
            return nil
        }
        let (place, isOfSameFormat) = media.receivers.values[known].receive(header, at: now)
        if case .newest(let index, missing: 0) = place, isOfSameFormat, packet.readableBytes > header.overhead {
            return (header, index, known)
        }
        register(RTPPacket(header: header, contents: packet), place, receiver: known, at: now)
        return nil
    }

    /// What an event would have told of returned media, but for header extensions and contributing sources; `nil` where its
    /// source is forgotten.
    public mutating func told(_ incoming: IncomingMedia, payload: ByteBuffer) -> ReceivedRTP? {
        guard let receiver = media.receivers.position(of: incoming.ssrc),
            let format = media.receivers.values[receiver].format
        else { return nil }
        let packet = RTPPacket(
            payloadType: incoming.payloadType, marker: incoming.marker,
            sequenceNumber: UInt16(truncatingIfNeeded: incoming.index), timestamp: incoming.timestamp,
            ssrc: incoming.ssrc, payload: payload)
        return ReceivedRTP(packet: packet, index: incoming.index, arrival: incoming.arrival, format: format)
    }

    /// Keeps what comes before the keys: the first key frame is often among it.
    mutating func hold(_ packet: ByteBuffer) {
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
        guard let receiver = receiver(route, packet: packet, at: now) else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        media.receivers.values[receiver].routeVersion = media.router.version
        // A description that changes formats changes the router's version too.
        media.receivers.values[receiver].format = nil
        let place = media.receivers.values[receiver].receive(packet.header, at: now).place
        register(packet, place, receiver: receiver, at: now)
    }

    /// Hands a packet out, where it has a place among those of its source.
    private mutating func register(
        _ packet: RTPPacket, _ place: SequenceIndexer.Place, receiver: Int, at now: Instant
    ) {
        let transceiver = media.receivers.values[receiver].transceiver
        media.receivers.values[receiver].format = transceivers[transceiver].format(
            payloadType: packet.header.payloadType)
        switch place {
        case .newest(let index, let missing):
            if missing > 0 { tellGivenUp(receiver) }
            deliver(packet, index: index, transceiver: transceiver, at: now)
        case .older(let index): deliver(packet, index: index, transceiver: transceiver, at: now)
        case .suspected: media.receivers.values[receiver].suspect = MediaState.Suspect(packet: packet, arrival: now)
        case .restarted(let index):
            tellGivenUp(receiver)
            if let first = media.receivers.values[receiver].suspect.take() {
                deliver(first.packet, index: index - 1, transceiver: transceiver, at: first.arrival)
            }
            deliver(packet, index: index, transceiver: transceiver, at: now)
        }
    }

    private mutating func unwrap(_ packet: RTPPacket, to route: SSRCRouter.Route, at now: Instant) {
        guard let repaired = transceivers[route.section].format(payloadType: packet.header.payloadType)?.repairs else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        do {
            guard let original = try packet.unwrappingRetransmission(ssrc: route.ssrc, payloadType: repaired) else {
                media.statistics.probes &+= 1
                return
            }
            // Before the first packet of the source itself a retransmission has no place.
            guard let receiver = media.receivers.position(of: route.ssrc),
                let index = media.receivers.values[receiver].register.receive(
                    retransmitted: original.header.sequenceNumber)
            else {
                media.statistics.unroutedPackets &+= 1
                return
            }
            deliver(original, index: index, transceiver: route.section, at: now)
        } catch {
            media.statistics.malformedPackets &+= 1
        }
    }

    private mutating func deliver(_ packet: RTPPacket, index: Int64, transceiver: Int, at now: Instant) {
        guard packet.payloadLength > 0 else {
            media.statistics.probes &+= 1
            let (ssrc, transceiver) = (packet.header.ssrc, transceivers[transceiver])
            return events.append(
                .event(
                    .padding(
                        ReceivedPadding(
                            ssrc: ssrc, mid: transceiver.mid ?? "", kind: transceiver.kind, index: index, arrival: now))
                ))
        }
        guard let format = transceivers[transceiver].format(payloadType: packet.header.payloadType) else {
            media.statistics.unroutedPackets &+= 1
            return
        }
        events.append(.event(.rtp(ReceivedRTP(packet: packet, index: index, arrival: now, format: format))))
    }

    /// Says what a source has lost for good.
    mutating func tellGivenUp(_ receiver: Int) {
        guard let count = media.receivers.values[receiver].register.missing?.takeGivenUp(), count > 0,
            let highest = media.receivers.values[receiver].register.missing?.highestGivenUp
        else { return }
        let transceiver = transceivers[media.receivers.values[receiver].transceiver]
        media.statistics.givenUp &+= UInt64(count)
        events.append(
            .event(
                .packetsGivenUp(
                    GivenUpPackets(
                        ssrc: media.receivers.sources[receiver], mid: transceiver.mid ?? "", kind: transceiver.kind,
                        count: count, highestIndex: highest))))
    }

    /// The entry of a source, which is made with its first packet.
    private mutating func receiver(_ route: SSRCRouter.Route, packet: borrowing RTPPacket, at now: Instant) -> Int? {
        if let known = media.receivers.position(of: route.ssrc) {
            if media.receivers.values[known].transceiver == route.section { return known }
            media.forgetReceiver(route.ssrc)
        }
        guard let codec = transceivers[route.section].format(payloadType: packet.header.payloadType)?.codec else {
            return nil
        }
        if media.receivers.count >= configuration.maximumSources {
            let idle = zip(media.receivers.sources, media.receivers.values)
                .min { $0.1.register.lastPacket < $1.1.register.lastPacket }
            if let idle { media.forgetReceiver(idle.0) }
        }
        let register = ReceiveRegister(
            ssrc: route.ssrc, clockRate: codec.clockRate, asksAgain: codec.feedback.contains("nack"),
            beyond: media.highestForgotten, at: now)
        let receiver = MediaState.Receiver(
            transceiver: route.section, register: register, routeVersion: media.router.version)
        return media.receivers.insert(receiver, for: route.ssrc)
    }

    /// Tells the router what the newest descriptions announce.
    mutating func updateRoutes(_ remote: MediaDescription, index: Int) {
        guard let mid = transceivers[index].mid else { return }
        media.router.update(
            SSRCRouter.Section(index: index, mid: mid, remote: remote, agreed: transceivers[index].negotiated))
    }

    // MARK: Sending

    /// Sends a media packet from the transceiver's own source. Dropped while the section may not send, the connection
    /// is not up, or no path is there: media is not worth keeping.
    /// - Returns: whether it was sent.
    @discardableResult
    public mutating func sendRTP(_ packet: OutgoingRTP, on id: TransceiverID, at now: Instant) -> Bool {
        guard let index = index(of: id), transceivers[index].maySend, outbound != nil, let pair = ice.selectedPair,
            let codec = transceivers[index].negotiated?.codec(payloadType: packet.payloadType),
            let ssrc = transceivers[index].source(ofLayer: packet.layer)
        else { return false }
        let isLayered = !transceivers[index].upperSSRCs.isEmpty
        var buffer = ByteBuffer()
        RTPPacket(
            payloadType: packet.payloadType, marker: packet.marker, sequenceNumber: packet.sequenceNumber,
            timestamp: packet.timestamp, ssrc: ssrc,
            extensions: isLayered ? transceivers[index].extensions(ofLayer: packet.layer) : [],
            payload: packet.payload
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
