import NIOCore
import SansIO

extension PeerConnection {
    // MARK: Receiving

    mutating func receiveRTCP(_ datagram: consuming ByteBuffer, at now: Instant) {
        guard inbound != nil else { return hold(datagram) }
        var packet = datagram
        do {
            try inbound?.unprotectRTCP(&packet)
        } catch {
            media.statistics.rejectedPackets &+= 1
            return
        }
        var reader = RTCPReader(packet)
        while let result = reader.next() {
            switch result {
            case .success(let part): handle(part, at: now)
            case .failure: media.statistics.malformedPackets &+= 1
            }
        }
    }

    private mutating func handle(_ packet: RTCPPacket, at now: Instant) {
        switch packet {
        case .senderReport(let report):
            if let position = media.receivers.position(of: report.ssrc) {
                media.receivers.values[position].register.statistics.receive(report, at: now)
            }
            for block in report.reports { receive(block, at: now) }
            events.append(
                .event(
                    .senderReport(
                        SenderReportInfo(
                            ssrc: report.ssrc, ntp: report.ntpTime, rtpTimestamp: report.rtpTimestamp, arrival: now,
                            roundTrip: ice.roundTripTime))))
        case .receiverReport(let report):
            for block in report.reports { receive(block, at: now) }
        case .goodbye(let goodbye):
            for ssrc in goodbye.ssrcs where media.forgetReceiver(ssrc) {
                media.router.sourceEnded(ssrc)
                events.append(.event(.sourceEnded(ssrc: ssrc)))
            }
        case .nack(let nack): sendAgain(nack, at: now)
        case .pli(let pli): requestKeyFrame(ofSource: pli.mediaSSRC)
        case .fir(let fir):
            for entry in fir.entries { requestKeyFrame(ofSource: entry.ssrc) }
        case .sourceDescription, .remb, .unknown: break
        }
    }

    private mutating func receive(_ block: ReportBlock, at now: Instant) {
        guard let position = media.senders.position(of: block.ssrc) else { return }
        media.senders.values[position].statistics.receive(block, clock: media.clock, at: now)
    }

    private mutating func sendAgain(_ nack: GenericNACK, at now: Instant) {
        guard let sender = media.senders.position(of: nack.mediaSSRC), let pair = ice.selectedPair else { return }
        for number in nack.sequenceNumbers {
            guard let packet = media.senders.values[sender].history.takeAgain(number, at: now) else { continue }
            media.statistics.sentAgain &+= 1
            events.append(.transmit(Datagram(local: pair.local, remote: pair.remote, payload: packet)))
        }
    }

    private mutating func requestKeyFrame(ofSource ssrc: UInt32) {
        for index in transceivers.indices where transceivers[index].maySend {
            guard let layer = transceivers[index].layer(ofSource: ssrc) else { continue }
            return events.append(.event(.keyFrameRequested(id(of: index), layer: layer)))
        }
    }

    // MARK: Sending

    /// A source that has been silent for longer is reported no more. RFC 3550 §6.4 has one interval; but Opus refreshes
    /// a silence only now and then, and reports get lost.
    private static let reportedSilence: Duration = .seconds(8)

    /// Asks the other side for a key frame of a source (RFC 4585 §6.3.1). LiveKit honours PLI, not FIR.
    public mutating func sendPictureLossIndication(mediaSSRC: UInt32, at now: Instant) {
        send([.pli(PictureLossIndication(senderSSRC: reporter, mediaSSRC: mediaSSRC))])
        settle(at: now)
    }

    /// Tells the other side what it may send all these sources together with (REMB).
    /// - Parameter bitrate: in bit/s.
    public mutating func sendBandwidthEstimate(_ bitrate: UInt64, mediaSSRCs: [UInt32], at now: Instant) {
        send([.remb(BandwidthEstimate(senderSSRC: reporter, bitrate: bitrate, ssrcs: mediaSSRCs))])
        settle(at: now)
    }

    /// Regular reports and requests for lost packets, as far as they are due.
    mutating func sendReports(at now: Instant) {
        if media.scheduler?.takeDue(at: now) == true { sendRegularReport(at: now) }
        for position in media.receivers.values.indices {
            let ssrc = media.receivers.sources[position]
            if let roundTrip = ice.roundTripTime {
                media.receivers.values[position].register.missing?.update(roundTrip: roundTrip)
            }
            let requests = media.receivers.values[position].register.missing?.takeRequests(at: now) ?? []
            tellGivenUp(position)
            guard !requests.isEmpty else { continue }
            media.statistics.requestedAgain &+= UInt64(requests.count)
            let request = GenericNACK(senderSSRC: reporter, mediaSSRC: ssrc, sequenceNumbers: requests)
            for part in request.parts { send([.nack(part)]) }
        }
    }

    private mutating func sendRegularReport(at now: Instant) {
        let senders = media.senders.values.compactMap { $0.statistics.makeReport(clock: media.clock, at: now) }
        var blocks: [ReportBlock] = []
        for position in media.receivers.values.indices
        where now - media.receivers.values[position].register.lastPacket < Self.reportedSilence {
            if let block = media.receivers.values[position].register.statistics.makeReport(at: now) {
                blocks.append(block)
            }
        }
        guard !senders.isEmpty || !blocks.isEmpty else { return }
        let report = RTCPReport(senders: senders, blocks: blocks, from: reporter, cname: cname)
        for compound in report.compounds { send(compound) }
    }

    private mutating func send(_ packets: [RTCPPacket]) {
        guard outbound != nil, let pair = ice.selectedPair else { return }
        var buffer = ByteBuffer()
        RTCPPacket.serialize(packets, into: &buffer, reserving: 32)
        do {
            try outbound?.protectRTCP(&buffer)
        } catch {
            media.statistics.unsentDatagrams &+= 1
            return
        }
        events.append(.transmit(Datagram(local: pair.local, remote: pair.remote, payload: buffer)))
    }

    /// The source in whose name we report: one that sends, else any of ours, else 1 as libwebrtc has it.
    private var reporter: UInt32 {
        media.senders.sources.min() ?? transceivers.first?.ssrc ?? 1
    }
}
