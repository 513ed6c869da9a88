import LiveKit
import NIOCore
import RTCCore
import RTCNetwork
import SansIO

/// The peer connections of one participant: the client publishes over one and is sent to over the other, or both over a
/// single one, on which it makes all offers.
final class ParticipantMedia {
    let sid: ParticipantSID
    let publisher: PeerConnectionDriver
    /// The same one where it is single.
    let subscriber: PeerConnectionDriver
    let isSingle: Bool
    unowned let plane: MediaPlane

    // Publishing.
    private var uptracks: [String: Uptrack] = [:]
    private var layouts: [String: SimulcastLayout] = [:]
    private var labels: [DataChannelID: String] = [:]

    // Subscribing.
    private var downtracks: [Downtrack] = []
    /// Tracks that were taken away and are sent their last frames.
    private var ending: [Downtrack] = []
    /// Sections that nothing is sent in: their track is gone, or they wait for one.
    private var idle: [(isVideo: Bool, id: TransceiverID)] = []
    /// Those of a single connection that were found, so that each is prepared once.
    private var prepared: Set<TransceiverID> = []
    /// What the offer under way tells the client of.
    private var offered: [Downtrack] = []
    private var channels = OutgoingChannels()

    /// Candidates that were gathered, and the first section of the description that they belong to.
    private var candidates: [Livekit_SignalTarget: [String]] = [:]
    private var described: [Livekit_SignalTarget: String] = [:]
    private var trickled: Set<Livekit_SignalTarget> = []
    private var farewell: Scheduled<Void>?
    /// Why a connection failed, for the log.
    private var reasons: [Livekit_SignalTarget: String] = [:]
    private var isClosed = false

    init(_ sid: ParticipantSID, isSingle: Bool, plane: MediaPlane) {
        self.sid = sid
        self.isSingle = isSingle
        self.plane = plane
        publisher = Self.makeDriver(plane, isPublisher: true)
        subscriber = isSingle ? publisher : Self.makeDriver(plane, isPublisher: false)
    }

    private static func makeDriver(_ plane: MediaPlane, isPublisher: Bool) -> PeerConnectionDriver {
        var configuration = PeerConnection.Configuration(identity: plane.identity)
        // What the real server's ICE does: disconnected after 10 s, failed 5 s later.
        configuration.ice.disconnectedTimeout = .seconds(10)
        configuration.ice.consentTimeout = .seconds(15)
        configuration.video.codecs += MediaCapabilities.forwardedVideo
        if isPublisher {
            configuration.acceptLayers()
        } else {
            // A subscriber tells its tracks apart by their sources alone.
            configuration.audio.extensions = []
            configuration.video.extensions = []
        }
        let connection = PeerConnection(configuration: configuration, random: plane.random)
        return PeerConnectionDriver(connection: connection, eventLoop: plane.eventLoop)
    }

    func open() {
        let all = [(publisher, Livekit_SignalTarget.publisher), (subscriber, .subscriber)]
        for (driver, target) in isSingle ? Array(all.prefix(1)) : all {
            driver.onEvent = { [unowned self] event in
                if target == .publisher { handlePublisher(event) } else { handleSubscriber(event) }
            }
            driver.dropsDatagram = { [unowned self] _ in plane.drops(sid) }
            let isolated = NIOLoopBound(self, eventLoop: plane.eventLoop)
            driver.gatherHostCandidates(plane.addresses).whenComplete { result in
                isolated.value.gathered(result, target)
            }
        }
        if !isSingle { channels.open(on: subscriber) }
    }

    func close() {
        isClosed = true
        farewell?.cancel()
        for downtrack in downtracks + ending { downtrack.endBlanks() }
        publisher.close()
        subscriber.close()
    }

    private func report(_ event: MediaEvent) {
        guard !isClosed else { return }
        plane.onEvent?(sid, event)
    }

    // MARK: Negotiation

    func answer(_ offer: String, id: UInt32, withoutRED plain: Set<String>, codecs: [String: String]) {
        readLayouts(offer)
        do {
            let answer = try publisher.perform { connection, now throws(PeerConnectionError) in
                try connection.setRemoteOffer(offer, at: now)
                if isSingle { findIdle(in: offer, &connection) }
                return try connection.createAnswer(at: now)
            }
            let preferred = CodecPreference.apply(
                to: REDPreference.apply(to: answer, of: offer, except: plain), of: offer, codecs)
            if isSingle {
                let (tracks, missing) = sections()
                report(.answered(answer: preferred, id: id, tracks: tracks, missing: missing))
                begin(downtracks.filter { tracks.values.contains($0.track.sid) })
            } else {
                report(.answered(answer: preferred, id: id))
            }
            describe(.publisher, by: answer)
        } catch {
            plane.log("\(sid): the publisher's offer failed: \(error)")
            report(.negotiationFailed(.publisher, reason: "\(error)"))
        }
    }

