import SansIO

extension PeerConnection {
    /// Applies an offer of the other side; `createAnswer` is to follow. An open offer of ours is given up: what it added
    /// is taken back and comes with our next one, unless theirs has a section for it.
    public mutating func setRemoteOffer(_ sdp: String, at now: Instant) throws(PeerConnectionError) {
        guard state != .closed else { throw .closed }
        let offer = try parse(sdp)
        let transport = try remoteTransport(of: offer)
        try checkFingerprints(transport.fingerprints)
        try checkSections(of: offer)
        giveUpOffer()
        for (index, remote) in offer.media.enumerated() {
            if index >= sections.count {
                sections.append(adopt(remote, direction: offer.direction(of: remote)))
            } else if !fits(remote, sections[index]) {
                if case .media(let stopped) = sections[index] { stop(stopped) }
                sections[index] = .unsupported(remote)
                sections[index] = adopt(remote, direction: offer.direction(of: remote))
            }
        }
        if isDTLSClient == nil { isDTLSClient = Negotiation.answeredSetup(to: transport.setup) == .active }
        applyTransport(transport, isOffer: true, isLite: offer.isICELite, at: now)
        apply(offer)
        remoteOffer = offer
        settle(at: now)
    }

    /// Applies the answer to our open offer.
    public mutating func setRemoteAnswer(_ sdp: String, at now: Instant) throws(PeerConnectionError) {
        guard state != .closed else { throw .closed }
        guard let offer = pendingOffer else { throw .noOffer }
        let answer = try parse(sdp)
        let transport = try remoteTransport(of: answer)
        try checkFingerprints(transport.fingerprints)
        guard answer.media.count == offer.description.media.count else {
            throw .mismatchedAnswer(
                "\(answer.media.count) sections to \(offer.description.media.count) that were offered")
        }
        for (ours, theirs) in zip(offer.description.media, answer.media) {
            guard ours.kind == theirs.kind else {
                throw .mismatchedAnswer("section \(ours.mid ?? "?") is \(theirs.kind), we offered \(ours.kind)")
            }
            guard theirs.mid == nil || theirs.mid == ours.mid else {
                throw .mismatchedAnswer("section \(ours.mid ?? "?") is called \(theirs.mid ?? "?")")
            }
        }
        pendingOffer = nil
        if isDTLSClient == nil { isDTLSClient = transport.setup == .passive }
        applyTransport(transport, isOffer: false, isLite: answer.isICELite, at: now)
        apply(answer)
        beginTransport(at: now)
        openChannelsIfReady(at: now)
        settle(at: now)
    }

    /// Whether an offer of ours waits for its answer.
    public var hasPendingOffer: Bool { pendingOffer != nil }

    // MARK: Transport

    struct RemoteTransport {
        var credentials: ICECredentials
        var fingerprints: [String]
        var setup: DTLSSetup?
        var candidates: [String]
    }

    private func parse(_ sdp: String) throws(PeerConnectionError) -> SessionDescription {
        do {
            return try SessionDescription(parsing: sdp)
        } catch {
            throw .malformedDescription("\(error)")
        }
    }

    private func remoteTransport(of description: SessionDescription) throws(PeerConnectionError) -> RemoteTransport {
        guard let section = description.media.first(where: { !$0.isRejected }) ?? description.media.first else {
            throw .missing("a media section")
        }
        guard let ice = description.iceCredentials(of: section) else { throw .missing("ice-ufrag and ice-pwd") }
        let fingerprints = description.fingerprints(of: section)
        guard !fingerprints.isEmpty else { throw .missing("a fingerprint") }
        return RemoteTransport(
            credentials: ICECredentials(ufrag: ice.ufrag, password: ice.password), fingerprints: fingerprints,
            setup: description.setup(of: section), candidates: description.media.flatMap(\.candidates))
    }

    private func checkFingerprints(_ fingerprints: [String]) throws(PeerConnectionError) {
        let normal = Set(fingerprints.map { $0.uppercased() })
        guard remoteFingerprints.isEmpty || !normal.isDisjoint(with: remoteFingerprints.map { $0.uppercased() }) else {
            throw .fingerprintChanged
        }
    }

    private mutating func applyTransport(_ remote: RemoteTransport, isOffer: Bool, isLite: Bool, at now: Instant) {
        // A full agent controls a lite one, whoever offered (RFC 8445 §6.1.1).
        if isLite, ice.role == .controlled { ice.setRole(.controlling) }
        if remoteFingerprints.isEmpty { remoteFingerprints = remote.fingerprints }
        if ice.remoteCredentials != remote.credentials {
            // New credentials in an offer restart ICE on both sides (RFC 8445 §9).
            if isOffer, ice.remoteCredentials != nil { _ = ice.restart(at: now) }
            ice.setRemote(credentials: remote.credentials, isLite: isLite, at: now)
        }
        for line in remote.candidates {
            // A candidate that cannot be read is one way less to reach the other side, not a reason to give up.
            if let candidate = try? ICECandidate(parsing: line) { ice.addRemoteCandidate(candidate, at: now) }
        }
        if state == .new { change(to: .connecting) }
    }

    // MARK: Sections

    /// Sections keep their number, order, kind and name, but for those that were rejected (RFC 8829 §5.2.2).
    private func checkSections(of offer: SessionDescription) throws(PeerConnectionError) {
        let agreed = pendingOffer?.firstNewSection ?? sections.count
        guard offer.media.count >= agreed else {
            throw .mismatchedOffer("it has \(offer.media.count) sections, the last one had \(agreed)")
        }
        for index in 0..<agreed where !rejectedSections.contains(index) {
            let remote = offer.media[index]
            guard fits(remote, sections[index]) else {
                throw .mismatchedOffer(
                    "section \(index) is \(remote.kind) '\(remote.mid ?? "")', and was another before")
            }
        }
    }

