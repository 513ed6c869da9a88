import FoundationEssentials
import NIOCore
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO

/// A room on one event loop: signalling, peer connections, tracks and data. Every member is used on that loop, every
/// callback comes there. `Room` is the same for callers elsewhere.
public final class RoomEngine {
    public let eventLoop: any EventLoop
    /// Every event, in order. It may call back in.
    public var onEvent: ((RoomEvent) -> Void)?
    public private(set) var info: RoomInfo?
    public private(set) var local: RoomParticipant?

    /// For what comes of the room's sound on other threads and may wait for the room's next packets.
    public let mailbox: LoopMailbox

    let options: RoomOptions
    let signal: SignalClient
    var transports: RoomTransports?
    var registry = ParticipantRegistry()
    var audio: [String: RemoteAudio] = [:] { didSet { heard = [:] } }
    /// The tracks that the descriptions announce, by section.
    var remoteTracks: [String: RemoteTrack] = [:] { didSet { (heard, seen) = ([:], [:]) } }
    /// The sid of the subscribed track in each section.
    package var sidOfSection: [String: String] = [:] { didSet { (heard, seen) = ([:], [:]) } }
    /// Whose sound a source (SSRC) is, looked up in the three above once and not for every packet.
    var heard: [UInt32: (mid: String, audio: RemoteAudio, codecs: [Codec])] = [:]
    /// The tracks that are looked at.
    var video: [String: RemoteVideo] = [:] { didSet { seen = [:] } }
    /// As `heard`, of pictures.
    var seen: [UInt32: (mid: String, video: RemoteVideo, formats: [VideoFormat])] = [:]
    /// What the server was told of video tracks in this session.
    var videoTold: [String: Livekit_UpdateTrackSettings] = [:]
    /// Tracks that the server was told not to send, in this session.
    var declined: Set<String> = []
    /// How many of either there may be before those of tracks that are gone are forgotten.
    var tidiesTracksAt = 64
    var data: DataReceiver
    var reliableSender = ReliableSender()
    var unacknowledged = UnacknowledgedMessages()
    /// Messages whose channel is not open, in their order.
    var waiting: [OutgoingMessage] = []
    var publication: AudioPublication?
    var camera: VideoPublication?
    private var awaitedTracks = AwaitedTracks()
    private var prepared: RoomTransports?
    /// The session began before the sockets of its connections were bound.
    private var adoptsWhenPrepared = false
    private var isResuming = false
    private var lastSeenByServer: UInt32 = 0
    private var mediaDeadline: Instant?
    /// A peer connection failed: when that is acted upon.
    private var failure: (due: Instant, reason: ReconnectReason)?
    /// How long a failed connection waits for what the server says of it: whoever is sent away is closed by both ways, and
    /// either may come first.
    private static let failureGrace = Duration.milliseconds(300)
    /// What broke, until it is clear that the room goes on.
    private var failureNotes: [String] = []
    private let timer: LoopTimer
    /// What the timer was last set for, or left to a beat that comes before it: never after something is due, and before it
    /// where a track's deadline has moved back since.
    private var due: Instant?
    private var isOver = false

    public init(options: RoomOptions, eventLoop: any EventLoop) {
        eventLoop.preconditionInEventLoop()
        self.options = options
        self.eventLoop = eventLoop
        mailbox = LoopMailbox(eventLoop: eventLoop)
        data = DataReceiver(topics: options.topics, urgent: options.urgentTopics)
        signal = SignalClient(options: options.signal, transport: options.transport, eventLoop: eventLoop)
        timer = LoopTimer(eventLoop: eventLoop)
        timer.onFire = { [weak self] in self?.timeout() }
        signal.onEvent = { [weak self] event in self?.handle(event) }
    }

    /// Joins. The first event is `joined`, or `disconnected` with the reason.
    public func connect() {
        prepare(.v1) { engine in
            engine.signal.publisherOffer = engine.prepared?.makeOffer()
            engine.signal.connect()
        }
    }