    /// How the sections of an offer tell layers apart, before their tracks are announced.
    private func readLayouts(_ offer: String) {
        guard let description = try? SessionDescription(parsing: offer) else { return }
        for section in description.media where section.mediaKind == .video {
            guard let mid = section.mid else { continue }
            layouts[mid] = SimulcastLayout(section)
            uptracks[mid]?.layout = layouts[mid] ?? .none
        }
    }

    /// The client's sections that only receive, and in which nothing is sent yet.
    private func findIdle(in offer: String, _ connection: inout PeerConnection) {
        guard let description = try? SessionDescription(parsing: offer) else { return }
        let used = Set((downtracks + ending).map(\.transceiver))
        idle = description.media.compactMap { section in
            guard !section.isRejected, let kind = section.mediaKind, let mid = section.mid,
                description.direction(of: section) == .recvonly, let id = connection.transceiver(mid: mid)
            else { return nil }
            let isNew = prepared.insert(id).inserted
            guard !used.contains(id) else { return nil }
            // As the real server does, a section that waits for its first track is answered as if one came.
            if isNew { try? connection.setTrack(nil, direction: .sendonly, on: id) }
            return (kind == .video, id)
        }
    }

    /// What is sent in the sections of a single connection, and the sections that are missing for the rest.
    private func sections() -> (tracks: [String: TrackSID], missing: SectionCount) {
        var tracks: [String: TrackSID] = [:]
        var missing = SectionCount.none
        for downtrack in downtracks {
            if let mid = subscriber.perform({ connection, _ in connection.mid(of: downtrack.transceiver) }) {
                tracks[mid] = downtrack.track.sid
            } else if downtrack.track.isVideo {
                missing.video += 1
            } else {
                missing.audio += 1
            }
        }
        return (tracks, missing)
    }

    func countSections() { report(.sectionsCounted(missing: sections().missing)) }

    /// The client has been told of these: what is published may be sent on, beginning with what can be decoded.
    private func begin(_ told: [Downtrack]) {
        for downtrack in told { downtrack.negotiated() }
    }

    func makeOffer(restartsICE: Bool) {
        do {
            let offer = try subscriber.perform { connection, now throws(PeerConnectionError) in
                try connection.createOffer(iceRestart: restartsICE, at: now)
            }
            var tracks: [String: TrackSID] = [:]
            for downtrack in downtracks {
                let mid = subscriber.perform { connection, _ in connection.mid(of: downtrack.transceiver) }
                if let mid { tracks[mid] = downtrack.track.sid }
            }
            offered = downtracks
            report(.offered(sdp: offer, tracks: tracks))
            if restartsICE { trickled.remove(.subscriber) }
            describe(.subscriber, by: offer)
        } catch {
            plane.log("\(sid): no offer could be made: \(error)")
            report(.negotiationFailed(.subscriber, reason: "\(error)"))
        }
    }

    func accept(_ answer: String) {
        do {
            try subscriber.perform { connection, now throws(PeerConnectionError) in
                try connection.setRemoteAnswer(answer, at: now)
            }
            begin(offered)
        } catch {
            plane.log("\(sid): the subscriber's answer failed: \(error)")
            report(.negotiationFailed(.subscriber, reason: "\(error)"))
        }
    }

    func addCandidate(_ candidate: String, _ target: Livekit_SignalTarget) {
        let driver = target == .subscriber ? subscriber : publisher
        do {
            try driver.perform { connection, now throws(PeerConnectionError) in
                try connection.addRemoteCandidate(candidate, at: now)
            }
        } catch {
            plane.log("\(sid): a candidate was not taken: \(error)")
        }
    }

    private func gathered(_ result: Result<[ICECandidate], any Error>, _ target: Livekit_SignalTarget) {
        guard !isClosed else { return }
        switch result {
        case .success(let found):
            candidates[target] = found.map(\.attributeValue)
            trickle(target)
        case .failure(let error):
            plane.log("\(sid): \(error)")
            report(.failed(target))
        }
    }

