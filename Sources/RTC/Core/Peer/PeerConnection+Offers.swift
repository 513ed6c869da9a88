import SansIO

/// An offer of ours that is not answered yet.
struct PendingOffer {
    var description: SessionDescription
    /// The first of the sections that only unanswered offers of ours have named: from it on they are taken back when the
    /// offer is given up.
    var firstNewSection: Int
}

extension PeerConnection {
    // MARK: Making descriptions

    /// Adds a media section; it takes effect with the next offer, or with the remote offer that it fits.
    /// - Parameters:
    ///   - direction: what we want, seen from here.
    ///   - track: what we send; `nil` to receive only.
    public mutating func addTransceiver(
        _ kind: MediaKind, direction: MediaDirection, track: LocalTrack? = nil
    ) -> TransceiverID {
        let free = transceivers.firstIndex(where: \.isStopped)
        var transceiver = Transceiver(
            kind: kind, generation: free.map { transceivers[$0].generation &+ 1 } ?? 0, mid: nil, wanted: direction,
            track: track, ssrc: sources.next(), rtxSSRC: sources.next())
        transceiver.upperSSRCs = (track?.layers.dropFirst() ?? []).map { _ in sources.next() }
        if let free { transceivers[free] = transceiver } else { transceivers.append(transceiver) }
        return id(of: free ?? transceivers.count - 1)
    }

    func id(of index: Int) -> TransceiverID {
        TransceiverID(index: index, generation: transceivers[index].generation)
    }

    /// The place of a transceiver that is not stopped.
    func index(of id: TransceiverID) -> Int? {
        guard transceivers.indices.contains(id.index), transceivers[id.index].generation == id.generation,
            !transceivers[id.index].isStopped
        else { return nil }
        return id.index
    }

    /// Takes a transceiver out of use whose section was rejected and is used for something else (RFC 8829 §5.2.2), with
    /// all that was kept of its sources.
    mutating func stop(_ index: Int) {
        forgetSenders(of: index)
        media.forgetSection(index)
        transceivers[index].stop()
    }

    /// Puts another track, or none, into a section; it takes effect with the next negotiation. Another track has
    /// another source, so that receivers do not mix the two.
    public mutating func setTrack(
        _ track: LocalTrack?, direction: MediaDirection, on id: TransceiverID
    ) throws(PeerConnectionError) {
        guard let index = index(of: id) else { throw .noSuchTransceiver }
        if transceivers[index].track != track {
            forgetSenders(of: index)
            transceivers[index].ssrc = sources.next()
            transceivers[index].rtxSSRC = sources.next()
            transceivers[index].upperSSRCs = (track?.layers.dropFirst() ?? []).map { _ in sources.next() }
        }
        transceivers[index].track = track
        transceivers[index].wanted = direction
    }

    private mutating func forgetSenders(of index: Int) {
        for ssrc in [transceivers[index].ssrc] + transceivers[index].upperSSRCs {
            media.forgetSender(ssrc)
            outbound?.forgetSending(ssrc)
        }
    }

    /// The `mid` of a transceiver, once it is part of a description.
    public func mid(of id: TransceiverID) -> String? {
        index(of: id).flatMap { transceivers[$0].mid }
    }

    /// The codecs agreed for a transceiver, in the order of preference; empty before.
    public func codecs(of id: TransceiverID) -> [Codec] {
        index(of: id).flatMap { transceivers[$0].negotiated?.codecs } ?? []
    }

    /// The transceiver of a section.
    public func transceiver(mid: String) -> TransceiverID? {
        transceivers.firstIndex { $0.mid == mid }.map { id(of: $0) }
    }

    /// An offer of all sections; it stays open until it is answered or another is made.
    /// - Parameter iceRestart: new ICE credentials, so that a lost path is found again (RFC 8445 §9).
    public mutating func createOffer(iceRestart: Bool = false, at now: Instant) throws(PeerConnectionError) -> String {
        guard state != .closed else { throw .closed }
        if ice.state == .new, remoteFingerprints.isEmpty { ice.setRole(.controlling) }
        if iceRestart { _ = ice.restart(at: now) }
        let firstNew = pendingOffer?.firstNewSection ?? sections.count
        for index in transceivers.indices where transceivers[index].isWaiting {
            transceivers[index].mid = drawMID()
            sections.append(.media(index))
        }
        if channels.isWanted, !sections.contains(where: \.isData) { sections.append(.data(mid: drawMID())) }
        var media: [MediaDescription] = []
        for section in sections {
            media.append(describe(section, setup: .actpass, withCandidates: media.allSatisfy(\.isRejected)))
        }
        let description = describe(media)
        pendingOffer = PendingOffer(description: description, firstNewSection: firstNew)
        settle(at: now)
        return description.text
    }