    /// Leaves; `disconnected` follows.
    public func leave(_ reason: DisconnectReason = .clientInitiated) {
        signal.leave(reason)
    }

    /// Who else is in the room.
    public var participants: [RoomParticipant] { Array(registry.bySID.values) }

    /// Why the media connection is as it is, for the log.
    public var diagnosis: String {
        guard let transports else { return "no peer connection" }
        let drivers = [transports.publisher] + (transports.subscriber.map { [$0] } ?? [])
        return drivers.map { $0.perform { connection, _ in connection.diagnosis } }.joined(separator: "\n")
    }

    // MARK: Preparing peer connections

    /// Makes peer connections for a signalling version and binds their sockets before going on.
    private func prepare(_ version: SignalVersion, then body: @escaping (RoomEngine) -> Void) {
        let transports = RoomTransports(
            version: version, options: options, eventLoop: eventLoop, callbacks: makeCallbacks())
        // An attempt to join that came to nothing leaves its own behind.
        prepared?.close()
        prepared = transports
        adoptsWhenPrepared = false
        do {
            let addresses = try options.interfaces.addresses()
            let bound = NIOLoopBound(
                Preparation(engine: self, transports: transports, body: body), eventLoop: eventLoop)
            transports.gather(addresses).whenComplete { result in bound.value.completed(result) }
        } catch {
            warn("network interfaces cannot be listed: \(error)")
            signal.leave()
        }
    }

    /// A preparation under way; the engine may be gone by its end.
    private struct Preparation {
        weak var engine: RoomEngine?
        let transports: RoomTransports
        let body: (RoomEngine) -> Void

        func completed(_ result: Result<Void, any Error>) {
            guard let engine, engine.prepared === transports, !engine.isOver else { return transports.close() }
            if case .failure(let error) = result { engine.warn("\(error)") }
            transports.gathered()
            body(engine)
            if engine.adoptsWhenPrepared { engine.adoptPrepared() }
        }
    }

    private func makeCallbacks() -> RoomTransports.Callbacks {
        RoomTransports.Callbacks(
            event: { [weak self] event, role in self?.handle(event, role) },
            media: { [weak self] media, payload in self?.receive(media, payload: payload) },
            caughtUp: { [weak self] in self?.caughtUp() },
            beating: { [weak self, mailbox] isBeating in
                mailbox.setBeating(isBeating)
                self?.reschedule()
            },
            offer: { [weak self] offer in self?.signal.send(.with { $0.offer = offer }) },
            answer: { [weak self] answer in self?.signal.send(.with { $0.answer = answer }) },
            warning: { [weak self] text in self?.warn(text) })
    }

    // MARK: Signalling

    private func handle(_ event: SignalEvent) {
        switch event {
        case .joined(let join, let version, let isRejoin): joined(join, version, isRejoin: isRejoin)
        case .resumed(let response): resumed(response)
        case .message(let message): handle(message)
        case .reconnecting(let mode, let cause):
            emit(.reconnecting(mode, cause))
            if mode == .rejoin { prepareRejoin() }
        case .malformed(let error): warn("the server sent \(error)")
        case .dropped(let request): warn("a request was not sent: \(request.name)")
        case .disconnected(let reason): finish(reason)
        }
        reschedule()
    }

    private func joined(_ join: Livekit_JoinResponse, _ version: SignalVersion, isRejoin: Bool) {
        let room = RoomInfo(join.room)
        let own = RoomParticipant(join.participant)
        info = room
        local = own
        isResuming = false
        declined = []
        videoTold = [:]
        emit(.joined(room, local: own, isRejoin: isRejoin))
        for event in registry.join(join) { handleParticipant(event) }
        for participant in registry.bySID.values {
            declineUnwanted(participant)
            considerVideo(participant)
        }
        awaitedTracks.begin()
        mediaDeadline = Instant(eventLoop.now) + options.connectTimeout
        if let prepared, prepared.version == version {
            if prepared.isGathered { adoptPrepared() } else { adoptsWhenPrepared = true }
        } else {
            prepare(version) { engine in engine.adoptPrepared() }
        }
    }

