import NIOCore
import SansIO

extension PeerConnection {
    /// Whether there is a path for DTLS; before that its datagrams and its timer wait.
    var canSendDTLS: Bool { ice.hasSelectedPair }

    /// Starts DTLS once both descriptions are known and a path is there.
    mutating func beginTransport(at now: Instant) {
        guard dtls == nil, let isClient = isDTLSClient, !remoteFingerprints.isEmpty, state != .closed else { return }
        do {
            let fingerprints = remoteFingerprints.compactMap { try? DTLSFingerprint(parsing: $0) }
            dtls = try DTLSTransport(
                identity: configuration.identity, role: isClient ? .client : .server,
                remoteFingerprints: fingerprints, configuration: configuration.dtls)
        } catch {
            fail("DTLS cannot start: \(error)")
        }
    }

    mutating func receiveDTLS(_ datagram: Datagram, at now: Instant) {
        // A hello that is faster than the answer that brings the fingerprint is sent again by the other side.
        guard let dtls else { return }
        if dtls.state == .connected {
            // What nobody would drain is not taken: ICE has failed, and a restart may be long in coming.
            guard canSendDTLS else { return }
        } else if !ice.knows(datagram.remote) {
            // A hello of anyone's would be taken for the peer's, and the peer's own then refused.
            media.statistics.strangers &+= 1
            return
        }
        dtls.receive(datagram.payload, at: now)
    }

    /// Data that comes in a burst is answered once in this many datagrams rather than at every second one (RFC 9260
    /// §6.2), as after TCP's receive offload: bursts wait in the socket only where packets come faster than they are
    /// taken. An acknowledgement for more would starve senders, which may follow it with four packets (§6.1 D).
    private static let longestWait = 4

    /// Whether the answer to a datagram of DTLS may wait for the next one, or for the poll that ends the burst.
    mutating func mayWait(since now: Instant) -> Bool {
        guard state == .connected, channels.isConnecting else { return false }
        _ = drainDTLS(at: now)
        unsettledSince = now
        unsettledDatagrams += 1
        return unsettledDatagrams < Self.longestWait && !channels.data.isUrgent
    }

    /// Moves what the layers have to say between them, until all are quiet. Ends every call from outside, but for
    /// `mayWait`.
    mutating func settle(at now: Instant) {
        unsettledSince = nil
        unsettledDatagrams = 0
        var moved = true
        while moved {
            moved = drainICE(at: now)
            moved = drainDTLS(at: now) || moved
            moved = drainData(at: now) || moved
        }
    }

    // MARK: ICE

    @discardableResult
    mutating func drainICE(at now: Instant) -> Bool {
        var moved = false
        while let output = ice.pollOutput() {
            moved = true
            switch output {
            case .transmit(let datagram): events.append(.transmit(datagram))
            case .event(.stateChanged(let state)): iceChanged(to: state, at: now)
            case .event(.selectedPairChanged(let local, let remote)):
                events.append(.event(.pathChanged(local: local, remote: remote)))
                pathIsThere(at: now)
            case .event(.answeredAgain): channels.data.remindPeer(at: now)
            case .event(.roleChanged): break
            }
        }
        return moved
    }

    private mutating func pathIsThere(at now: Instant) {
        beginTransport(at: now)
        // A server then waits for the hello, but not for ever.
        if dtls?.state == .new { dtls?.start(at: now) }
        channels.data.remindPeer(at: now)
    }

    private mutating func iceChanged(to ice: ICEAgent.State, at now: Instant) {
        // DTLS that has ended stays so, whatever becomes of the path.
        if dtls?.state == .closed || dtls?.state == .failed { return }
        switch ice {
        case .connected:
            if dtls?.state == .connected {
                // Back after a gap: what waited is sent at once instead of at the next retransmission.
                channels.data.pathResumed(at: now)
                change(to: .connected)
            }
        case .disconnected: if state == .connected { change(to: .disconnected) }
        case .failed:
            events.append(.event(.failure("ICE found no working pair\n\(self.ice.pairTable())")))
            change(to: .failed)
        case .checking:
            // A restart whose old pair has fallen silent is no connection.
            if state == .connected { change(to: .disconnected) }
            if state == .failed || state == .new { change(to: .connecting) }
        case .new, .closed: break
        }
    }

    // MARK: DTLS

    private mutating func drainDTLS(at now: Instant) -> Bool {
        guard canSendDTLS, let dtls, dtls.hasOutput, let pair = ice.selectedPair else { return false }
        while let output = dtls.pollOutput() {
            switch output {
            case .transmit(let payload):
                events.append(.transmit(Datagram(local: pair.local, remote: pair.remote, payload: payload)))
            case .event(let event): handle(event, at: now)
            }
        }
        return true
    }

    mutating func handle(_ event: DTLSTransport.Event, at now: Instant) {
        switch event {
        case .connected(let keys):
            if let keys { install(keys, at: now) }
            guard !isBroken else { return }
            change(to: .connected)
            openChannelsIfReady(at: now)
        case .applicationData(let packet):
            openChannelsIfReady(at: now)
            channels.data.receive(packet, at: now)
        case .closed: fail("the peer closed DTLS")
        case .failed(let error): fail("DTLS: \(error)")
        }
    }

    private mutating func install(_ keys: SRTPKeyingMaterial, at now: Instant) {
        guard let role = dtls?.role else { return }
        let (sending, receiving) = (keys.sending(as: role), keys.receiving(as: role))
        do {
            outbound = try SRTPContext(profile: keys.profile, masterKey: sending, engine: configuration.srtpEngine)
            inbound = try SRTPContext(profile: keys.profile, masterKey: receiving, engine: configuration.srtpEngine)
        } catch {
            return fail("SRTP cannot start: \(error)")
        }
        media.begin(at: now)
        let waiting = held
        held = []
        for packet in waiting {
            if PacketKind(packet) == .rtcp { receiveRTCP(packet, at: now) } else { receiveRTP(packet, at: now) }
        }
    }

    mutating func fail(_ reason: String) {
        guard state != .closed else { return }
        isBroken = true
        guard state != .failed else { return }
        events.append(.event(.failure(reason)))
        change(to: .failed)
    }
}
