import NIOCore
import RTCCore
import RTCNetwork
import SansIO

/// The peer connections of one session: one that does everything (v1), or one to publish and one to subscribe (v0).
package final class RoomTransports {
    package enum Role: Hashable {
        case publisher
        case subscriber
    }

    /// What the owner is told, on the loop.
    struct Callbacks {
        var event: (consuming PeerConnection.Event, Role) -> Void
        /// Gives the payload back where the packet's track is not known; then it comes as an event.
        var media: (IncomingMedia, consuming ByteBuffer) -> ByteBuffer?
        /// All media that waited to be read together have been told of.
        var caughtUp: () -> Void
        /// Whether there is a beat at which that is told.
        var beating: (Bool) -> Void
        var offer: (Livekit_SessionDescription) -> Void
        var answer: (Livekit_SessionDescription) -> Void
        var warning: (String) -> Void
    }

    let version: SignalVersion
    let publisher: PeerConnectionDriver
    /// Only in v0.
    let subscriber: PeerConnectionDriver?
    private(set) var reliable: DataChannelID?
    private(set) var lossy: DataChannelID?
    private(set) var openChannels: Set<DataChannelID> = []
    /// One of our channels was closed from the other side, which servers do not do singly: the association began anew.
    private var hasLostChannel = false
    private var isClosed = false
    /// How many of the connections have a beat at which they are read.
    private var beats = 0
    private(set) var lastOffer: Livekit_SessionDescription?
    /// Ours to the server's last offer (v0), or the server's to our last one (v1).
    private(set) var lastAnswer: Livekit_SessionDescription?
    /// Which track the server says a section carries.
    private(set) var trackSIDs: [String: String] = [:]

    /// Whether the sockets are bound, so that descriptions name where we are.
    private(set) var isGathered = false

    /// Sections of one kind that are offered at most over a single peer connection: what a server asks for beyond that
    /// would only make descriptions longer. A track that found none stays without one, also when others end
    /// (livekit-server 1.11), so they are more than the tracks of any interview.
    package static let mostSections = 100

    private let callbacks: Callbacks
    private var sections: [MediaKind: Int] = [:]
    private var offerID: UInt32 = 0
    /// An offer of ours is not answered yet.
    private(set) var isOffering = false
    /// Another offer is wanted as soon as the open one is answered; with it, whether ICE is to restart.
    private var wantsOffer: Bool?

    init(version: SignalVersion, options: RoomOptions, eventLoop: any EventLoop, callbacks: Callbacks) {
        self.version = version
        self.callbacks = callbacks
        let make = { () -> PeerConnectionDriver in
            var configuration = PeerConnection.Configuration(identity: options.identity)
            if options.offersJPEG { configuration.video = .videoWithJPEG }
            configuration.srtpEngine = options.srtpEngine
            // The layers of a camera of ours are told apart by it.
            configuration.video.extensions.append(HeaderExtension(id: 10, uri: HeaderExtension.streamIDURI))
            return PeerConnectionDriver(
                connection: PeerConnection(configuration: configuration, random: .system), eventLoop: eventLoop,
                sharedReading: options.sharedReading)
        }
        publisher = make()
        subscriber = version == .v0 ? make() : nil
        publisher.onEvent = { [weak self] event in self?.handle(event, .publisher) }
        for driver in [publisher, subscriber] {
            driver?.onMedia = { [weak self] media, payload in self?.callbacks.media(media, payload) }
            driver?.onCaughtUp = { [weak self] in self?.callbacks.caughtUp() }
            driver?.onBeating = { [weak self] isBeating in self?.beating(isBeating) }
        }
        subscriber?.onEvent = { [weak self] event in self?.handle(event, .subscriber) }
        publisher.perform { connection, now in
            // A connection that was just made cannot refuse; if it did, nothing could be sent and `ready` would not come.
            reliable = try? connection.openDataChannel(label: "_reliable", at: now)
            lossy = try? connection.openDataChannel(
                label: "_lossy", ordered: false, reliability: .maxRetransmits(0), at: now)
            guard version == .v1 else { return }
            if options.receivesAudio { addSections(.audio, options.readyAudioSections, to: &connection) }
            if options.receivesVideo { addSections(.video, options.readyVideoSections, to: &connection) }
        }
    }

    /// Binds sockets; offers and answers are made after that.
    func gather(_ addresses: [IPAddress]) -> EventLoopFuture<Void> {
        let drivers = [publisher] + (subscriber.map { [$0] } ?? [])
        return EventLoopFuture.andAllSucceed(
            drivers.map { $0.gatherHostCandidates(addresses).map { _ in } }, on: publisher.eventLoop)
    }

    func gathered() { isGathered = true }

    func close() {
        isClosed = true
        publisher.close()
        subscriber?.close()
    }

    private func beating(_ isBeating: Bool) {
        let before = beats
        beats += isBeating ? 1 : -1
        if (before == 0) != (beats == 0) { callbacks.beating(beats > 0) }
    }

    /// When media are read together next; `nil` where each packet is read as it comes.
    var nextBeat: Instant? { earliest(publisher.nextBeat, subscriber?.nextBeat) }

    /// Reads what waits to be read together.
    func catchUp() {
        publisher.catchUp()
        subscriber?.catchUp()
    }

    // MARK: Negotiation

    /// Makes an offer, or remembers to when one is open.
    func offer(iceRestart: Bool = false) {
        guard !isOffering else {
            wantsOffer = (wantsOffer ?? false) || iceRestart
            return
        }
        guard let description = makeOffer(iceRestart: iceRestart) else { return }
        callbacks.offer(description)
    }

    /// The first offer of a session, unless it went with the join request.
    func offerFirst(carried: Livekit_SessionDescription?) {
        guard let lastOffer else { return offer() }
        if carried?.sdp != lastOffer.sdp { callbacks.offer(lastOffer) }
    }

    /// After the signalling was away: an answer under way may be lost with it, so what was asked is asked anew.
    func restart() {
        isOffering = false
        wantsOffer = nil
        offer(iceRestart: true)
    }

    /// An offer for the join request itself (v1), which saves a round trip.
    func makeOffer(iceRestart: Bool = false) -> Livekit_SessionDescription? {
        do {
            let sdp = try publisher.perform { (connection, now) throws(PeerConnectionError) in
                try connection.createOffer(iceRestart: iceRestart, at: now)
            }
            offerID &+= 1
            isOffering = true
            let description = Livekit_SessionDescription.with {
                $0.type = "offer"
                $0.sdp = sdp
                $0.id = offerID
            }
            lastOffer = description
            return description
        } catch {
            callbacks.warning("no offer could be made: \(error)")
            return nil
        }
    }

    /// - Returns: why the answer was not taken.
    func receive(answer: Livekit_SessionDescription) -> PeerConnectionError? {
        // An answer to an offer that was replaced meanwhile; servers before 1.9 do not number them.
        guard answer.id == 0 || answer.id == offerID else { return nil }
        var problem: PeerConnectionError?
        for (mid, sid) in answer.midToTrackID where !sid.isEmpty { trackSIDs[mid] = sid }
        do {
            try publisher.perform { (connection, now) throws(PeerConnectionError) in
                try connection.setRemoteAnswer(answer.sdp, at: now)
            }
        } catch {
            callbacks.warning("the server's answer was not taken: \(error)")
            problem = error
        }
        if version == .v1 { lastAnswer = answer }
        isOffering = false
        if let iceRestart = wantsOffer {
            wantsOffer = nil
            offer(iceRestart: iceRestart)
        }
        return problem
    }

    /// - Returns: why the offer was not taken.
    func receive(offer: Livekit_SessionDescription) -> PeerConnectionError? {
        guard let subscriber else {
            callbacks.warning("an offer came though this side offers (v1)")
            return nil
        }
        trackSIDs = offer.midToTrackID
        do {
            let sdp = try subscriber.perform { (connection, now) throws(PeerConnectionError) in
                try connection.setRemoteOffer(offer.sdp, at: now)
                return try connection.createAnswer(at: now)
            }
            let answer = Livekit_SessionDescription.with {
                $0.type = "answer"
                $0.sdp = sdp
                $0.id = offer.id
            }
            lastAnswer = answer
            callbacks.answer(answer)
            return nil
        } catch {
            callbacks.warning("the server's offer was not taken: \(error)")
            return error
        }
    }

    func receive(candidate: String, target: Livekit_SignalTarget) {
        let driver = target == .subscriber ? subscriber ?? publisher : publisher
        do {
            try driver.perform { (connection, now) throws(PeerConnectionError) in
                try connection.addRemoteCandidate(candidate, at: now)
            }
        } catch {
            callbacks.warning("\(error)")
        }
    }

    /// The server needs so many more sections to send what is subscribed (v1). None at all still asks for an offer.
    ///
    /// It is given them whatever we want to receive: as long as one is missing, it asks again after every answer.
    func addSections(audio: Int, video: Int) {
        let before = sections
        publisher.perform { connection, _ in
            addSections(.audio, audio, to: &connection)
            addSections(.video, video, to: &connection)
        }
        guard sections != before || (audio <= 0 && video <= 0) else {
            return callbacks.warning(
                "the server asks for more than \(Self.mostSections) sections of a kind: somebody publishes too many "
                    + "tracks, and what is published next may not be received")
        }
        offer()
    }

    private func addSections(_ kind: MediaKind, _ count: Int, to connection: inout PeerConnection) {
        let known = sections[kind, default: 0]
        let added = max(0, min(count, Self.mostSections - known))
        for _ in 0..<added { _ = connection.addTransceiver(kind, direction: .recvonly) }
        sections[kind] = known + added
    }

    // MARK: State

    /// Whether everything that is in use is up. A publisher that was never offered does not count.
    var isConnected: Bool {
        let publisherIsUp = lastOffer == nil || publisher.perform { connection, _ in connection.state == .connected }
        let subscriberIsUp =
            lastAnswer == nil || subscriber?.perform { connection, _ in connection.state == .connected } ?? true
        return publisherIsUp && subscriberIsUp && !isOffering
    }

    /// Whether a connection that is in use cannot be brought back by a resume.
    var isBroken: Bool {
        hasLostChannel
            || publisher.perform { connection, _ in connection.isBroken }
            || subscriber?.perform { connection, _ in connection.isBroken } ?? false
    }

    func isOpen(_ channel: DataChannelID?) -> Bool { channel.map(openChannels.contains) ?? false }

    /// The track that a section carries: as the server maps it, else as the description names it.
    func trackSID(of track: RemoteTrack) -> String {
        if let sid = trackSIDs[track.mid] { return sid }
        if track.trackID.hasPrefix("TR_") { return track.trackID }
        return track.streamID.split(separator: "|").last.map(String.init) ?? track.trackID
    }

    /// What `SyncState` says of our data channels.
    var channelStates: [Livekit_DataChannelInfo] {
        publisher.perform { connection, _ in
            [("_reliable", reliable), ("_lossy", lossy)].compactMap { label, handle in
                guard let handle, let stream = connection.streamID(of: handle) else { return nil }
                return .with {
                    $0.label = label
                    $0.id = UInt32(stream)
                    $0.target = .publisher
                }
            }
        }
    }

    private func handle(_ event: consuming PeerConnection.Event, _ role: Role) {
        if case .dataChannelOpened(let handle, _) = event, role == .publisher { openChannels.insert(handle) }
        if case .dataChannelClosed(let handle) = event, role == .publisher {
            openChannels.remove(handle)
            if !isClosed, handle == reliable || handle == lossy { hasLostChannel = true }
        }
        callbacks.event(event, role)
    }
}