    /// Takes the prepared peer connections into use: the session is there and their sockets are bound.
    private func adoptPrepared() {
        guard let prepared else { return }
        transports?.close()
        transports = prepared
        self.prepared = nil
        prepared.offerFirst(carried: signal.carriedOffer)
        let early = earlyMessages
        earlyMessages = []
        for message in early { handle(message) }
        publication?.begin(on: self)
        camera?.begin(on: self)
    }

    /// A new session begins: the old peer connections are of no more use.
    private func prepareRejoin() {
        keepUnacknowledged()
        closeMedia()
        isResuming = false
        mediaDeadline = nil
        reliableSender.reset()
        prepare(.v1) { engine in engine.signal.publisherOffer = engine.prepared?.makeOffer() }
    }

    private func closeMedia() {
        for remote in remoteTracks.values { unsubscribed(remote) }
        remoteTracks.removeAll()
        transports?.close()
        transports = nil
        failure = nil
        tellFailures()
        earlyMessages = []
    }

    /// Descriptions and candidates that came before our sockets were bound.
    private var earlyMessages: [Livekit_SignalResponse.OneOf_Message] = []

    private func handle(_ message: Livekit_SignalResponse.OneOf_Message) {
        switch message {
        case .offer, .answer, .trickle, .mediaSectionsRequirement:
            guard transports != nil else {
                if earlyMessages.count < 64 { earlyMessages.append(message) }
                return
            }
            negotiate(message)
        case .update(let update):
            let known = awaitedTracks.sids.filter { registry.track($0) != nil }
            for event in registry.update(update.participants) { handleParticipant(event) }
            // One that was there and is gone; the server names a track to us before it tells of it, or after.
            for sid in known where registry.track(sid) == nil { awaitedTracks.forget(sid) }
            subscribePending()
        case .roomUpdate(let update):
            let room = RoomInfo(update.room)
            info = room
            emit(.roomUpdated(room))
        case .speakersChanged(let change):
            emit(.speakers(change.speakers.map { ($0.sid, $0.active ? $0.level : 0) }))
        case .subscriptionPermissionUpdate(let update):
            if update.allowed { awaitedTracks.allow(update.trackSid) } else { awaitedTracks.forget(update.trackSid) }
            offerForAwaited()
            emit(.subscriptionAllowed(trackSID: update.trackSid, update.allowed))
        case .trackPublished(let published):
            publication?.published(published, on: self)
            camera?.published(published, on: self)
        case .trackUnpublished(let unpublished):
            publication?.unpublished(unpublished.trackSid, on: self)
            camera?.unpublished(unpublished.trackSid, on: self)
        case .requestResponse(let response) where response.reason != .ok:
            warn("the server refused a request: \(response.reason) \(Redaction.line(response.message))")
        case .subscriptionResponse(let response) where response.err != .seUnknown:
            // Without its sid: whoever publishes such tracks again and again would make each line another.
            warn("a track cannot be subscribed: \(response.err)")
        default: break
        }
    }

    private func negotiate(_ message: Livekit_SignalResponse.OneOf_Message) {
        switch message {
        case .offer(let offer):
            if isForeign(transports?.receive(offer: offer)) { return signal.displaced() }
        case .answer(let answer):
            if isForeign(transports?.receive(answer: answer)) { return signal.displaced() }
            publication?.negotiated(on: self)
            camera?.negotiated(on: self)
            completeResumeIfUp()
            // Last: as long as an offer is open, a resume is not complete.
            offerForAwaited()
        case .trickle(let trickle):
            guard let candidate = CandidateJSON.parse(trickle.candidateInit) else {
                return warn("an ICE candidate that is no JSON")
            }
            transports?.receive(candidate: candidate, target: trickle.target)
        case .mediaSectionsRequirement(let needed):
            transports?.addSections(audio: Int(needed.numAudios), video: Int(needed.numVideos))
        default: break
        }
    }