    /// Whether a remote section is the one that we know under its place. One that is turned down need not be named.
    private func fits(_ remote: MediaDescription, _ section: Section) -> Bool {
        let mid: String?
        switch section {
        case .unsupported(let known):
            guard remote.kind == known.kind else { return false }
            mid = known.mid
        case .data(let known):
            guard remote.isDataChannel else { return false }
            mid = known
        case .media(let index):
            guard remote.mediaKind == transceivers[index].kind else { return false }
            mid = transceivers[index].mid
        }
        return remote.mid == mid || (remote.isRejected && remote.mid == nil)
    }

    /// Takes back what only an open offer of ours has named (RFC 8829 §4.1.10.2).
    private mutating func giveUpOffer() {
        guard let pending = pendingOffer else { return }
        for section in sections[pending.firstNewSection...] {
            if case .media(let index) = section { transceivers[index].mid = nil }
        }
        sections.removeLast(sections.count - pending.firstNewSection)
        pendingOffer = nil
    }

    /// Applies the sections of a description, which are as many as ours.
    private mutating func apply(_ description: SessionDescription) {
        rejectedSections = []
        for (index, remote) in description.media.enumerated() where sections.indices.contains(index) {
            apply(remote, of: description, to: sections[index])
            if isRejected(remote, sections[index]) { rejectedSections.insert(index) }
        }
    }

    private func isRejected(_ remote: MediaDescription, _ section: Section) -> Bool {
        switch section {
        case .unsupported: true
        case .data: remote.isRejected
        case .media(let index): transceivers[index].negotiated == nil
        }
    }

    /// The section for a remote one that is new: a waiting transceiver of the kind, or one that only receives. A track
    /// waits for a section in which the other side receives (RFC 8829 §5.10).
    private mutating func adopt(_ remote: MediaDescription, direction: MediaDirection) -> Section {
        if remote.isDataChannel, !sections.contains(where: \.isData), let mid = remote.mid {
            return .data(mid: mid)
        }
        guard let kind = remote.mediaKind, let mid = remote.mid else { return .unsupported(remote) }
        let waiting = transceivers.firstIndex {
            $0.isWaiting && $0.kind == kind && ($0.track == nil || direction.receives)
        }
        if let waiting {
            transceivers[waiting].mid = mid
            return .media(waiting)
        }
        // Places of stopped ones are free; those that wait for an offer of ours count as well.
        guard transceivers.count < SessionDescription.maximumSections || transceivers.contains(where: \.isStopped)
        else { return .unsupported(remote) }
        let id = addTransceiver(kind, direction: .recvonly)
        transceivers[id.index].mid = mid
        return .media(id.index)
    }

    private mutating func apply(_ remote: MediaDescription, of description: SessionDescription, to section: Section) {
        switch section {
        case .unsupported: break
        case .data:
            guard !remote.isRejected else { return }
            let limit = remote.maximumMessageSize ?? 65_536
            channels.remoteMaximumMessageSize = limit == 0 ? .max : Int(clamping: limit)
            channels.isNegotiated = true
        case .media(let index): apply(remote, of: description, toMedia: index)
        }
    }

    private mutating func apply(_ remote: MediaDescription, of description: SessionDescription, toMedia index: Int) {
        let kind = transceivers[index].kind
        let direction = description.direction(of: remote)
        let agreed = Negotiation.negotiate(
            capabilities(of: kind), with: remote, wanted: transceivers[index].wanted, remoteDirection: direction)
        transceivers[index].negotiated = agreed
        media.forgetFormats()
        var announced: RemoteTrack?
        if let agreed, let mid = transceivers[index].mid, direction.sends, agreed.direction.receives {
            let source = remote.mediaSources.first
            // A section that sends without naming a source or a track carries nothing yet.
            if remote.msid != nil || source != nil {
                announced = RemoteTrack(
                    mid: mid, kind: kind, streamID: remote.msid?.streamID ?? "", trackID: remote.msid?.trackID ?? "",
                    ssrc: source?.ssrc, rtxSSRC: source?.rtxSSRC,
                    codecs: Self.described(agreed.codecs, by: remote.codecs))
            }
        }
        register(agreed, remote: remote, index: index, announced: announced)
    }

    /// What comes is what the remote side describes, its parameter sets among it, and not what we answer.
    private static func described(_ agreed: [Codec], by remote: [Codec]) -> [Codec] {
        agreed.map { codec in
            guard codec.isNamed("H264"), let theirs = remote.first(where: { $0.payloadType == codec.payloadType })
            else { return codec }
            var codec = codec
            codec.parameters = theirs.parameters
            return codec
        }
    }

    private mutating func register(
        _ agreed: NegotiatedMedia?, remote: MediaDescription, index: Int, announced: RemoteTrack?
    ) {
        let previous = transceivers[index].remoteTrack
        transceivers[index].remoteTrack = announced
        updateRoutes(remote, index: index)
        if let previous, announced == nil || announced?.isSameSource(as: previous) == false {
            events.append(.event(.trackRemoved(previous)))
        }
        if let announced, previous == nil || previous?.isSameSource(as: announced) == false {
            events.append(.event(.trackAdded(announced)))
        }
    }
}