    /// The answer to the last remote offer.
    public mutating func createAnswer(at now: Instant) throws(PeerConnectionError) -> String {
        guard state != .closed else { throw .closed }
        guard let offer = remoteOffer else { throw .noOffer }
        let setup: DTLSSetup = isDTLSClient == false ? .passive : .active
        var media: [MediaDescription] = []
        for (index, remote) in offer.media.enumerated() {
            guard sections.indices.contains(index) else { throw .noOffer }
            media.append(
                answer(
                    remote, in: offer, section: sections[index], setup: setup,
                    withCandidates: media.allSatisfy(\.isRejected)))
        }
        remoteOffer = nil
        let text = describe(media).text
        beginTransport(at: now)
        openChannelsIfReady(at: now)
        settle(at: now)
        return text
    }

    private mutating func describe(_ media: [MediaDescription]) -> SessionDescription {
        version &+= 1
        return SessionDescription(sessionID: sessionID, version: version, media: media)
    }

    private func describe(_ section: Section, setup: DTLSSetup, withCandidates: Bool) -> MediaDescription {
        let transport = localTransport(setup: setup, withCandidates: withCandidates)
        switch section {
        case .unsupported(let remote):
            return .rejected(remote)
        case .data(let mid):
            return .dataChannel(mid: mid, transport: transport, maximumMessageSize: configuration.maximumMessageSize)
        case .media(let index):
            let transceiver = transceivers[index]
            let capabilities = capabilities(of: transceiver.kind)
            return .rtp(
                kind: transceiver.kind, mid: transceiver.mid ?? "", direction: transceiver.wanted,
                codecs: Negotiation.offeredCodecs(
                    available: capabilities.codecs, agreed: transceiver.negotiated?.codecs ?? []),
                extensions: transceiver.negotiated?.extensions ?? capabilities.extensions,
                transport: transport, track: track(of: transceiver))
        }
    }

    private func answer(
        _ remote: MediaDescription, in offer: SessionDescription, section: Section, setup: DTLSSetup,
        withCandidates: Bool
    ) -> MediaDescription {
        let transport = localTransport(setup: setup, withCandidates: withCandidates)
        switch section {
        case .unsupported:
            return .rejected(remote)
        case .data:
            if remote.isRejected { return .rejected(remote) }
            return .dataChannel(
                mid: remote.mid ?? "", transport: transport, maximumMessageSize: configuration.maximumMessageSize,
                transportProtocol: remote.transportProtocol)
        case .media(let index):
            let transceiver = transceivers[index]
            return Negotiation.answer(
                to: remote, capabilities: capabilities(of: transceiver.kind), wanted: transceiver.wanted,
                transport: transport, track: track(of: transceiver), remoteDirection: offer.direction(of: remote),
                acceptsSimulcast: configuration.acceptsSimulcast)
        }
    }

    /// - Parameter withCandidates: of the first section that is not rejected: the one transport is that section's.
    private func localTransport(setup: DTLSSetup, withCandidates: Bool) -> LocalTransportDescription {
        LocalTransportDescription(
            ufrag: ice.localCredentials.ufrag, password: ice.localCredentials.password,
            fingerprints: ["\(configuration.identity.fingerprint)"], setup: setup,
            candidates: withCandidates ? ice.localCandidates.map(\.attributeValue) : [])
    }

    private func track(of transceiver: Transceiver) -> LocalTrackDescription? {
        transceiver.track.map { track in
            LocalTrackDescription(
                msid: MediaStreamIdentification(streamID: track.streamID, trackID: track.trackID), cname: cname,
                ssrc: transceiver.ssrc, rtxSSRC: transceiver.kind == .video ? transceiver.rtxSSRC : nil,
                streamIDs: track.layers)
        }
    }

    func capabilities(of kind: MediaKind) -> MediaCapabilities {
        kind == .audio ? configuration.audio : configuration.video
    }

    private mutating func drawMID() -> String {
        while transceivers.contains(where: { $0.mid == String(nextMID) })
            || sections.contains(where: { $0.mid == String(nextMID) })
        {
            nextMID += 1
        }
        defer { nextMID += 1 }
        return String(nextMID)
    }
}

extension Section {
    var isData: Bool {
        if case .data = self { return true }
        return false
    }

    /// The `mid` of a section that is not media.
    var mid: String? {
        switch self {
        case .data(let mid): mid
        case .unsupported(let remote): remote.mid
        case .media: nil
        }
    }
}