    /// Whether a resume led to the session of somebody else, who has joined under our identity since: livekit-server goes by
    /// the identity alone, and answers with that session's connection. Two that go on resuming would close each other's
    /// sockets without end.
    private func isForeign(_ problem: PeerConnectionError?) -> Bool {
        guard isResuming, case .fingerprintChanged = problem else { return false }
        return true
    }

    /// Asks for the tracks that we were subscribed to and that the last answer was made without.
    private func offerForAwaited() {
        guard let transports, transports.version == .v1, !transports.isOffering else { return }
        let carried = Set(sidOfSection.values)
        let isOffer = awaitedTracks.takeOffer(at: Instant(eventLoop.now)) { sid in
            carried.contains(sid) || registry.track(sid).map { !isWanted($0.track) } ?? false
        }
        if isOffer { transports.offer() }
    }

    // MARK: Resuming

    private func resumed(_ response: Livekit_ReconnectResponse) {
        if transports?.isBroken == true { return signal.rejoin(because: .publisherFailed) }
        failure = nil
        tellFailures()
        isResuming = true
        lastSeenByServer = response.lastMessageSeq
        mediaDeadline = Instant(eventLoop.now) + options.connectTimeout
        signal.send(.with { $0.syncState = makeSyncState() })
        transports?.restart()
        completeResumeIfUp()
    }

    private func makeSyncState() -> Livekit_SyncState {
        .with {
            if let answer = transports?.lastAnswer { $0.answer = answer }
            if let offer = transports?.lastOffer { $0.offer = offer }
            // Nothing to say, but livekit-server 1.11 fails where it is missing.
            $0.subscription = .init()
            $0.trackSidsDisabled = registry.tracks.filter { !isWanted($0) || !$0.isAudio && video[$0.sid] == nil }.map(
                \.sid)
            $0.publishTracks = (publication?.syncState ?? []) + (camera?.syncState ?? [])
            $0.dataChannels = transports?.channelStates ?? []
            $0.datachannelReceiveStates = data.receiveStates
        }
    }

    private func completeResumeIfUp() {
        guard transports?.isConnected == true else { return }
        mediaDeadline = nil
        signal.mediaCameUp()
        guard isResuming else { return }
        isResuming = false
        for packet in reliableSender.packets(after: lastSeenByServer) { sendRaw(packet, isReliable: true) }
        signal.resumeCompleted()
        emit(.resumed)
        flushWaiting()
    }

    // MARK: Peer connections

    package func handle(_ event: consuming PeerConnection.Event, _ role: RoomTransports.Role) {
        switch consume event {
        // All that a packet moves is its own track's deadline.
        case .rtp(let packet): return receive(packet)
        case .padding(let padding): return receive(padding)
        case .packetsGivenUp(let packets): packetsGivenUp(packets)
        case .senderReport(let report): for track in audio.values { track.receive(report) }
        case .trackAdded(let track): announced(track)
        case .trackRemoved(let track): withdrawn(track)
        case .dataChannelOpened(let handle, _):
            guard role == .publisher else { break }
            flushWaiting()
            if handle == transports?.reliable { emit(.ready) }
        case .dataChannelMessage(_, _, let message):
            data.receive(message, at: Instant(eventLoop.now))
            drainData()
        case .dataDelivered(let message): if role == .publisher { acknowledged(message) }
        case .stateChanged(.connected): completeResumeIfUp()
        case .stateChanged(.failed): mediaFailed(role)
        case .dataChannelClosed: if transports?.isBroken == true { mediaFailed(role) }
        case .failure(let reason): failureNotes.append("\(role): \(reason)")
        case .keyFrameRequested(let id, let layer):
            if role == .publisher { camera?.keyFrameRequested(id, layer: layer) }
        case .stateChanged, .pathChanged, .sourceEnded, .bufferedAmountLow: break
        }
        reschedule()
    }

