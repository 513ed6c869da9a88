import NIOCore
import SansIO

/// The four-way handshake (RFC 9260 §5.1), begun by either side or both, and the restart of a peer (§5.2).
extension SCTPAssociation {
    private func makeInit(tag: UInt32, initialTSN: TSN) -> InitChunk {
        InitChunk(
            initiateTag: tag, advertisedWindow: UInt32(clamping: options.receiveWindow),
            outboundStreams: options.streams, inboundStreams: options.streams, initialTSN: initialTSN,
            parameters: [
                .forwardTSNSupported,
                .supportedExtensions([ChunkType.forwardTSN.rawValue, ChunkType.reconfiguration.rawValue]),
            ])
    }

    mutating func sendInit() {
        let chunk = Chunk.initiation(makeInit(tag: localTag, initialTSN: localInitialTSN))
        packets.append(SCTPPacket(header: header(tag: 0), chunks: [chunk]).serialized())
        armControlTimer()
    }

    private mutating func sendCookieEcho() {
        control.append(.cookieEcho(CookieEchoChunk(cookie: peerCookie)))
        armControlTimer()
    }

    /// T1 ran out: says the same again.
    mutating func handshakeTimedOut() {
        if let limit = options.maximumInitRetransmissions, controlAttempts > limit {
            end(.failed(.handshakeTimedOut))
        } else if state == .cookieWait {
            sendInit()
        } else {
            sendCookieEcho()
        }
    }

    // MARK: INIT

    mutating func receive(initiation chunk: InitChunk) {
        guard chunk.initiateTag != 0 else { return discard() }
        guard chunk.inboundStreams > 0, chunk.outboundStreams > 0 else {
            let abort = Chunk.abort(AbortChunk(causes: [ErrorCause(.invalidMandatoryParameter)]))
            packets.append(SCTPPacket(header: header(tag: chunk.initiateTag), chunks: [abort]).serialized())
            return
        }
        switch state {
        case .ended: return discard()
        case .shutdownAckSent: return control.append(.shutdownAck)
        default: break
        }
        let peer = PeerParameters(chunk)
        let isOpening = state == .closed || state == .cookieWait || state == .cookieEchoed
        let own = (tag: localTag, initialTSN: localInitialTSN)
        let entry = cookies.entry(
            for: peer, tieTags: isOpening ? (0, 0) : (localTag, peerTag), expiry: now + options.cookieLifetime,
            random: &random
        ) { random in
            // While opening, both handshakes lead to one association, so both carry the same tag (§5.2.1).
            if isOpening { return own }
            return (Self.makeTag(&random), TSN(rawValue: UInt32(truncatingIfNeeded: random.next())))
        }
        var answer = makeInit(tag: entry.localTag, initialTSN: entry.localInitialTSN)
        answer.parameters.insert(.stateCookie(entry.cookie), at: 0)
        for parameter in chunk.parametersToReport.prefix(4) {
            var whole = ByteBuffer()
            parameter.write(into: &whole)
            if whole.readableBytes <= 64 { answer.parameters.append(.unrecognized(whole)) }
        }
        let packet = SCTPPacket(header: header(tag: peer.tag), chunks: [.initiationAck(answer)])
        packets.append(packet.serialized())
    }

    mutating func receive(initiationAck chunk: InitChunk) {
        guard state == .cookieWait else { return discard() }
        guard chunk.initiateTag != 0 else { return discard() }
        peerTag = chunk.initiateTag
        guard chunk.inboundStreams > 0, chunk.outboundStreams > 0 else {
            return abort(
                ErrorCause(.invalidMandatoryParameter),
                reporting: .failed(.protocolViolation("INIT ACK without streams")))
        }
        guard let cookie = chunk.cookie, cookie.readableBytes <= options.maximumPacketBytes - 64 else {
            return abort(
                .missing(parameter: 7), reporting: .failed(.protocolViolation("INIT ACK without a usable cookie")))
        }
        peerCookie = cookie
        adopt(PeerParameters(chunk))
        state = .cookieEchoed
        controlAttempts = 0
        sendCookieEcho()
        let unknown = chunk.parametersToReport.prefix(4)
        guard !unknown.isEmpty else { return }
        var report = ByteBuffer()
        for parameter in unknown { parameter.write(into: &report) }
        if report.readableBytes <= 256 {
            control.append(.error(ErrorChunk(causes: [ErrorCause(.unrecognizedParameters, information: report)])))
        }
    }

    // MARK: Cookies

    mutating func receive(cookieEcho chunk: CookieEchoChunk, tag: UInt32) {
        guard state != .ended, let entry = cookies.find(chunk.cookie), tag == entry.localTag else { return discard() }
        let isSameLocal = entry.localTag == localTag
        let isSamePeer = entry.peer.tag == peerTag
        guard entry.expiry > now || (isSameLocal && isSamePeer) else {
            let error = Chunk.error(
                ErrorChunk(causes: [ErrorCause(.staleCookie, information: ByteBuffer(integer: UInt32(0)))]))
            packets.append(SCTPPacket(header: header(tag: entry.peer.tag), chunks: [error]).serialized())
            return
        }
        // Actions A to D of §5.2.4.
        switch (isSameLocal, isSamePeer) {
        case (true, true): acknowledgeCookie()
        case (true, false):
            guard state == .closed || state == .cookieWait || state == .cookieEchoed else { return discard() }
            adopt(entry.peer)
            acknowledgeCookie()
        case (false, false) where entry.tieTags == (localTag, peerTag): restart(entry)
        default: discard()
        }
    }

    mutating func receiveCookieAck() {
        if state == .cookieEchoed { establish() }
    }

    /// The peer found our cookie too old: begins again (§5.2.6).
    mutating func receiveStaleCookie() {
        guard state == .cookieEchoed else { return }
        state = .cookieWait
        peerTag = 0
        control.removeAll()
        sendInit()
    }

    private mutating func acknowledgeCookie() {
        switch state {
        case .closed, .cookieWait, .cookieEchoed:
            // A COOKIE ECHO of our own that waits to go out has become needless.
            control.removeAll()
            control.append(.cookieAck)
            establish()
        default: control.append(.cookieAck)
        }
    }

    private mutating func adopt(_ peer: PeerParameters) {
        peerTag = peer.tag
        peerStreams = min(peer.inboundStreams, options.streams)
        receiver = SCTPReceiver(initialTSN: peer.initialTSN, options: options)
        sender.start(peerWindow: peer.window, supportsAbandoning: peer.supportsForwardTSN)
        reconfiguration.start(localInitialTSN: localInitialTSN, peer: peer)
        for stream in reconfiguration.takeUnsupported() { refuseReset(of: stream) }
    }

    /// The peer lost its state and began anew (§5.2.4.1).
    private mutating func restart(_ entry: CookieJar.Entry) {
        guard state != .shutdownAckSent else {
            control.append(.shutdownAck)
            return
        }
        localTag = entry.localTag
        localInitialTSN = entry.localInitialTSN
        resetSender()
        reconfiguration = StreamReconfiguration()
        adopt(entry.peer)
        control.removeAll()
        control.append(.cookieAck)
        state = .established
        controlTimer = nil
        heartbeat.postpone(at: now)
        events.append(.restarted)
    }

    mutating func establish() {
        state = .established
        controlTimer = nil
        controlAttempts = 0
        heartbeat.postpone(at: now)
        events.append(.connected)
    }
}