    private func describe(_ target: Livekit_SignalTarget, by sdp: String) {
        described[target] = (try? SessionDescription(parsing: sdp))?.media.first?.mid ?? "0"
        trickle(target)
    }

    /// Sends the candidates once, when they are there and the client has the description.
    private func trickle(_ target: Livekit_SignalTarget) {
        guard let mid = described[target], let found = candidates[target], trickled.insert(target).inserted else {
            return
        }
        for (index, candidate) in found.enumerated() {
            let json = CandidateInit.json(candidate, mid: mid)
            report(.candidate(json, target, isFinal: index == found.count - 1))
        }
    }

    // MARK: Publishing

    private func handlePublisher(_ event: PeerConnection.Event) {
        switch event {
        case .rtp(let received): receive(received)
        case .trackAdded(let track):
            uptracks[track.mid] = Uptrack(layout: layouts[track.mid] ?? .none)
            report(.trackAnnounced(mid: track.mid, clientID: track.trackID, isVideo: track.kind == .video))
        case .trackRemoved(let track):
            uptracks[track.mid] = nil
            report(.trackEnded(mid: track.mid))
        case .dataChannelOpened(let handle, let label):
            labels[handle] = label
            if isSingle { channels.adopt(handle, label: label, on: publisher) }
        case .keyFrameRequested(let id, _): keyFrameRequested(id)
        case .dataChannelMessage(let handle, _, let message):
            switch labels[handle] {
            case OutgoingChannels.reliable: report(.data(message, isReliable: true))
            case OutgoingChannels.lossy: report(.data(message, isReliable: false))
            default: break
            }
        default: handleState(event, .publisher)
        }
    }

    private func receive(_ received: ReceivedRTP) {
        guard let uptrack = uptracks[received.mid] else { return }
        let wasSilent = !uptrack.hasStarted
        let layer = uptrack.layer(of: received) { ssrc in
            publisher.perform { connection, _ in connection.streamID(ofSource: ssrc) }
        }
        guard let layer else { return }
        if wasSilent { report(.trackStarted(mid: received.mid, mimeType: received.mimeType)) }
        guard received.kind == .video else {
            let packet = UptrackPacket(received: received, track: uptrack, layer: layer, live: [layer], facts: nil)
            if !uptrack.isMuted { plane.forward(packet, from: sid) }
            return
        }
        tellEstimate(uptrack, at: received.arrival)
        // What is not what its codec says would be nothing to a subscriber either.
        guard let facts = PictureFacts(received.packet.payload, of: received.codec) else { return }
        uptrack.count(facts, layer: layer, at: received.arrival)
        let packet = UptrackPacket(
            received: received, track: uptrack, layer: layer, live: uptrack.live(at: received.arrival), facts: facts)
        if !uptrack.isMuted { plane.forward(packet, from: sid) }
    }

    /// Nothing is estimated: each publisher may send so much, which is room for all layers of a camera.
    private static let estimate: UInt64 = 10_000_000

    private func tellEstimate(_ uptrack: Uptrack, at now: Instant) {
        guard uptrack.mayTellEstimate(at: now) else { return }
        let sources = uptracks.values.flatMap(\.activeSources)
        publisher.perform { connection, now in
            connection.sendBandwidthEstimate(Self.estimate, mediaSSRCs: sources, at: now)
        }
    }

    /// - Returns: whether that is news.
    func setMuted(_ isMuted: Bool, mid: String) -> Bool {
        guard let uptrack = uptracks[mid], uptrack.isMuted != isMuted else { return false }
        uptrack.isMuted = isMuted
        return true
    }

    func requestKeyFrame(mid: String, layer: Int) {
        guard let uptrack = uptracks[mid], let source = uptrack.source(of: layer),
            uptrack.mayAskForKeyFrame(of: layer, at: .onEventLoop)
        else { return }
        publisher.perform { connection, now in connection.sendPictureLossIndication(mediaSSRC: source, at: now) }
    }

    // MARK: Subscribing

    func subscribe(to track: ForwardedTrack) {
        let local = LocalTrack(streamID: "\(track.publisher)|\(track.sid)", trackID: track.sid)
        let index = idle.firstIndex { $0.isVideo == track.isVideo }
        let id = subscriber.perform { connection, _ -> TransceiverID? in
            guard let index else {
                return connection.addTransceiver(track.isVideo ? .video : .audio, direction: .sendrecv, track: local)
            }
            let id = idle.remove(at: index).id
            // The section exists, for it came from this connection.
            return (try? connection.setTrack(local, direction: .sendrecv, on: id)).map { id }
        }
        guard let id else { return }
        downtracks.append(Downtrack(track, transceiver: id, random: &plane.random))
    }