    private func mediaFailed(_ role: RoomTransports.Role) {
        guard failure == nil else { return }
        let reason: ReconnectReason = role == .publisher ? .publisherFailed : .subscriberFailed
        failure = (Instant(eventLoop.now) + Self.failureGrace, reason)
    }

    // MARK: Time

    func reschedule() {
        if !isOver { arm(for: deadline) }
    }

    /// Where there is a beat, what is due is looked at again at the next one: most times after that have moved back by then,
    /// and a timer for them would wake the loop for nothing.
    private func arm(for deadline: Instant?) {
        due = deadline
        let beat = transports?.nextBeat ?? .distantFuture
        timer.schedule(deadline.flatMap { $0 <= beat ? $0 : nil })
    }

    private var deadline: Instant? {
        var deadline = earliest(earliest(data.deadline, mediaDeadline), failure?.due)
        for track in audio.values { deadline = earliest(deadline, track.deadline) }
        for track in video.values { deadline = earliest(deadline, track.deadline) }
        return deadline
    }

    /// Runs the timer at a deadline, if not before: an earlier time is kept, for nearly every packet moves its track's
    /// deadline back, and what is due is worked out over all tracks when the timer runs.
    func hasten(to deadline: Instant?) {
        guard let deadline, !isOver, deadline < due ?? .distantFuture else { return }
        arm(for: deadline)
    }

    /// Nothing more comes until the next beat: the sound that waits for more goes to the decoders.
    private func caughtUp() {
        for track in audio.values { track.flush() }
        mailbox.empty()
        reschedule()
    }

    private func timeout() {
        // Mostly what was due has moved back since, and nothing need be read for it.
        if let deadline, deadline <= Instant(eventLoop.now) { transports?.catchUp() }
        guard !isOver else { return }
        let now = Instant(eventLoop.now)
        for track in audio.values { track.timeout(at: now) }
        for track in video.values { track.timeout(at: now) }
        if let due = data.deadline, due <= now {
            data.timeout(at: now)
            drainData()
        }
        if let (due, reason) = failure, due <= now { replaceMedia(because: reason) }
        if let due = mediaDeadline, due <= now {
            mediaDeadline = nil
            tellFailures()
            warn("the media connection did not come up in \(options.connectTimeout.rounded)\n\(diagnosis)")
            signal.rejoin(because: .publisherFailed)
        }
        reschedule()
    }

    private func replaceMedia(because reason: ReconnectReason) {
        failure = nil
        tellFailures()
        guard let transports else { return }
        if transports.isBroken { signal.rejoin(because: reason) } else { signal.resume(because: reason) }
    }

    /// A server that closes a room ends its media before it says so: only what is followed by more is a warning.
    private func tellFailures() {
        for note in failureNotes { warn(note) }
        failureNotes = []
    }

    private func finish(_ reason: SignalDisconnect) {
        guard !isOver else { return }
        if reason.isOrdinary { failureNotes = [] }
        closeMedia()
        prepared?.close()
        prepared = nil
        isOver = true
        timer.schedule(nil)
        emit(.disconnected(reason))
        onEvent = nil
    }

    func emit(_ event: RoomEvent) { onEvent?(event) }

    func warn(_ text: String) { emit(.warning(text)) }
}

/// The JSON inside `TrickleRequest.candidateInit`.
enum CandidateJSON {
    private struct Content: Decodable {
        var candidate: String
    }

    /// The candidate line; empty at the end of candidates; `nil` for what is no such JSON.
    static func parse(_ text: String) -> String? {
        try? JSONDecoder().decode(Content.self, from: Data(text.utf8)).candidate
    }
}

extension Livekit_SignalRequest {
    /// The request's kind, for the log; never its content.
    var name: String {
        message.map { String(describing: $0).prefix { $0 != "(" } }.map(String.init) ?? "empty request"
    }
}