    func unsubscribe(from track: TrackSID) {
        guard let index = downtracks.firstIndex(where: { $0.track.sid == track }) else { return }
        let downtrack = downtracks.remove(at: index)
        ending.append(downtrack)
        downtrack.sendBlanks(for: BlankFrame.atEnd, over: subscriber) { [weak self, weak downtrack] in
            if let downtrack { self?.free(downtrack) }
        }
    }

    private func free(_ downtrack: Downtrack) {
        ending.removeAll { $0 === downtrack }
        subscriber.perform { connection, _ in
            try? connection.setTrack(nil, direction: .recvonly, on: downtrack.transceiver)
        }
        idle.append((downtrack.track.isVideo, downtrack.transceiver))
        report(.unsubscribed(downtrack.track.sid))
    }

    func publisherMuted(_ isMuted: Bool, _ publisher: ParticipantSID, mid: String) {
        for downtrack in downtracks
        where downtrack.track.publisher == publisher && downtrack.track.publisherMID == mid {
            downtrack.mute()
            if isMuted, !downtrack.track.isVideo { downtrack.sendBlanks(for: BlankFrame.afterMute, over: subscriber) }
        }
    }

    func setPaused(_ isPaused: Bool, _ track: TrackSID) {
        downtracks.first { $0.track.sid == track }?.pause(isPaused)
    }

    func setWish(_ wish: VideoWish, _ track: TrackSID) {
        downtracks.first { $0.track.sid == track }?.wish = wish
    }

    func forward(_ packet: UptrackPacket, from publisher: ParticipantSID) {
        for downtrack in downtracks
        where downtrack.track.publisher == publisher && downtrack.track.publisherMID == packet.received.mid {
            let wasStarted = downtrack.hasStarted
            let missing = subscriber.perform { connection, now in
                downtrack.forward(packet, over: &connection, at: now)
            }
            if let missing { plane.requestKeyFrame(of: downtrack.track, layer: missing) }
            if downtrack.hasStarted, !wasStarted, downtrack.track.isVideo {
                report(.streamStarted(downtrack.track.sid))
            }
        }
    }

    func send(_ packet: ByteBuffer, isReliable: Bool) {
        channels.send(packet, isReliable: isReliable, on: subscriber)
    }

    private func handleSubscriber(_ event: PeerConnection.Event) {
        switch event {
        case .dataChannelOpened(let handle, _): channels.opened(handle, on: subscriber)
        case .keyFrameRequested(let id, _): keyFrameRequested(id)
        default: handleState(event, .subscriber)
        }
    }

    private func keyFrameRequested(_ id: TransceiverID) {
        guard let downtrack = downtracks.first(where: { $0.transceiver == id }) else { return }
        plane.requestKeyFrame(of: downtrack.track, layer: downtrack.layer ?? 0)
    }

    // MARK: State

    private func handleState(_ event: PeerConnection.Event, _ target: Livekit_SignalTarget) {
        switch event {
        case .stateChanged(.connected): report(.connected(target))
        case .stateChanged(.failed): failed(target)
        case .failure(let reason): reasons[target] = reason
        default: break
        }
    }

    /// A client that closes its transport is not gone for the real server before ICE has timed out.
    private func failed(_ target: Livekit_SignalTarget) {
        let hasPath = (target == .publisher ? publisher : subscriber).perform { connection, _ in
            connection.selectedPair != nil
        }
        guard hasPath else { return reportFailure(target) }
        let isolated = NIOLoopBound(self, eventLoop: plane.eventLoop)
        farewell = farewell ?? plane.eventLoop.scheduleTask(in: .seconds(15)) { isolated.value.reportFailure(target) }
    }

    private func reportFailure(_ target: Livekit_SignalTarget) {
        plane.log("\(sid): the \(target) connection failed: \(reasons[target] ?? "no reason given")")
        report(.failed(target))
    }
}

extension ReceivedRTP {
    /// As LiveKit names it: `audio/red`, `video/VP8`.
    fileprivate var mimeType: String {
        kind == .video ? "video/\(codec.name.uppercased())" : "audio/\(codec.name.lowercased())"
    }
}
